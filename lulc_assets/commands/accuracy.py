"""``lulc accuracy``: what a map is worth, from counts or from a map and a sample.

What belongs here: arguments and printing. What does not: estimation (``core/accuracy``).
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import PoliteGroup

if TYPE_CHECKING:
    from lulc_assets.core.accuracy.settings import AccuracySettings

app = typer.Typer(
    cls=PoliteGroup,
    no_args_is_help=True,
    help="Accuracy and areas with the intervals that a statistician would sign.",
)


class Format(StrEnum):
    """How figures are printed."""

    table = "table"
    json = "json"


class Intervals(StrEnum):
    """Which 95 % intervals."""

    printed = "printed"
    guarded = "guarded"


@app.callback()
def _group() -> None:
    """Keep subcommands even while there is only one."""


@app.command()
def estimate(
    counts: Annotated[
        Path,
        typer.Option(
            help="CSV of sample counts: rows = map classes, columns = reference classes; the "
            "first line and the first column hold the names."
        ),
    ],
    areas: Annotated[Path, typer.Option(help="CSV of the mapped areas: class, hectares.")],
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
    intervals: Annotated[
        Intervals,
        typer.Option(
            help="printed: estimate ± 1.96 SE, as Olofsson et al. 2014 print it; guarded: Wilson "
            "for user's accuracy, Dirichlet where few units show an omission, t quantiles."
        ),
    ] = Intervals.printed,
    merge: Annotated[
        list[str] | None,
        typer.Option(
            help="Map classes to take as one stratum because one has fewer than two units: "
            "'A+B'. Repeat for more groups. Nothing is merged unasked."
        ),
    ] = None,
    map_area_ha: Annotated[
        float | None,
        typer.Option(help="Area of the whole map: areas in another unit are then refused."),
    ] = None,
) -> None:
    """Overall, user's and producer's accuracy and areas from a table of counts.

    The sample must be a probability sample, stratified by the map's classes or simple
    random. Counts from training polygons or from points that somebody chose give agreement,
    not accuracy: no formula turns them into an area.

    Example: lulc accuracy estimate --counts counts.csv --areas areas.csv --format json
    """
    from lulc_assets.core.accuracy.counts import (  # noqa: PLC0415
        check_total,
        estimate_counts,
        read_areas,
        read_counts,
        tabulate,
    )

    areas_ha = read_areas(areas)
    if map_area_ha is not None:
        check_total(areas_ha, map_area_ha, str(areas))
    names, figures = estimate_counts(
        read_counts(counts),
        areas_ha,
        areas_source=str(areas),
        merge=[group.split("+") for group in merge or []],
        settings=_settings(intervals),
    )
    result = tabulate(names, figures)
    if format is Format.json:
        typer.echo(json.dumps(result, indent=2, allow_nan=False, ensure_ascii=False))
    else:
        _print_table(result)
    for warning in figures.warnings:
        typer.echo(f"Warning: {warning}", err=True)


def _settings(intervals: Intervals) -> "AccuracySettings":
    from lulc_assets.core.accuracy.settings import (  # noqa: PLC0415
        AS_PRINTED,
        AccuracySettings,
    )

    return AS_PRINTED if intervals is Intervals.printed else AccuracySettings()


def _print_table(result: dict[str, Any]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"Overall accuracy {_share(result['overall'])}", title_justify="left")
    for title in ("Class", "User's accuracy", "Producer's accuracy", "Area, ha"):
        table.add_column(title, justify="left" if title == "Class" else "right")
    for name, row in result["classes"].items():
        table.add_row(name, _share(row["users"]), _share(row["producers"]), _area(row["area_ha"]))
    Console().print(table)
    typer.echo("In brackets: 95 % interval.")


def _share(figure: dict[str, float | None]) -> str:
    return _with_interval(figure, "{:.3f}")


def _area(figure: dict[str, float | None]) -> str:
    return _with_interval(figure, "{:,.0f}")


def _with_interval(figure: dict[str, float | None], pattern: str) -> str:
    if figure["estimate"] is None:
        return "–"
    value, low, high = (
        pattern.format(figure[key]) for key in ("estimate", "ci95_low", "ci95_high")
    )
    return f"{value} [{low}–{high}]"
