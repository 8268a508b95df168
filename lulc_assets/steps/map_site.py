"""The map page of a project, from committed records.

What belongs here: which records a site shows, and the pictures that are made for it. What does
not: its files (``core/pages/map_site``).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.errors import SceneError
from lulc_assets.core.figures.quicklook import encode_jpeg, true_color
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.pages.content import Link
from lulc_assets.core.pages.map_site import MAP_PAGE, write_site
from lulc_assets.core.pages.report_views import state_accuracy
from lulc_assets.core.pages.site import (
    ScenePhoto,
    Site,
    SiteFile,
    SiteMap,
    SiteScene,
    SiteTile,
)
from lulc_assets.core.pages.vote_blocks import BLOCK_PX, VERSION, write_vote_blocks
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.seams import hidden_boxes
from lulc_assets.core.store.canonical import digest_of, identity_of
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.core.whole_files import whole_file
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.maps import head_of
from lulc_assets.steps.page_parts import page_name
from lulc_assets.steps.pages import INDEX, make_report_pages
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    REGION_REPORT,
    SCENE_CATALOG,
)
from lulc_assets.steps.properties import MapProperties, PredictedRow
from lulc_assets.steps.site_changes import committed_changes, site_change, site_file
from lulc_assets.steps.site_outlines import site_outlines
from lulc_assets.steps.workbench import Workbench

PHOTO_PX = 2048
"""Longest side of a true-colour picture: a tile at 54 m, areas up to 20 km at 10 m."""

_PHOTO_VERSION = 1
_MADE_HERE = (".photos", ".votes")
"""Folders with what is made for a site; the site has links to it."""


def committed_keys(work: Workbench) -> tuple[list[TileYear], list[RegionYear]]:
    """Keys with a map, and with a region's report, of all years."""
    years = range(FIRST_YEAR, datetime.now(UTC).year + 1)
    tiles = [TileYear(tile, year) for tile in work.project.tiles for year in years]
    regions = [RegionYear(region, year) for region in work.project.regions for year in years]
    return (
        [key for key in tiles if work.find(ANNUAL_MAP, key) is not None],
        [key for key in regions if work.find(REGION_REPORT, key) is not None],
    )


def build_site(
    work: Workbench,
    folder: Path,
    *,
    photo_px: int = PHOTO_PX,
    single_file_bytes: int = 0,
    link: bool = False,
) -> Path:
    """Write report pages, map page and data of all that is committed; returns the index.

    Args:
        work: where the products are.
        folder: of the site.
        photo_px: longest side of the true-colour pictures; 0: none are made.
        single_file_bytes: see ``write_site``.
        link: see ``write_site``.

    Raises:
        InvalidPage: there is no map, or the page's script was not built.
        ProductNotFound: a record names a file that the store has lost.
    """
    tiles, regions = committed_keys(work)
    photos, votes = (folder / name for name in _MADE_HERE)
    for place in (photos, votes):
        place.mkdir(parents=True, exist_ok=True)
    maps = []
    for number, key in enumerate(tiles, start=1):
        maps.append(_map(work, key, photos, votes, photo_px))
        work.progress(number, len(tiles), f"map of {key.title}")
    shown = {key.tile for key in tiles}
    changes = committed_changes(work, sorted(shown))
    site = Site(
        title=work.project.name,
        attribution=work.project.attribution,
        licence=work.project.licence,
        legend=work.legend,
        tiles=_tiles(work, shown),
        maps=maps,
        changes=[site_change(work, one) for one in changes],
        outlines=list(site_outlines(work, tiles, changes)),
        home=INDEX,
    )
    for old in set(votes.iterdir()) - {one.votes.path for one in maps}:
        old.unlink()  # of maps that were made again
    write_site(site, folder, single_file_bytes=single_file_bytes, link=link)
    pages = [*tiles, *(one.key for one in changes)]
    make_report_pages(
        work,
        folder,
        pages,
        regions,
        lambda entry: f"data/{entry.key}",
        beside_them=[Link("Map to move in", MAP_PAGE)],
    )
    return folder / INDEX


def _tiles(work: Workbench, shown: set[str]) -> list[SiteTile]:
    """The tiles of the page, each with what others of them show of its ground."""
    project, grids = work.project, work.grids(sorted(shown))
    return [
        SiteTile(
            tile, section.place, grids[tile], project.regions_of(tile), hidden_boxes(tile, grids)
        )
        for tile, section in project.tiles.items()
        if tile in shown
    ]


def _map(work: Workbench, key: TileYear, photos: Path, votes: Path, photo_px: int) -> SiteMap:
    record, report = work.read(ANNUAL_MAP, key), work.find(ACCURACY_AREA_REPORT, key)
    figures = None if report is None else report.properties
    looks = _photos(work, key, photos, photo_px) if photo_px else {}
    rows = sorted(record.properties.predictions, key=lambda row: row.scene_id)
    return SiteMap(
        tile=key.tile,
        year=key.year,
        layers={name: site_file(work, record.files[f"{name}.tif"]) for name in LAYERS},
        rule=record.properties.rule.to_dict(work.legend, head_of(work, record)),
        scenes=[
            SiteScene(
                row.scene_id,
                row.date,
                row.acquisition,
                {
                    "class": site_file(work, row.class_),
                    "probability": site_file(work, row.probability),
                },
                looks.get(row.scene_id),
            )
            for row in rows
        ],
        votes=_votes(work, key, record, rows, votes),
        mapped_ha={} if figures is None else figures.mapped_ha,
        no_data_ha=0.0 if figures is None else figures.no_data_ha,
        accuracy="" if figures is None else state_accuracy(figures),
        report=None if report is None else page_name(key),
    )


def _votes(
    work: Workbench,
    key: TileYear,
    record: Record[MapProperties],
    rows: Sequence[PredictedRow],
    folder: Path,
) -> SiteFile:
    """What the map and its scenes say of every pixel; made where it is not there yet."""
    stored = [record.files[f"{name}.tif"] for name in LAYERS]
    stored += [file for row in rows for file in (row.class_, row.probability, row.mask)]
    name = digest_of([*(file.sha256 for file in stored), BLOCK_PX, VERSION])[:16]
    path = folder / f"{key.tile}-{key.year}-{name}.bin"
    if not path.is_file():
        layers = [work.store.fetch(file.key, file.sha256) for file in stored]
        write_vote_blocks(path, layers, record.properties.grid, work.project.composite.threads)
    return SiteFile(path, f"data/votes/{path.name}")


def _photos(work: Workbench, key: TileYear, folder: Path, photo_px: int) -> dict[str, ScenePhoto]:
    """Scene id → true colour; scenes that cannot be read now have none."""
    catalog = work.find(SCENE_CATALOG, key)
    if catalog is None:
        return {}
    lattice = lattice_of(work.grid(key.tile), photo_px)
    found = {}
    for recipe in read_selection(work, catalog):
        name = digest_of([identity_of(recipe), identity_of(lattice), _PHOTO_VERSION])[:16]
        path = folder / f"{key.tile}-{recipe.date}-{name}.jpg"
        if not path.is_file() and not _take(recipe, lattice, path):
            continue
        href = f"data/photos/{key.tile}/{key.year}/{path.name}"
        found[recipe.id] = ScenePhoto(SiteFile(path, href), lattice.bounds)
    return found


def _take(recipe: SceneRecipe, lattice: PixelGrid, path: Path) -> bool:
    try:
        look = look_at_scene(recipe, lattice)
    except SceneError:
        return False
    with whole_file(path, durable=False) as part:
        part.write_bytes(encode_jpeg(true_color(look.reflectance, look.valid)))
    return True
