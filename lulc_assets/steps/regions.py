"""Steps of a region and of all metrics together.

What belongs here: ``region_report`` (each pixel owned once) and ``metric_tables``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from lulc_assets.core.accuracy.build import build_region_report
from lulc_assets.core.figures.quicklook import class_thumbnail
from lulc_assets.core.grid import owned_mask, pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.metrics.tables import read_metrics, write_metrics
from lulc_assets.core.pages.content import MapCard, RegionPage
from lulc_assets.core.pages.rendering import render_region_page
from lulc_assets.core.pages.report_views import name_design
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.store.records import Record
from lulc_assets.steps.making import Made, Place
from lulc_assets.steps.report import headline, open_sample, read_report, report_files
from lulc_assets.steps.samples import section_of


def make_region_report(place: Place, region: str, year: int) -> Record:
    """Report on all maps of a region together.

    Files: ``report.json``, ``metrics.parquet``, ``page.html`` and figures.

    Raises:
        ProductNotFound: a tile of the region has no map or report of the year.
    """
    tiles = section_of(place, region).tiles
    maps = {tile: place.record("annual_map", tile, year) for tile in tiles}
    reports = {tile: place.record("accuracy_area_report", tile, year) for tile in tiles}
    sample_record = place.find("reference_sample", region, year)
    settings = place.project.accuracy
    identity = {
        "annual_maps": {tile: record.digest for tile, record in maps.items()},
        "reports": {tile: record.digest for tile, record in reports.items()},
        "reference_sample": "" if sample_record is None else sample_record.digest,
        "accuracy": vars(settings),
        "attribution": place.project.attribution,
    }

    def build(scratch: Path) -> Made:
        report = build_region_report(
            _parts(place, maps),
            open_sample(place, sample_record),
            key=region,
            year=year,
            legend=place.legend,
            settings=settings,
        )
        files = report_files(place, scratch, report, None, sample_record)
        page = RegionPage(
            region=region,
            year=year,
            title=region,
            report=report,
            tiles=[map_card(place, tile, year) for tile in tiles],
            provenance={
                **{f"Map of {tile}": record.digest for tile, record in maps.items()},
                "Reference sample": "none" if sample_record is None else sample_record.digest,
                "Sampling design": name_design(report),
            },
            legend=place.legend,
            attribution=place.project.attribution,
        )
        files["page.html"] = scratch / "page.html"
        files["page.html"].write_text(render_region_page(page))
        return Made(files, {**headline(report), "tiles": list(tiles)})

    return place.make(("region_report", region, year), identity, build)


def _parts(place: Place, maps: dict[str, Record]) -> Iterator[TilePart]:
    for tile, record in maps.items():
        grid = place.grid(tile)
        classes = read_raster(place.open(record, "class.tif"))
        yield TilePart(tile, classes, owned_mask(tile, grid), pixel_areas_ha(grid), grid)


def page_name(asset: str, key: str, year: int) -> str:
    """File name of a page in a set of pages."""
    prefix = {"region_report": "region_", "label_quality": "labels_"}.get(asset, "")
    return f"{prefix}{key}_{year}.html"


def map_card(place: Place, tile: str, year: int) -> MapCard:
    """The card of a tile × year on an index or region page."""
    annual_map = place.record("annual_map", tile, year)
    catalog = place.record("scene_catalog", tile, year)
    used = len(annual_map.properties["scenes"])
    return MapCard(
        tile=tile,
        year=year,
        place=place.project.tiles[tile].place,
        href=page_name("accuracy_area_report", tile, year),
        thumbnail=class_thumbnail(
            read_raster(place.open(annual_map, "class.tif")), place.legend
        ),
        report=read_report(place, place.record("accuracy_area_report", tile, year)),
        scenes_used=used,
        scenes_left_out=int(catalog.properties["candidates"]) - used,
    )  # fmt: skip


def make_metric_tables(
    place: Place, tiles: Iterable[tuple[str, int]], regions: Iterable[tuple[str, int]]
) -> Record:
    """Collect the metric tables of committed reports into one Parquet file for dbt.

    Args:
        place: where the step works.
        tiles: registered (tile, year) pairs; those without a report are passed over.
        regions: the same of (region, year).
    """
    keys = [("accuracy_area_report", *key) for key in tiles]
    keys += [("region_report", *key) for key in regions]
    found = {key: place.find(*key) for key in sorted(keys)}
    records = [record for record in found.values() if record is not None]
    identity = {"reports": {record.product: record.digest for record in records}}

    def build(scratch: Path) -> Made:
        tables = [read_metrics(place.open(r, "metrics.parquet")) for r in records]
        joined = pd.concat(tables, ignore_index=True) if tables else None
        files = {}
        if joined is not None:
            files["metrics.parquet"] = write_metrics(scratch / "metrics.parquet", joined)
        rows = 0 if joined is None else len(joined)
        return Made(files, {"reports": [r.product for r in records], "rows": rows})

    return place.make(("metric_tables",), identity, build)
