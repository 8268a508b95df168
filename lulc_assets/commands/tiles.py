"""``lulc tiles``: what a project maps, and telling Dagster of it.

What belongs here: the tiles and regions of a project as partitions.
"""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lulc_assets.commands.running import plain_console
from lulc_assets.commands.simulate import read_years

app = typer.Typer(no_args_is_help=True, help="Tiles and regions of a project.")

ProjectFile = Annotated[
    Path, typer.Option("--project", envvar="LULC_PROJECT", help="The project file (TOML).")
]


@app.command("list")
def list_tiles(project: ProjectFile = Path("project.toml")) -> None:
    """List the tiles of a project with their areas of interest."""
    from lulc_assets.project import load_project  # keeps --help quick

    found = load_project(project)
    table = Table(title=found.name)
    for name in ("Tile", "Place", "EPSG", "Pixels", "Area, km²", "Regions"):
        table.add_column(name)
    for tile, section in found.tiles.items():
        grid = found.grid_of(tile)
        area_km2 = grid.height * grid.width * grid.pixel_m**2 / 1e6
        table.add_row(
            tile,
            section.place,
            str(grid.epsg),
            f"{grid.height} × {grid.width}",
            f"{area_km2:,.1f}",
            ", ".join(found.regions_of(tile)),
        )
    plain_console().print(table)


@app.command("register")
def register(project: ProjectFile = Path("project.toml")) -> None:
    """Register a project's tiles and regions as partitions of the instance in DAGSTER_HOME.

    Example: DAGSTER_HOME=$PWD/dagster lulc tiles register --project project.toml
    """
    import dagster as dg  # keeps --help quick

    from lulc_assets.defs.partitions import register_partitions
    from lulc_assets.project import load_project

    found = load_project(project)
    require_home()
    with dg.DagsterInstance.get() as instance:
        register_partitions(instance, found)
    typer.echo(f"{len(found.tiles)} tiles and {len(found.regions)} regions are registered")


@app.command("add")
def add(
    tiles: Annotated[
        list[str] | None, typer.Argument(help="MGRS squares; none: all that --aoi touches.")
    ] = None,
    aoi: Annotated[
        Path | None, typer.Option(help="Polygons; each tile's window is cut to them.")
    ] = None,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Add tiles to a project, by key, by area or both, and register them where DAGSTER_HOME is set.

    The project file keeps its comments; tiles that it has are left as they are.

    Example: lulc tiles add 33TVM --aoi aoi.geojson
    """
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.project.tiles_of_file import add_tiles, choose_tiles

    before = set(load_project(project).tiles)
    chosen = choose_tiles(tiles or (), aoi)
    new = {tile: window for tile, window in chosen.items() if tile not in before}
    if new:
        add_tiles(project, new)
    for tile in chosen:
        typer.echo(f"{tile}: {'added' if tile in new else 'there already'}")
    _tell_instance(list(chosen), add=True)


@app.command("remove")
def remove(
    tiles: Annotated[list[str], typer.Argument(help="MGRS squares.")],
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Take tiles out of a project, and out of the instance where DAGSTER_HOME is set.

    What was made of them stays in the store. Runs that wait for such a tile fail and name it.

    Example: lulc tiles remove 33TVM
    """
    from lulc_assets.core.tile_keys import validate_tile  # keeps --help quick
    from lulc_assets.project.tiles_of_file import remove_tiles

    remove_tiles(project, [validate_tile(tile) for tile in tiles])
    for tile in tiles:
        typer.echo(f"{tile}: removed; its products stay in the store")
    _tell_instance(tiles, add=False)


@app.command("plan")
def plan(
    aoi: Annotated[Path, typer.Option(help="Polygons of all that is to be mapped.")],
    most_keys: Annotated[int, typer.Option(help="Tile × years of a region, at most.")] = 100_000,
    years: Annotated[str, typer.Option(help="To map, like 2020-2024; none: since 2015.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for a list of tiles of each region.")
    ] = None,
) -> None:
    """Say how many tiles an area has, and split them into regions that Dagster can keep.

    Each region gets a project file, a prefix of the store and a database of its own
    (docs/deploy-server.md).

    Example: lulc tiles plan --aoi world.geojson --out regions
    """
    from lulc_assets.core.aoi import cover_area, read_area  # keeps --help quick
    from lulc_assets.defs.partitions import years_of
    from lulc_assets.running.regions import split_tiles

    counted = len(read_years(years)) if years else len(years_of(None).get_partition_keys())
    groups = split_tiles([part.tile for part in cover_area(read_area(aoi))], counted, most_keys)
    for group in groups:
        typer.echo(f"{group.name}: {len(group.tiles):,} tiles, {group.keys:,} keys")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{group.name}.txt").write_text("\n".join(group.tiles) + "\n", "utf-8")
    tiles = sum(len(group.tiles) for group in groups)
    typer.echo(f"{tiles:,} tiles × {counted} years in {len(groups)} regions")


def _tell_instance(tiles: list[str], *, add: bool) -> None:
    """Register tiles in the instance, or take them out of it; without an instance, say so."""
    import dagster as dg  # keeps --help quick

    from lulc_assets.defs.partitions import TILE, add_keys

    if not os.environ.get("DAGSTER_HOME"):
        typer.echo("DAGSTER_HOME is not set: `lulc tiles register` tells the instance")
        return
    require_home()
    with dg.DagsterInstance.get() as instance:
        if add:
            add_keys(instance, TILE, tiles)
        else:
            for tile in tiles:
                instance.delete_dynamic_partition(TILE, tile)


def require_home() -> None:
    """Refuse to go on without an instance to register in: Dagster would make a throw-away one."""
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick

    home = os.environ.get("DAGSTER_HOME", "")
    if not Path(home).is_absolute() or not Path(home).is_dir():
        raise InvalidProject(
            f"DAGSTER_HOME is {home!r}; set it to the absolute path of the folder with the "
            "project's dagster.yaml (docs/project-file.md shows how to make one)"
        )
