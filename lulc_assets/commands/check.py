"""``lulc check``: whether a project will run, before any dear work.

What belongs here: arguments and printing. What does not: the checks (``running/check``).
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.running import USER_ERROR, plain_console, print_json, progress_bar
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.project import Project
    from lulc_assets.running.check import ProjectCheck


def check(
    project: ProjectFile = Path("project.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask the catalogue, count the labels, and say what a run will take; exit 1 if it would fail.

    No image is opened: scenes are counted by what their items say, labels as chips would see
    them if every date were clear.

    Example: lulc check --project project.toml
    """
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.running.check import check_project

    found = load_project(project)
    with progress_bar("checking") as progress:
        checked = check_project(found, progress)
    if as_json:
        print_json({**asdict(checked), "fits": not checked.refusals})
    else:
        print_check(found, checked)
    if checked.refusals:
        raise typer.Exit(USER_ERROR)


def print_check(project: "Project", checked: "ProjectCheck") -> None:
    """Scenes, labels, what was dropped, findings and cost, as tables for people."""
    from rich.table import Table

    console = plain_console()
    scenes = Table("Tile", title=f"Scenes of {project.name}", title_justify="left")
    years = sorted({each.year for each in checked.scenes})
    for year in years:
        scenes.add_column(str(year), justify="right")
    by_key = {(each.tile, each.year): each for each in checked.scenes}
    for tile in dict.fromkeys(each.tile for each in checked.scenes):
        cells = [by_key.get((tile, year)) for year in years]
        scenes.add_row(tile, *("" if c is None else str(c.usable) for c in cells))
    console.print(scenes)
    labels = Table("Class", title="Labelled pixels", title_justify="left")
    for role in ("train", "gold", "held out"):
        labels.add_column(role, justify="right")
    for each in checked.labels:
        labels.add_row(each.name, *(f"{n:,}" for n in (each.train, each.gold, each.holdout)))
    console.print(labels)
    for reason, number in checked.dropped.items():
        console.print(f"{number:,} polygon(s) teach nothing: {reason}")
    for finding in checked.findings:
        console.print(
            f"{'Problem' if finding.severity == 'refusal' else 'Note'}: {finding.text}",
            soft_wrap=True,
        )
    minutes = max(1, round(checked.minutes))
    console.print(
        f"To expect, roughly, on two cores: {minutes:,} minute{'s' * (minutes > 1)}, "
        f"{max(0.1, checked.gigabytes):,.1f} GB. "
        f"{'It would fail as it is.' if checked.refusals else 'Ready: lulc run'}"
    )
