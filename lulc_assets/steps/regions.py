"""Steps of a region: its tiles as one map.

What belongs here: ``region_report`` (each pixel owned once).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lulc_assets.core.accuracy.build import build_region_report
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.counted import counted_identity, counted_pixels
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    REFERENCE_SAMPLE,
    REGION_REPORT,
)
from lulc_assets.steps.properties import MapProperties, ReportProperties
from lulc_assets.steps.report import headline, open_sample, report_files
from lulc_assets.steps.samples import section_of
from lulc_assets.steps.workbench import Made, Workbench
from lulc_assets.steps.zones import zone_files, zone_identity


def make_region_report(work: Workbench, key: RegionYear) -> Record[ReportProperties]:
    """Report on all maps of a region together.

    Files: ``report.json``, ``metrics.parquet`` and figures; where the project has districts,
    also ``zones.json`` and ``zones.parquet``.

    Raises:
        ProductNotFound: a tile of the region has no map of the year.
    """
    step, tiles = work.step(REGION_REPORT, key), section_of(work, key.region).tiles
    maps = step.read_all(ANNUAL_MAP, [TileYear(tile, key.year) for tile in tiles])
    sample = step.find(REFERENCE_SAMPLE)

    def build(scratch: Path) -> Made[ReportProperties]:
        units = open_sample(work, sample)
        report = build_region_report(
            _parts(work, maps),
            units,
            key=key.region,
            year=key.year,
            legend=work.legend,
            settings=work.project.accuracy,
        ).with_taught({name for record in maps.values() for name in record.properties.taught})
        files = report_files(work, scratch, report, None, sample)
        files |= zone_files(work, scratch, maps, units, key.year)
        return Made(files, headline(report, tiles))

    settings = {
        "accuracy": work.project.accuracy,
        **counted_identity(work, tiles, tiles),
        **zone_identity(work),
    }
    return step.make(settings, build)


def _parts(work: Workbench, maps: Mapping[TileYear, Record[MapProperties]]) -> Iterator[TilePart]:
    tiles = [key.tile for key in maps]
    for key, record in maps.items():
        grid = work.grid(key.tile)
        classes = read_raster(work.open(record, "class.tif"))
        yield TilePart(
            key.tile, classes, counted_pixels(work, key.tile, tiles), pixel_areas_ha(grid), grid
        )
