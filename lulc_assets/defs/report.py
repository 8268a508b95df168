"""Assets of the reports: tile × year, region × year, all metrics, and the set of pages."""

from pathlib import Path

from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.defs.map_facts import Facts, facts_of_maps, write_costs
from lulc_assets.defs.policies import METRICS_POOL
from lulc_assets.steps.metrics import make_metric_tables
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    LABEL_QUALITY,
    METRIC_TABLES,
    REGION_REPORT,
    REPORT_PAGES,
)
from lulc_assets.steps.properties import PagesProperties, ReportProperties, TablesProperties
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.report import make_accuracy_area_report
from lulc_assets.steps.workbench import Workbench


@product_asset(ACCURACY_AREA_REPORT, group="report", kinds={"parquet"})
def accuracy_area_report(work: Workbench, key: TileYear) -> Record[ReportProperties]:
    """Mapped areas, and accuracies and areas estimated from the region's sample."""
    return make_accuracy_area_report(work, key)


@product_asset(REGION_REPORT, group="report", kinds={"parquet"})
def region_report(work: Workbench, key: RegionYear) -> Record[ReportProperties]:
    """Error matrix, accuracies and areas of a region × year; each pixel is owned once."""
    return make_region_report(work, key)


@product_asset(
    METRIC_TABLES,
    group="report",
    kinds={"parquet"},
    pool=METRICS_POOL,
    collects=(ACCURACY_AREA_REPORT, REGION_REPORT),
)
def metric_tables(
    work: Workbench, _: Whole, tiles: list[TileYear], regions: list[RegionYear]
) -> Record[TablesProperties]:
    """The metrics of all committed reports in one table, which dbt reads."""
    return make_metric_tables(work, tiles, regions)


@product_asset(
    REPORT_PAGES,
    group="report",
    kinds={"html"},
    pool=METRICS_POOL,
    collects=(ACCURACY_AREA_REPORT, REGION_REPORT, LABEL_QUALITY),
    tells=facts_of_maps,
)
def report_pages(
    work: Workbench,
    _: Whole,
    tiles: list[TileYear],
    regions: list[RegionYear],
    labels: list[TileYear],
    facts: Facts,
) -> Record[PagesProperties]:
    """An index of all maps, and a page for each, as files to open in a browser."""
    folder = Path(work.project.path_of(work.project.pages))
    copies = work.project.copies("pages")
    copies.bring(folder)
    record = make_report_pages(
        work, folder, {*tiles, *labels}, regions, told=facts.told, costs=facts.rates
    )
    costs = write_costs(folder, facts)
    copies.send(folder, [*(row.file for row in record.properties.pages), costs.name])
    return record
