"""``lulc scenes``: what a catalogue has, and how an item would be read.

What belongs here: arguments in, tables and JSON out. What does not: the rules
(``core/catalog``, ``core/imagery``).
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import progress_bar
from lulc_assets.commands.scene_tables import print_json, print_table
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.grid import PixelGrid

app = typer.Typer(
    no_args_is_help=True,
    help="Look into catalogues before anything is made: scenes, recipes, the selection.",
)


Dialect = Annotated[
    str | None,
    typer.Option(help="Name of a dialect, where items are not recognised by themselves."),
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Let hrefs point to private addresses.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="A host or bucket that hrefs may name too; repeatable."),
]


@app.command("import")
def import_scenes(
    folder: Annotated[
        Path,
        typer.Argument(
            help="With GeoTIFF stacks, SAFE folders or zips.", exists=True, file_okay=False
        ),
    ],
    bands: Annotated[
        str,
        typer.Option(help="Of stacks, in order: B04,B03,B02,-,SCL. None: descriptions say it."),
    ] = "",
    date: Annotated[
        str,
        typer.Option(help="Where names hold the date: stack_%d%m%Y*. None: 20230517, 2023-05-17."),
    ] = "",
    level: Annotated[str, typer.Option(help="Of stacks: L2A or L1C.")] = "L2A",
    mask: Annotated[
        str,
        typer.Option(
            help="auto: the band SCL; the end of mask files' names, like _clouds (0 is clear); "
            "none: only the network's cloud class decides, and maps say so."
        ),
    ] = "auto",
) -> None:
    """Make a folder of imagery into a catalogue that every command here reads.

    Writes catalog.json and stac_items into the folder. Stacks are cut into one COG per band;
    products of ESA stay as they are. Whether numbers hold the offset of baseline 04.00 follows from
    the name of a product, and from the pixels of a stack.

    Example: lulc scenes import imagery --bands B02,B03,B04,B08,SCL
    """
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick
    from lulc_assets.core.importing.folder import import_folder
    from lulc_assets.core.importing.stacks import ImportOptions

    if level not in ("L2A", "L1C"):
        raise InvalidProject(f"--level {level!r} is neither L2A nor L1C")
    names = [name.strip() for name in bands.split(",")] if bands else []
    options = ImportOptions(names, date, "L1C" if level == "L1C" else "L2A", mask)
    with progress_bar("import") as progress:
        found = import_folder(folder.resolve(), options, progress)
    for file, reason in found.refused.items():
        typer.echo(f"left out {file}: {reason}", err=True)
    unmasked = sum(scene.mask == "none" for scene in found.scenes)
    tiles = sorted({scene.tile for scene in found.scenes})
    typer.echo(f"{len(found.scenes)} scene{'s' * (len(found.scenes) > 1)} of {', '.join(tiles)}")
    if unmasked:
        typer.echo(f"{unmasked} have no cloud mask: only the network's own cloud class decides")
    typer.echo(found.catalog)


@app.command()
def inspect(
    item: Annotated[Path, typer.Argument(help="A STAC item, or a saved answer of a search.")],
    dialect: Dialect = None,
    allow_private: AllowPrivate = False,
    allow_host: AllowHost = None,
    pixels: Annotated[
        bool, typer.Option("--pixels", help="Open the files too: grid, and evidence of an offset.")
    ] = False,
) -> None:
    """Print the reading recipe of an item as JSON, or why it cannot be read.

    `offset_dn` is what must be added to the stored numbers, `offset_reason` says why. Nothing
    is opened unless you ask for --pixels.

    Example: lulc scenes inspect S2A_13TDE_20231008_0_L2A.json
    """
    from lulc_assets.core.catalog.items import recipe_from_item
    from lulc_assets.core.imagery.href import HrefPolicy

    place = str(item.resolve())
    document = _read_json(item)
    policy = HrefPolicy(place, allow_private, tuple(allow_host or ()))
    is_collection = isinstance(document, dict) and document.get("type") == "FeatureCollection"
    features = document.get("features") or [] if is_collection else document
    is_collection = is_collection or isinstance(document, list)
    found = []
    for feature in features if is_collection else [document]:
        recipe = recipe_from_item(feature, place, policy, dialect=dialect)
        evidence = _evidence(recipe) if pixels else {}
        found.append({**recipe.to_dict(), **evidence})
    typer.echo(json.dumps(found if is_collection else found[0], indent=2, ensure_ascii=False))


@app.command()
def search(
    tile: Annotated[str, typer.Option(help="MGRS 100 km square, like 33TVM.")],
    year: Annotated[int, typer.Option(help="Calendar year, UTC.")],
    catalog: Annotated[
        str, typer.Option(help="Root of a STAC API, or a static catalogue or saved search.")
    ],
    collection: Annotated[
        str | None, typer.Option(help="Collection of an API; by default Sentinel-2 L2A.")
    ] = None,
    dialect: Dialect = None,
    window: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option(help="Row, column, height, width of an area of interest on the tile's grid."),
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="Judge by the items' fields; open no file.")
    ] = False,
    clear_observations: Annotated[
        int, typer.Option(help="Clear observations after which a pixel has enough.")
    ] = 10,
    max_scenes: Annotated[int, typer.Option(help="Never more scenes than this.")] = 40,
    allow_private: AllowPrivate = False,
    allow_host: AllowHost = None,
    out: Annotated[Path | None, typer.Option(help="Write the table as GeoParquet.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the candidate scenes of a tile and year with the selection and its reasons.

    The clearest scene of the quarter with the fewest clear observations is taken, again and
    again, until the area has seen enough. Clearness is read from the scenes themselves; with
    --fields from what the items say, which needs no access to the images.

    Example: lulc scenes search --tile 33TVM --year 2023 --catalog
    https://earth-search.aws.element84.com/v1 --fields
    """
    from lulc_assets.core.catalog.search import search_scenes
    from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
    from lulc_assets.core.catalog.table import write_candidates

    grid = _grid(tile, dialect, collection, window)
    settings = SelectionSettings(
        clear_observations=clear_observations,
        max_scenes=max_scenes,
        clear_from="fields" if fields else "pixels",
    )
    with progress_bar("searching") as progress:
        found = search_scenes(
            catalog,
            tile,
            year,
            grid,
            dialect=dialect,
            collection=collection,
            allow_private=allow_private,
            allow_hosts=tuple(allow_host or ()),
            progress=progress,
        )
    with progress_bar("looking") as progress:
        table = select_scenes(found.recipes, grid, settings, found.rejected, progress)
    if out is not None:
        write_candidates(out, table)
    print_json(table) if as_json else print_table(table, f"{tile} {year}")


