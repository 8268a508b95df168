"""What the map page draws over its maps: labels, sample units, districts, alerts.

What belongs here: from committed records to GeoJSON in degrees. What does not: the maps
(``map_site``), what an outline is (``core/pages/site``).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.pages.site import SiteOutline
from lulc_assets.core.pages.zone_views import zone_facts
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.steps.alerts import read_alert_table
from lulc_assets.steps.change_pages import ChangeRecords
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    REFERENCE_LABELS,
    REFERENCE_SAMPLE,
    REGION_REPORT,
)
from lulc_assets.steps.report import open_sample
from lulc_assets.steps.workbench import Workbench
from lulc_assets.steps.zones import read_zone_shapes, read_zone_table

_DEGREE_DIGITS = 7
_ALERT_COLUMNS = [
    "alert_id", "step", "from_class", "to_class", "area_ha", "first_on", "confirmed_on",
    "rejected_on", "geometry",
]  # fmt: skip


def site_outlines(
    work: Workbench, maps: Sequence[TileYear], changes: Iterable[ChangeRecords]
) -> Iterator[SiteOutline]:
    """Labels, sample units and districts on the maps, alerts of every year that has some.

    Args:
        work: where the products are.
        maps: tiles and years with a map.
        changes: see ``change_pages``.
    """
    yield from _labels(work, maps)
    for region, section in work.project.regions.items():
        for year in sorted({key.year for key in maps if key.tile in section.tiles}):
            own = [key for key in maps if key.year == year and key.tile in section.tiles]
            units = _units(work, RegionYear(region, year), own)
            if units is not None:
                yield SiteOutline("units", None, year, _geojson(units))
    yield from _zones(work, sorted({key.year for key in maps}))
    for known in changes:
        alerts = None if known.alerts is None else read_alert_table(work, known.alerts)
        if alerts is not None and not alerts.empty:
            key = known.key
            yield SiteOutline("alerts", key.tile, key.year, _geojson(alerts[_ALERT_COLUMNS]))


def _zones(work: Workbench, years: Iterable[int]) -> Iterator[SiteOutline]:
    """Districts with their areas, from the reports of regions."""
    for region in work.project.regions:
        for year in years:
            report = work.find(REGION_REPORT, RegionYear(region, year))
            table = None if report is None else read_zone_table(work, report)
            if report is None or table is None:
                continue
            facts = {one.zone: zone_facts(one) for one in table.areas}
            document = _geojson(read_zone_shapes(work, report))
            for feature in document["features"]:
                feature["properties"] = facts[feature["properties"]["zone"]]
            yield SiteOutline("zones", None, year, document)


def _labels(work: Workbench, maps: Sequence[TileYear]) -> Iterator[SiteOutline]:
    for key in maps:
        labels = work.find(REFERENCE_LABELS, key)
        if labels is not None:
            table = read_label_table(work.open(labels, "labels.parquet"))
            if not table.empty:
                shapes = table[["class_code", "geometry"]].rename(columns={"class_code": "code"})
                yield SiteOutline("labels", key.tile, key.year, _geojson(shapes))


def _units(
    work: Workbench, region: RegionYear, maps: Iterable[TileYear]
) -> gpd.GeoDataFrame | None:
    """The sample's units on maps of the region, with their class and whether the map is right."""
    sample = open_sample(work, work.find(REFERENCE_SAMPLE, region))
    if sample is None:
        return None
    units = sample.units[sample.units["class_code"] > 0].copy()
    mapped = np.zeros(len(units), np.uint8)
    for key in maps:
        record, grid = work.read(ANNUAL_MAP, key), work.grid(key.tile)
        points = units.geometry.to_crs(grid.epsg)
        codes = _codes_at(read_raster(work.open(record, "class.tif")), grid, points)
        mapped = np.where(mapped > 0, mapped, codes).astype(np.uint8)
    units["right"] = mapped == units["class_code"].to_numpy()
    shown = units.loc[mapped > 0, ["class_code", "right", "geometry"]]
    return shown.rename(columns={"class_code": "code"})


def _codes_at(
    classes: npt.NDArray[np.uint8], grid: PixelGrid, points: gpd.GeoSeries
) -> npt.NDArray[np.uint8]:
    """The class under each point, 0 outside."""
    rows, cols = grid.cells(points.x, points.y)
    inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
    codes = np.zeros(len(points), np.uint8)
    codes[inside] = classes[rows[inside], cols[inside]]
    return codes


def _geojson(shapes: gpd.GeoDataFrame) -> dict[str, Any]:
    degrees = shapes.to_crs(4326)
    degrees["geometry"] = degrees.geometry.set_precision(10**-_DEGREE_DIGITS)
    found: dict[str, Any] = json.loads(degrees.to_json(drop_id=True))
    return {"type": "FeatureCollection", "features": found["features"]}
