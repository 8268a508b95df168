"""Areas by district, as part of a region's report.

What belongs here: from the project's vector file to the files of a report, and reading them again.
What does not: areas (``core/accuracy/zones``), the report (``regions``).
"""

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from lulc_assets.core.accuracy.zone_files import Zones, read_zones
from lulc_assets.core.accuracy.zone_table import ZoneTable
from lulc_assets.core.accuracy.zones import estimate_zone_areas
from lulc_assets.core.errors import InvalidZones
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.properties import MapProperties, ReportProperties
from lulc_assets.steps.workbench import Workbench

ZONES, SHAPES = "zones.json", "zones.parquet"


def zone_identity(work: Workbench) -> dict[str, object]:
    """What stands in the identity of reports with districts; empty without any."""
    zones = work.project.zones
    if zones is None:
        return {}
    digest = digest_of_source(work.project.path_of(zones.path), zones.layer, InvalidZones)
    return {"zones": [digest, zones.name, zones.layer]}


def zone_files(
    work: Workbench,
    scratch: Path,
    maps: Mapping[TileYear, Record[MapProperties]],
    sample: ReferenceSample | None,
    year: int,
) -> dict[str, Path]:
    """Areas by district (``zones.json``) and their outlines (``zones.parquet``, EPSG:4326).

    Args:
        work: where the step works.
        scratch: folder to write to.
        maps: of the region.
        sample: of the region, or None for mapped areas only.
        year: of the maps.

    Returns:
        Nothing where the project has no districts, or none of them lies on a map of the region.

    Raises:
        InvalidZones, MissingCrs, InvalidGeometry: the file is not as ``read_zones`` wants it.
    """
    section = work.project.zones
    if section is None:
        return {}
    path = Path(work.project.path_of(section.path))
    zones = read_zones(path, column=section.name or None, layer=section.layer)
    try:
        areas, notes = estimate_zone_areas(
            _map_files(work, maps), zones, year=year, sample=sample, settings=work.project.accuracy
        )
    except InvalidZones:  # districts of another region of the project
        return {}
    table = ZoneTable(tuple(areas), tuple(notes))
    (scratch / ZONES).write_bytes(canonical_json(table.to_dict()))
    _shapes(zones, table).to_parquet(scratch / SHAPES)
    return {ZONES: scratch / ZONES, SHAPES: scratch / SHAPES}


def _map_files(work: Workbench, maps: Mapping[TileYear, Record[MapProperties]]) -> list[MapFile]:
    tiles = [key.tile for key in maps]
    return [
        MapFile(
            work.open(record, "class.tif"),
            work.grid(key.tile),
            key.tile,
            work.legend,
            counted_pixels(work, key.tile, tiles),
        )
        for key, record in maps.items()
    ]


def _shapes(zones: Zones, table: ZoneTable) -> gpd.GeoDataFrame:
    shown = {one.zone for one in table.areas}
    return zones.frame[zones.frame["zone"].isin(shown)].reset_index(drop=True).to_crs(4326)


def read_zone_table(work: Workbench, record: Record[ReportProperties]) -> ZoneTable | None:
    """Areas by district of a committed report; None where it has none."""
    if ZONES not in record.files:
        return None
    return ZoneTable.from_dict(json.loads(work.open(record, ZONES).read_bytes()))


def read_zone_shapes(work: Workbench, record: Record[ReportProperties]) -> gpd.GeoDataFrame:
    """Outlines of the districts of a report that has some: ``zone`` and geometry, EPSG:4326."""
    return gpd.read_parquet(work.open(record, SHAPES))
