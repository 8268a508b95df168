"""``lulc labels``: which windows to label, and whether a delivered file is sound.

What belongs here: arguments and printing. What does not: designs and checks
(``core/labels``).
"""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.maps import MAP_HELP, open_maps
from lulc_assets.commands.running import USER_ERROR, PoliteGroup, plain_console, print_json

if TYPE_CHECKING:
    import geopandas as gpd

    from lulc_assets.core.crosswalks import Crosswalk
    from lulc_assets.core.grid import PixelGrid
    from lulc_assets.core.labels.campaign import CampaignArea
    from lulc_assets.core.labels.inspection import LabelInspection

app = typer.Typer(
    cls=PoliteGroup,
    no_args_is_help=True,
    help="Training and gold labels: choose windows to label, check what annotators deliver.",
)

Layer = Annotated[str | None, typer.Option(help="Layer, where a file has several.")]
GridWindow = Annotated[
    tuple[int, int, int, int] | None,
    typer.Option(help="Row, column, height, width of the area of interest on the tile's grid."),
]


class Overlap(StrEnum):
    """Who wins where polygons of different classes overlap."""

    error = "error"
    later_wins = "later_wins"
    smaller_wins = "smaller_wins"
    ignore = "ignore"


@app.command()
def campaign(
    out: Annotated[Path, typer.Option(help="GeoPackage to write; must not exist.")],
    windows: Annotated[int, typer.Option(help="Windows to label in all.")],
    tile: Annotated[
        list[str] | None, typer.Option(help="MGRS square without a map yet, like 33TVM. Repeat.")
    ] = None,
    window: GridWindow = None,
    map: Annotated[list[str] | None, typer.Option("--map", help=MAP_HELP)] = None,
    zones: Annotated[
        Path | None, typer.Option(help="Polygons of biomes or any other zones to stratify by.")
    ] = None,
    zone_column: Annotated[str | None, typer.Option(help="Column with the zones' names.")] = None,
    window_m: Annotated[float, typer.Option(help="Side of a window, metres.")] = 5000.0,
    rare_share: Annotated[
        float, typer.Option(help="A class counts as present from this share of a window on.")
    ] = 0.05,
    gold_share: Annotated[
        float, typer.Option(help="Share of windows for the gold standard.")
    ] = 0.2,
    annotators: Annotated[int, typer.Option(help="Annotators of each gold window.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the draw; it is recorded.")] = 0,
) -> None:
    """Draw windows to label, by zone and by the rare classes of a map, and write them for QGIS.

    Annotators open the GeoPackage in QGIS and draw polygons into the layer drawings, without
    gaps, inside the squares of the layer windows; class_name takes a name of the table
    classes. Windows with role gold are drawn by several people, who must not see each other's
    drawings. The JSON file beside it records the design.

    With --map a window belongs to the rarest class that it shows, so that rare classes get as
    many windows as common ones. No area can be estimated from such labels: `lulc sample` is
    for that.

    Example: lulc labels campaign --map 33TVM=map.tif --zones biomes.gpkg --windows 60
    --window-m 1280 --seed 7 --out campaign.gpkg
    """
    from lulc_assets.core.accuracy.zone_files import read_zones
    from lulc_assets.core.labels.campaign import (
        CampaignSettings,
        design_campaign,
        write_campaign,
    )

    settings = CampaignSettings(windows, window_m, rare_share, gold_share, annotators, seed)
    frame = None if zones is None else read_zones(zones, column=zone_column).frame
    areas = _areas(tile or [], window, map or [])
    drawn = design_campaign(areas, settings, frame)
    sources = {area.tile or area.map.name: str(area.map.path) for area in areas if area.map}
    if zones is not None:
        sources["zones"] = str(zones)
    for path in write_campaign(out, drawn, settings, sources):
        typer.echo(path)
    _print_design(drawn)


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(
            help="Polygons (GeoPackage, shapefile, GeoParquet, …) or a GeoTIFF of codes."
        ),
    ],
    class_column: Annotated[str, typer.Option(help="Column with the classes.")] = "class_name",
    crosswalk: Annotated[
        str,
        typer.Option(
            help="Vocabulary of the classes, or a CSV file; see lulc labels vocabularies."
        ),
    ] = "karra-10",
    layer: Layer = None,
    role_column: Annotated[
        str | None, typer.Option(help="Column with train, gold, holdout.")
    ] = None,
    annotator_column: Annotated[
        str | None, typer.Option(help="Column that says who drew a polygon.")
    ] = None,
    overlaps: Annotated[
        Overlap, typer.Option(help="Policy of the project.")
    ] = Overlap.smaller_wins,
    repair: Annotated[
        bool, typer.Option("--repair", help="As with repair = true: mended geometries are fine.")
    ] = False,
    tile: Annotated[str | None, typer.Option(help="Burn on this tile's own grid.")] = None,
    window: GridWindow = None,
    year: Annotated[int | None, typer.Option(help="Only labels of this year count.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say what is in a label file and what a project would refuse; exit 1 if it would.

    It looks for unknown classes, broken geometries, labels outside the tile,
    overlaps, training labels on gold ground,
    polygons too small for a 10 m pixel, and, where several people drew the same windows, how
    far they agree.

    Example: lulc labels check campaign.gpkg --layer drawings --role-column role
    --annotator-column annotator
    """
    from lulc_assets.core.labels.inspection import inspect_labels
    from lulc_assets.core.labels.raster import is_raster
    from lulc_assets.core.labels.source import LabelSource

    source = LabelSource(
        str(file), class_column, crosswalk, layer=layer, role_column=role_column,
        annotator_column=annotator_column, repair=repair, overlaps=overlaps.value,
    )  # fmt: skip
    grid = None if tile is None else _grid(tile, window)
    found = inspect_labels(source, grid, tile=tile, year=year)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_inspection(found, raster=is_raster(source.path))
    if found.problems:
        raise typer.Exit(USER_ERROR)


@app.command()
def vocabularies(
    name: Annotated[str | None, typer.Argument(help="Show the classes of this one.")] = None,
) -> None:
    """List the vocabularies that labels may use, or the classes of one and where they go.

    A vocabulary of your own is a CSV file with the columns source, title, target, relation.

    Example: lulc labels vocabularies worldcover
    """
    from lulc_assets.core.crosswalks import CROSSWALKS, find_crosswalk

    if name is None:
        for crosswalk in CROSSWALKS.values():
            typer.echo(f"{crosswalk.name:16} {crosswalk.source_vocabulary}")
        return
    _print_crosswalk(find_crosswalk(name))


def _areas(
    tiles: list[str], window: tuple[int, int, int, int] | None, maps: list[str]
) -> "list[CampaignArea]":
    from lulc_assets.core.labels.campaign import CampaignArea

    if bool(tiles) == bool(maps):
        raise typer.BadParameter("give either --tile or --map")
    if maps:
        return [CampaignArea(one.tile, one.grid, one) for one in open_maps(maps)]
    return [CampaignArea(tile, _grid(tile, window)) for tile in tiles]


def _grid(tile: str, window: tuple[int, int, int, int] | None) -> "PixelGrid":
    from lulc_assets.core.grid import Window, tile_grid

    whole = tile_grid(tile)
    if window is None:
        return whole
    row, col, height, width = window
    if min(row, col) < 0 or row + height > whole.height or col + width > whole.width:
        raise typer.BadParameter(
            f"{window} reaches beyond the tile's {whole.height} × {whole.width}"
        )
    return whole.cut(Window(*window))


def _print_design(drawn: "gpd.GeoDataFrame") -> None:
    from rich.table import Table

    table = Table(title=f"{len(drawn)} windows", title_justify="left")
    for title in ("Zone", "Stratum"):
        table.add_column(title)
    for title in ("train", "gold", "candidates"):
        table.add_column(title, justify="right")
    for (zone, stratum), rows in drawn.groupby(["zone", "stratum"]):
        gold = int((rows["role"] == "gold").sum())
        candidates = int(rows["stratum_windows"].iloc[0])
        table.add_row(
            str(zone) or "–", str(stratum), str(len(rows) - gold), str(gold), str(candidates)
        )
    plain_console().print(table)


def _as_json(found: "LabelInspection") -> dict[str, object]:
    return {
        "reading": asdict(found.read.account()),
        "summary": found.summary.to_dict(orient="records"),
        "burnt": [{**vars(report), "pixels": dict(report.pixels)} for report in found.burnt],
        "gold_standard": None if found.gold is None else asdict(found.gold.account()),
        "problems": list(found.problems),
        "notes": list(found.notes),
    }


def _print_inspection(found: "LabelInspection", *, raster: bool) -> None:
    from rich.table import Table

    console = plain_console()
    read = found.read
    typer.echo(
        f"{read.found:,} pixels"
        if raster
        else f"{read.found} polygons, the most detailed with {read.most_vertices:,} vertices"
    )
    table = Table()
    for title, side in (
        ("Class", "left"),
        ("Role", "left"),
        ("polygons", "right"),
        ("ha", "right"),
    ):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    for row in found.summary.itertuples():
        table.add_row(
            str(row.class_name), str(row.role), f"{row.polygons:,}", f"{row.area_ha:,.1f}"
        )
    console.print(table)
    if found.gold is not None:
        for pair in found.gold.pairs:
            typer.echo(
                f"{pair.first} and {pair.second}: agree on {pair.share:.1%} of {pair.n:,} pixels, "
                f"kappa {pair.kappa:.2f}"
            )
        dropped = found.gold.account().dropped_share_by_class
        shares = ", ".join(f"{name} {share:.0%}" for name, share in dropped.items())
        typer.echo(f"Dropped from the gold standard: {shares}")
    for note in found.notes:
        typer.echo(f"Note: {note}")
    for problem in found.problems:
        typer.echo(f"Problem: {problem}")
    typer.echo("Refused as it is." if found.problems else "Fine.")


def _print_crosswalk(crosswalk: "Crosswalk") -> None:
    from rich.table import Table

    from lulc_assets.core.legend import KARRA_10

    table = Table(title=f"{crosswalk.source_vocabulary} ({crosswalk.citation})")
    for title in ("Code", "Class", "becomes", "relation"):
        table.add_column(title, overflow="fold")
    for entry in crosswalk.entries:
        target = KARRA_10.by_code(entry.target).name if entry.target else "unlabelled"
        table.add_row(entry.source, entry.title, target, entry.relation)
    plain_console().print(table)
