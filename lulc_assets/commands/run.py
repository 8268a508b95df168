"""``lulc run``: all jobs of a project, in order.

What belongs here: arguments, bars and the table of what failed. What does not: the jobs
(``running/plan``) and running them (``running/runs``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from lulc_assets.commands.running import USER_ERROR, plain_console, progress_bar
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.project import Project
    from lulc_assets.running.runs import Outcome


def run(
    project: ProjectFile = Path("project.toml"),
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="A job: training_data, train, map_tile_year, … Repeat for more."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Begin although `lulc check` finds problems.")
    ] = False,
) -> None:
    """Run a project: labels, chips, model, maps, accuracy, pages; what is done is skipped.

    One failed tile does not stop the others; a table at the end says what failed and why. Stop
    it at any moment and call it again. `lulc ui --out FOLDER` shows the runs.

    Example: lulc run --project project.toml --only map_tile_year
    """
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.running.check import check_project, require_fit
    from lulc_assets.running.plan import only as chosen
    from lulc_assets.running.plan import plan_jobs
    from lulc_assets.running.project_run import run_project

    found = load_project(project)
    jobs = chosen(plan_jobs(found, found.mapped_years()), only or [])
    with progress_bar("checking") as progress:
        checked = check_project(found, progress)
    for finding in checked.findings:
        _say(f"{'Problem' if finding.severity == 'refusal' else 'Note'}: {finding.text}")
    if not (unchecked or dry_run):
        require_fit(checked)
    seen = [each.seen for each in checked.scenes]
    outcomes = run_project(found, project, jobs, seen, (progress_bar, _say), dry_run=dry_run)
    if dry_run:
        for each in outcomes:
            typer.echo(f"{'there' if each.state == 'there' else 'to run':7} {each.job.title}")
        return
    _report(found, outcomes)


def _say(line: str) -> None:
    Console(stderr=True, markup=False, highlight=False).print(line, soft_wrap=True)


def _report(project: "Project", outcomes: "Sequence[Outcome]") -> None:
    from rich.table import Table

    ran = sum(each.state == "run" for each in outcomes)
    lost = [each for each in outcomes if each.state in ("failed", "left out")]
    if lost:
        table = Table("Job", "", "Reason", title="Not done", title_justify="left")
        for each in lost:
            table.add_row(each.job.title, each.state, each.reason)
        plain_console().print(table)
    text = f"{ran} jobs run" if ran else "everything was there already"
    index = Path(project.path_of(project.pages)) / "index.html"
    typer.echo(f"{text}{f', {len(lost)} not done' if lost else ''}. Look at {index}: lulc open")
    if lost:
        raise typer.Exit(USER_ERROR)