@app.command()
def audit(
    tile: Annotated[str, typer.Option(help="MGRS 100 km square, like 33TVM.")],
    years: Annotated[str, typer.Option(help="A year or a span, like 2021-2023.")],
    project: ProjectFile = Path("project.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Name the passes that a catalogue should have of a tile but lacks.

    Orbits, revisit and days are learnt from the items of the tile, its neighbours and the years
    around. `missing`: neighbours have the pass; `missing everywhere`: nobody has, so that it was
    lost or never acquired; `late`: it may still come; `withdrawn`: a table of the project has it;
    `other baseline`: a neighbour has a newer processing.

    Example: lulc scenes audit --tile 33TVM --years 2021-2023 --project project.toml
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from lulc_assets.commands.simulate import read_years
    from lulc_assets.core.catalog.audit import NOTHING_EXPECTED
    from lulc_assets.core.tile_keys import validate_tile
    from lulc_assets.project import load_project
    from lulc_assets.steps.watching import audit_scenes
    from lulc_assets.steps.workbench import Workbench

    with progress_bar("reading the catalogue") as progress:
        loaded = load_project(project)
        work = Workbench(loaded, loaded.open_store(), progress)
        now = datetime.now(UTC).timestamp()
        found, without = audit_scenes(work, validate_tile(tile), read_years(years), as_of=now)
    if as_json:
        plain = [{**asdict(each), "missing_pct": each.missing_pct} for each in found]
        typer.echo(json.dumps(plain, indent=2))
        return
    for each in found:
        if each.missing_pct is None:
            typer.echo(f"{each.tile} {each.year}: {NOTHING_EXPECTED}")
            continue
        typer.echo(
            f"{each.tile} {each.year}: {each.found} of {each.expected} passes are there, "
            f"{each.missing_pct:.1f} % missing"
        )
        for gap in each.gaps:
            typer.echo(f"  {gap.day}  R{gap.orbit:03d}  {gap.platform}  {gap.kind}: {gap.why}")
    if without:
        typer.echo(f"{without} items say no relative orbit and were left out")


def _grid(
    tile: str,
    dialect: str | None,
    collection: str | None,
    window: tuple[int, int, int, int] | None,
) -> "PixelGrid":
    from lulc_assets.core.catalog.known_dialects import sampling_m
    from lulc_assets.core.grid import Window, tile_grid
    from lulc_assets.core.scene.hls import HLS_PIXEL_M, hls_grid

    is_hls = sampling_m(dialect, collection) == HLS_PIXEL_M
    whole = hls_grid(tile) if is_hls else tile_grid(tile)
    if window is None:
        return whole
    row, col, height, width = window
    if min(row, col) < 0 or row + height > whole.height or col + width > whole.width:
        raise typer.BadParameter(
            f"{window} reaches beyond the tile's {whole.height} × {whole.width}"
        )
    return whole.cut(Window(*window))


def _evidence(recipe: Any) -> dict[str, Any]:
    from lulc_assets.core.grid import tile_grid
    from lulc_assets.core.imagery.checking import check_scene
    from lulc_assets.core.scene.hls import HLS_PIXEL_M, hls_grid

    tile = recipe.mgrs_tile
    grid = hls_grid(tile) if recipe.gsd_m == HLS_PIXEL_M else tile_grid(tile)
    check = check_scene(recipe, grid)
    return {
        **check.recipe.to_dict(),
        "offset_in_pixels": check.evidence.verdict,
        "offset_evidence": check.evidence.reason,
        "offset_proof": check.proof,
        "empty_pct": round(100 * check.empty_share, 2),
    }


def _read_json(path: Path) -> Any:
    from lulc_assets.core.catalog.sources import explain_folder, require_no_archive
    from lulc_assets.core.errors import IncompleteItem
    from lulc_assets.core.tables.text_file import read_utf8

    if path.is_dir():
        raise IncompleteItem(explain_folder(path))
    require_no_archive(path)
    try:
        return json.loads(read_utf8(path, IncompleteItem, "item"))
    except OSError as error:
        raise IncompleteItem(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise IncompleteItem(f"{path} is not JSON: {error}") from error
