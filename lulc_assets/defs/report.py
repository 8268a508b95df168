"""Assets of the reports: tile × year, region × year, all metrics, and the set of pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from lulc_assets.defs.imagery import scene_catalog
from lulc_assets.defs.labels import reference_sample
from lulc_assets.defs.maps import annual_map
from lulc_assets.defs.partitions import (
    everything,
    region_from_tiles,
    region_year_of,
    region_years,
    tile_from_regions,
    tile_year_of,
    tile_years,
)
from lulc_assets.defs.policies import METRICS_POOL, OWNERS, emit
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.page_set import write_page_set
from lulc_assets.steps.regions import make_metric_tables, make_region_report
from lulc_assets.steps.report import make_accuracy_area_report


@dg.asset(
    partitions_def=tile_years,
    group_name="report",
    owners=OWNERS,
    output_required=False,
    deps=[
        annual_map,
        scene_catalog,
        dg.AssetDep(reference_sample, partition_mapping=tile_from_regions),
    ],
    kinds={"html", "parquet"},
)
def accuracy_area_report(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Mapped areas, and accuracies and areas estimated from the region's sample, on a page."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_accuracy_area_report(place, *key))


@dg.asset(
    partitions_def=region_years,
    group_name="report",
    owners=OWNERS,
    output_required=False,
    deps=[
        dg.AssetDep(annual_map, partition_mapping=region_from_tiles),
        dg.AssetDep(accuracy_area_report, partition_mapping=region_from_tiles),
        reference_sample,
    ],
    kinds={"html", "parquet"},
)
def region_report(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Error matrix, accuracies and areas of a region × year; each pixel is owned once."""
    place = project.place(context.log.info)
    key = region_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_region_report(place, *key))


_every_report = [
    dg.AssetDep(accuracy_area_report, partition_mapping=everything),
    dg.AssetDep(region_report, partition_mapping=everything),
]


@dg.asset(
    group_name="report",
    owners=OWNERS,
    output_required=False,
    deps=_every_report,
    pool=METRICS_POOL,
    kinds={"parquet"},
)
def metric_tables(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """The metrics of all committed reports in one table, which dbt reads."""
    place = project.place(context.log.info)
    keys = _reported(context.instance)
    yield from emit(context, place, lambda: make_metric_tables(place, *keys))


@dg.asset(group_name="report", owners=OWNERS, deps=_every_report, pool=METRICS_POOL, kinds={"html"})
def report_pages(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> dg.MaterializeResult[Any]:
    """An index of all maps, and a page for each, as files to open in a browser."""
    place = project.place(context.log.info)
    folder = Path(place.project.path_of(place.project.pages))
    index = write_page_set(place, folder, *_reported(context.instance))
    pages = len(list(folder.glob("*.html")))
    return dg.MaterializeResult(metadata={"index": dg.MetadataValue.path(index), "pages": pages})


def _reported(
    instance: dg.DagsterInstance,
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Partitions that have a report of a tile, and of a region."""
    tiles = instance.get_materialized_partitions(accuracy_area_report.key)
    regions = instance.get_materialized_partitions(region_report.key)
    return [tile_year_of(k) for k in tiles], [region_year_of(k) for k in regions]
