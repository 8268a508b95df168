"""``lulc accuracy share``: what units show in part, from a table of units.

What belongs here: arguments and printing. What does not: estimation (``core/accuracy``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.accuracy_options import Format, Intervals, Level
from lulc_assets.commands.running import print_json
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL


def share(
    units: Annotated[
        Path,
        typer.Option(
            help="CSV with a line per unit: y (a share of a plot, or an amount), and where there "
            "are any stratum, primary_unit (named within its stratum), weight and x (of how much; "
            "1 without it)."
        ),
    ],
    areas: Annotated[
        Path | None,
        typer.Option(help="CSV of the areas of strata: stratum, hectares. Not needed with weight."),
    ] = None,
    unit_ha: Annotated[
        float | None,
        typer.Option(help="Area of a unit in hectares, for the factor 1 - n/N."),
    ] = None,
    intervals: Annotated[
        Intervals, typer.Option(help="guarded, or printed: estimate ± t SE as survey packages do.")
    ] = Intervals.guarded,
    level: Level = DEFAULT_LEVEL,
    format: Annotated[Format, typer.Option(help="A sentence to read, or JSON.")] = Format.table,
) -> None:
    """Share, mean or ratio of what units show in part: plots, pixels over time, clusters.

    Example: lulc accuracy share --units plots.csv --areas strata.csv
    """
    from lulc_assets.core.accuracy.area_files import read_areas
    from lulc_assets.core.accuracy.shares import estimate_share, tabulate_share
    from lulc_assets.core.accuracy.unit_files import read_units
    from lulc_assets.core.estimation.settings import AccuracySettings

    table = read_units(units)
    found = estimate_share(
        table,
        None if areas is None else read_areas(areas, set(table.strata)),
        unit_ha=unit_ha,
        settings=AccuracySettings(intervals=intervals.value, level=level),
    )
    if format is Format.json:
        print_json(tabulate_share(found))
        return
    one = found.share
    typer.echo(
        f"{one.value:.4f} [{one.ci_low:.4f} to {one.ci_high:.4f}], standard error {one.se:.4f}"
    )
    if found.area_ha is not None:
        area = found.area_ha
        typer.echo(f"{area.value:,.1f} ha [{area.ci_low:,.1f} to {area.ci_high:,.1f}]")
    typer.echo(
        f"In brackets: {100 * level:g} % interval. {table.y.size} units in "
        f"{found.strata.of_primary.size} primary units; design effect {found.design_effect:.2f}."
    )
