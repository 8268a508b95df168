"""``lulc backfill``: whole years at once, on the Backfills page of Dagster.

What belongs here: arguments, asking back, printing. What does not: the backfill
(``defs/backfills``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.simulate import read_years
from lulc_assets.commands.tiles import ProjectFile, require_home


def backfill(
    years: Annotated[str, typer.Option(help="A year or a span, like 2015-2024.")],
    tiles: Annotated[str, typer.Option(help="Tiles with commas; left out: all registered.")] = "",
    name: Annotated[
        str, typer.Option(help="The same name is the same backfill, whenever it is asked for.")
    ] = "by-hand",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back when it is dear.")] = False,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Ask for maps of whole years: an asset backfill a year, which the daemon works through.

    What may cost more than `prices.confirm_above` is asked back. Needs DAGSTER_HOME.

    Example: lulc backfill --years 2015-2024 --name first
    """
    import dagster as dg

    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.tile_keys import validate_tile, validate_year
    from lulc_assets.definitions import defs
    from lulc_assets.defs.backfills import request_year
    from lulc_assets.defs.partitions import registered_tiles
    from lulc_assets.defs.past_maps import TooExpensive, require_affordable
    from lulc_assets.project import load_project
    from lulc_assets.steps.workbench import Workbench

    work = Workbench.of(load_project(project))
    of_project = work.project.all_years()
    span = [of_project.require(validate_year(year)) for year in read_years(years)]
    named = [validate_tile(tile.strip()) for tile in tiles.split(",") if tile.strip()]
    require_home()
    with dg.DagsterInstance.get() as instance:
        chosen = named or registered_tiles(instance, work.project)
        for tile in chosen:
            work.grid(tile)  # names a tile that the project does not have
        try:
            require_affordable(instance, work, [tile for tile in chosen for _ in span])
        except TooExpensive as error:
            if not yes and not typer.confirm(f"{error.asked}. Go on?"):
                raise
        graph = defs().resolve_asset_graph()
        for year in span:
            keys = [TileYear(tile, year) for tile in chosen]
            tags = {"lulc/why": f"lulc backfill --name {name}"}
            created = request_year(instance, graph, keys, f"{name}-{year}", tags)
            typer.echo(created or f"{name}-{year}: there already, or no tile is registered")
