"""The maps of a project as files for others: one mosaic a year, tables, catalogue, pages.

What belongs here: which records an export is made of. What does not: mosaics and tables
(``core/exporting``), items (``core/publishing``), pages (``core/pages``).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.errors import ProductNotFound
from lulc_assets.core.exporting.category_names import write_category_names
from lulc_assets.core.exporting.mosaic import (
    MosaicLayer,
    MosaicTile,
    mosaic_grid,
    palette_of,
    write_mosaic,
)
from lulc_assets.core.exporting.tables import (
    class_table,
    matrix_table,
    write_csv,
    write_tables_package,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.publishing.catalogue import CollectionText, Credit, write_catalogue
from lulc_assets.core.publishing.items import layer_kind
from lulc_assets.core.publishing.layer_item import LayerAsset, footprint_of, layer_item
from lulc_assets.core.publishing.styles import class_style, ramp_style
from lulc_assets.core.store.canonical import digest_of_file
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.whole_files import whole_file
from lulc_assets.steps.map_site import committed_keys
from lulc_assets.steps.maps import MAP_LAYERS
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, REGION_REPORT
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench

FILE_NAMES = {"class": "land_cover", "vote_share": "vote_share", "observations": "observations"}
"""Layer → first part of its file's name."""
MAPS = CollectionText(
    "land_cover",
    "Yearly land cover of the area",
    "One map a year, clipped to the area of interest; each place comes from the tile that owns it.",
)
_READABLE, _ENTERABLE = 0o644, 0o755


def export_project(work: Workbench, folder: Path, crs: str = "", licence: str = "other") -> Path:
    """Write maps, tables, catalogue and pages of all that is committed into a folder.

    Files: ``maps/land_cover_YEAR.tif`` with ``.qml`` and category names, ``maps/vote_share_…``,
    ``maps/observations_…``, ``tables/classes.csv``, ``tables/matrix.csv``, ``tables.gpkg``,
    ``stac/catalog.json``, ``pages/index.html``. All are readable by everybody.

    Args:
        work: where the products are.
        folder: of the export; what lies there under these names is replaced.
        crs: of the maps; empty: that of the tile that owns most of the area.
        licence: SPDX identifier of the products.

    Raises:
        ProductNotFound: there is no map yet.
        InvalidProject: the CRS cannot be used.
    """
    tiles, regions = committed_keys(work)
    if not tiles:
        raise ProductNotFound(f"{work.project.name} has no map yet; make one with `lulc run`")
    folder.mkdir(parents=True, exist_ok=True)
    items = [
        _export_year(work, folder, [key for key in tiles if key.year == year], crs)
        for year in sorted({key.year for key in tiles})
    ]
    _export_tables(work, folder, tiles, regions)
    layers = {MAPS.name: {n: LayerAsset("", t, "", 0, **layer_kind(n)) for n, t in _titles()}}
    credit = Credit(work.project.name, licence, work.project.attribution)
    write_catalogue(folder / "stac", credit, {MAPS: items}, layers, work.legend)
    make_report_pages(work, folder / "pages", tiles, regions)
    _open_to_all(folder)
    return folder


def _titles() -> Sequence[tuple[str, str]]:
    return list(MAP_LAYERS.items())


def _export_year(work: Workbench, folder: Path, keys: list[TileYear], crs: str) -> pystac.Item:
    year = keys[0].year
    keys = sorted(keys, key=lambda key: -int(work.counted(key.tile).sum()))
    grid = mosaic_grid([work.grid(key.tile) for key in keys], work.area, crs)
    colors = {known.code: known.rgb for known in work.legend.classes}
    files = {}
    for name, title in _titles():
        kind = layer_kind(name)
        classes = bool(kind.get("is_class"))
        layer = MosaicLayer(
            "class" if classes else "continuous",
            0,
            palette_of(colors) if classes else None,
            title,
        )
        path = folder / "maps" / f"{FILE_NAMES[name]}_{year}.tif"
        parts = [
            MosaicTile(
                key.tile,
                work.grid(key.tile),
                work.open(work.read(ANNUAL_MAP, key), f"{name}.tif"),
            )
            for key in keys
        ]
        files[name] = write_mosaic(path, grid, parts, work.area, layer, work.progress)
        style = class_style(work.legend) if classes else ramp_style(kind.get("most", 255), title)
        with whole_file(path.with_suffix(".qml"), durable=False) as part:
            part.write_text(style, "utf-8")
        if classes:
            write_category_names(path, work.legend)
    return _item(work, grid, year, files, keys)


def _item(
    work: Workbench, grid: PixelGrid, year: int, files: dict[str, Path], keys: list[TileYear]
) -> pystac.Item:
    assets = {
        name: LayerAsset(
            str(path.resolve()),
            MAP_LAYERS[name],
            digest_of_file(path),
            path.stat().st_size,
            **layer_kind(name),
        )
        for name, path in files.items()
    }
    span = (
        datetime(year, 1, 1, tzinfo=UTC),
        datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    maps = {key.tile: work.read(ANNUAL_MAP, key).digest for key in sorted(keys)}
    properties = {"lulc:year": year, "lulc:maps": maps}
    return layer_item(f"land_cover-{year}", grid, span, assets, work.legend, properties)


def _export_tables(
    work: Workbench, folder: Path, tiles: list[TileYear], regions: list[RegionYear]
) -> None:
    found = [
        *(work.find(REGION_REPORT, key) for key in regions),
        *(work.find(ACCURACY_AREA_REPORT, key) for key in tiles),
    ]
    reports = [read_report(work, record) for record in found if record is not None]
    parents = {known.name: known.parent for known in work.legend.classes}
    tables = {"classes": class_table(reports, parents), "matrix": matrix_table(reports)}
    for name, table in tables.items():
        write_csv(folder / "tables" / f"{name}.csv", table)
    write_tables_package(folder / "tables.gpkg", _outline(work, tiles), work.project.name, tables)


def _outline(work: Workbench, tiles: list[TileYear]) -> BaseGeometry:
    if work.area is not None:
        return work.area
    return shapely.union_all([footprint_of(work.grid(tile)) for tile in {k.tile for k in tiles}])


def _open_to_all(folder: Path) -> None:
    """Files of the store are their owner's alone; an export is for others."""
    folder.chmod(_ENTERABLE)
    for path in folder.rglob("*"):
        path.chmod(_ENTERABLE if path.is_dir() else _READABLE)
