"""``lulc accuracy emissions``: loss a year in two periods, and what it emits.

What belongs here: arguments and printing. What does not: estimation (``core/estimation``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.accuracy_options import Format
from lulc_assets.commands.accuracy_tables import as_printed, print_response
from lulc_assets.commands.maps import MAP_HELP, LegendName, find_named_legend, open_maps
from lulc_assets.commands.running import print_json

if TYPE_CHECKING:
    from lulc_assets.core.estimation.estimate import Estimate

Pair = Annotated[
    list[Path],
    typer.Option(help="Samples at the start and the end of the period: give it twice."),
]


def emissions(
    reference: Pair,
    monitoring: Pair,
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    loss_of: Annotated[str, typer.Option(help="Class whose loss is meant, such as trees.")],
    factor: Annotated[float, typer.Option(help="Emission factor, t CO2e per hectare lost.")],
    factor_se: Annotated[float, typer.Option(help="Its standard error.")] = 0.0,
    years: Annotated[
        list[float] | None,
        typer.Option(help="Length of reference and monitoring period; else from the samples."),
    ] = None,
    never_in: Annotated[
        list[str] | None,
        typer.Option(
            help="Stratum that was never of the class, where loss cannot occur. A claim to be "
            "reported with the figures; a unit that shows loss there is an error."
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Of confidence.")] = 0.90,
    draws: Annotated[
        Path | None, typer.Option(help="Write the Monte Carlo draws to this CSV file.")
    ] = None,
    legend: LegendName = "",
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
) -> None:
    """Reference level and monitoring period: loss and emissions per year, and their difference.

    Where both periods have the same units (a panel), their common error cancels; two samples that
    were drawn independently are told apart by their units.

    Example: lulc accuracy emissions --reference a.parquet --reference b.parquet
    --monitoring b.parquet --monitoring c.parquet --map map.tif --loss-of trees --factor 350
    """
    from lulc_assets.core.accuracy.periods import estimate_periods, write_draws
    from lulc_assets.core.estimation.emissions import Factor
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    maps = open_maps(map, legend=find_named_legend(legend))
    told = estimate_periods(
        *([read_sample(path) for path in pair] for pair in (reference, monitoring)),
        maps=maps,
        loss_of=loss_of,
        factor=Factor(factor, factor_se),
        years=years,
        never_in=never_in or [],
        settings=AccuracySettings(level=level),
    )
    found = told.emissions
    if draws is not None:
        write_draws(draws, found)
    tables = {
        "loss_ha_a_year": found.loss_ha,
        "t_co2e_a_year": found.emissions,
        "t_co2e_a_year_propagated": found.propagated,
    }
    if format is Format.json:
        rows: dict[str, Any] = {title: _as_json(table) for title, table in tables.items()}
        if told.by_driver:
            rows["loss_ha_a_year_by_driver"] = {
                key: _as_json(table) for key, table in told.by_driver.items()
            }
        if told.response is not None:
            rows["response"] = told.response.to_dict()
        print_json(
            {"level": level, "panel": found.panel, "never_in": never_in or [], **as_printed(rows)}
        )
    else:
        titles = ("Loss, ha a year", "t CO2e a year (Monte Carlo)", "t CO2e a year (propagation)")
        for title, table in zip(titles, tables.values(), strict=True):
            _print_rows(title, table)
        for key, table in told.by_driver.items():
            _print_rows(f"Loss by driver in the {key} period, ha a year", table)
        units = "the same units in both periods" if found.panel else "independent samples"
        typer.echo(f"In brackets: {100 * level:g} % interval; {units}.")
        print_response(told.response)
    for warning in told.warnings:
        typer.echo(f"Warning: {warning}", err=True)


def _as_json(table: Mapping[str, "Estimate"]) -> dict[str, Any]:
    return {key: one.to_dict() for key, one in table.items()}


def _print_rows(title: str, table: Mapping[str, "Estimate"]) -> None:
    typer.echo(f"{title}:")
    for key, one in table.items():
        typer.echo(f"  {key}: {one.value:,.1f} [{one.ci_low:,.1f} to {one.ci_high:,.1f}]")
