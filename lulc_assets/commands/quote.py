"""``lulc quote``: what maps will cost, before they are asked for.

What belongs here: arguments and printing. What does not: the arithmetic (``core/costs``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.accuracy_tables import as_printed
from lulc_assets.commands.running import print_json
from lulc_assets.commands.simulate import read_years
from lulc_assets.commands.tiles import ProjectFile, require_home


def quote(
    years: Annotated[str, typer.Option(help="A year or a span, like 2015-2024.")],
    tiles: Annotated[str, typer.Option(help="Tiles, separated by commas; all if left out.")] = "",
    project: ProjectFile = Path("project.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Quote maps of tiles and years: hours, bytes, money and CO₂, with intervals.

    Learnt from the maps that the instance in DAGSTER_HOME made; unit prices are those of [prices]
    in the project file.

    Example: lulc quote --tiles 33TVM,33TWM --years 2015-2024
    """
    from dataclasses import asdict

    import dagster as dg

    from lulc_assets.core.costs.quote import core_hours_per_1000_km2
    from lulc_assets.core.estimation.estimate import none_if_nan
    from lulc_assets.core.tile_keys import validate_tile, validate_year
    from lulc_assets.defs.past_maps import past_maps, quote_maps
    from lulc_assets.project import load_project
    from lulc_assets.steps.workbench import Workbench

    work = Workbench.of(load_project(project))
    named = [validate_tile(tile.strip()) for tile in tiles.split(",") if tile.strip()]
    chosen = named or list(work.project.tiles)
    span = [validate_year(year) for year in read_years(years)]
    require_home()
    with dg.DagsterInstance.get() as instance:
        found = quote_maps(instance, work, [tile for tile in chosen for _ in span])
        rate = core_hours_per_1000_km2(past_maps(instance, work))
    if as_json:
        print_json({**as_printed(asdict(found)), "core_hours_per_1000_km2_year": none_if_nan(rate)})
        return
    prices = work.project.prices
    typer.echo(f"{found.partitions} maps, {found.area_km2:,.1f} km², from {found.past} past maps")
    units = (
        ("scenes", found.scenes, ""),
        ("stored", found.stored_gb, "GB"),
        ("CPU", found.core_hours, "core-hours"),
        ("GPU", found.gpu_hours, "hours"),
        ("money", found.money, prices.currency),
        ("CO₂", found.co2_kg, "kg"),
    )
    for name, amount, unit in units:
        if amount is None:
            typer.echo(f"  {name:7} unknown: a price is missing in [prices] of {project}")
        else:
            span_of = f"({amount.low:,.2f} to {amount.high:,.2f})"
            typer.echo(f"  {name:7} {amount.value:,.2f} {unit} {span_of}")
    typer.echo(f"  {rate:,.1f} core-hours per 1,000 km² and year so far")
