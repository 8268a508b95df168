"""The maps of a project as files for others: one mosaic per year, tables, catalogue, pages.

What belongs here: which records an export is made of. What does not: mosaics and tables
(``core/exporting``), items (``core/publishing``), pages (``core/pages``).
"""

from datetime import date
from pathlib import Path

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.errors import ProductNotFound
from lulc_assets.core.exporting.map_files import (
    FILE_NAMES,
    map_item,
    open_to_all,
    write_map_files,
    write_maps_catalogue,
)
from lulc_assets.core.exporting.mosaic import MosaicTile, mosaic_grid
from lulc_assets.core.exporting.tables import (
    class_table,
    matrix_table,
    write_csv,
    write_tables_package,
)
from lulc_assets.core.publishing.catalogue import Credit
from lulc_assets.core.publishing.layer_item import footprint_of
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.map_site import committed_keys
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, REGION_REPORT
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench


def export_project(work: Workbench, folder: Path, crs: str = "") -> Path:
    """Write maps, tables, catalogue and pages of all that is committed into a folder.

    Files: ``maps/land_cover_YEAR.tif`` with ``.qml`` and category names, ``maps/vote_share_…``,
    ``maps/observations_…``, ``tables/classes.csv``, ``tables/matrix.csv``, ``tables.gpkg``,
    ``stac/catalog.json``, ``pages/index.html``. All are readable by everybody.

    Args:
        work: where the products are.
        folder: of the export; what lies there under these names is replaced.
        crs: of the maps; empty: that of the tile that owns most of the area.

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
    project = work.project
    credit = Credit(project.name, project.licence or "other", project.attribution)
    write_maps_catalogue(folder / "stac", credit, items, work.legend)
    make_report_pages(work, folder / "pages", tiles, regions)
    open_to_all(folder)
    return folder


def _export_year(work: Workbench, folder: Path, keys: list[TileYear], crs: str) -> pystac.Item:
    year = keys[0].year
    mapped = [key.tile for key in keys]
    keys = sorted(keys, key=lambda key: -int(counted_pixels(work, key.tile, mapped).sum()))
    grid = mosaic_grid([work.grid(key.tile) for key in keys], work.area, crs)
    records = {key: work.read(ANNUAL_MAP, key) for key in keys}
    tiles = {
        layer: [
            MosaicTile(key.tile, work.grid(key.tile), work.open(record, f"{layer}.tif"))
            for key, record in records.items()
        ]
        for layer in FILE_NAMES
    }
    files = write_map_files(
        folder / "maps", str(year), grid, tiles, work.area, work.legend, work.progress
    )
    maps = {key.tile: record.digest for key, record in sorted(records.items())}
    days = date(year, 1, 1), date(year, 12, 31)
    properties = {"lulc:year": year, "lulc:maps": maps}
    return map_item(f"land_cover-{year}", grid, days, files, work.legend, properties)


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
