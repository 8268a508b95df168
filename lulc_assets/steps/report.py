"""Steps of the accuracy and area report of a tile × year.

What belongs here: ``accuracy_area_report``: map and reference sample → figures and metric
table. What does not: samples and regions, which have their own modules, and pages (``pages``).
"""

import json
from pathlib import Path

import numpy as np

from lulc_assets.core.accuracy.build import build_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.figures.accuracy import accuracy_figure, area_figure, confusion_figure
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.metrics.tables import metric_rows, write_metrics
from lulc_assets.core.sampling.sample import ReferenceSample, read_sample
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.counted import beside, counted_identity, counted_pixels
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, REFERENCE_SAMPLE
from lulc_assets.steps.properties import (
    MapProperties,
    OverallAccuracy,
    ReportProperties,
    SampleProperties,
)
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png


def make_accuracy_area_report(work: Workbench, key: TileYear) -> Record[ReportProperties]:
    """Judge the map of a tile and year by its region's reference sample.

    Files: ``report.json``, ``metrics.parquet`` and figures.
    """
    step, grid = work.step(ACCURACY_AREA_REPORT, key), work.grid(key.tile)
    annual_map = step.read(ANNUAL_MAP)
    sample = _find_sample(step)

    def build(scratch: Path) -> Made[ReportProperties]:
        report = build_report(
            scope="tile",
            key=key.tile,
            year=key.year,
            class_map=read_raster(work.open(annual_map, "class.tif")),
            owned=counted_pixels(work, key.tile),
            pixel_areas_ha=pixel_areas_ha(grid),
            grid=grid,
            sample=open_sample(work, sample),
            legend=work.legend,
            settings=work.project.accuracy,
        ).with_taught(annual_map.properties.taught)
        files = report_files(work, scratch, report, annual_map, sample)
        return Made(files, headline(report))

    counted = counted_identity(work, [key.tile], beside(work, key.tile))
    return step.make({"accuracy": work.project.accuracy, **counted}, build)


def _find_sample(step: Step[TileYear, ReportProperties]) -> Record[SampleProperties] | None:
    """The reference sample of the first region that holds the tile and has one."""
    for region in step.work.project.regions_of(step.key.tile):
        record = step.find(REFERENCE_SAMPLE, RegionYear(region, step.key.year))
        if record is not None:
            return record
    return None


def open_sample(work: Workbench, record: Record[SampleProperties] | None) -> ReferenceSample | None:
    """The sample of a record."""
    return None if record is None else read_sample(work.open(record, "sample.parquet"))


def report_files(
    work: Workbench,
    scratch: Path,
    report: AccuracyReport,
    annual_map: Record[MapProperties] | None,
    sample: Record[SampleProperties] | None,
) -> dict[str, Path]:
    """What tile and region reports share: figures, JSON and the metric table.

    Args:
        work: where the step works.
        scratch: folder to write to.
        report: of one map, or of several.
        annual_map: the map, or None where the report is on several.
        sample: the sample that it was judged by.
    """
    (scratch / "report.json").write_bytes(canonical_json(report.to_dict()))
    table = metric_rows(
        report,
        map_digest="several" if annual_map is None else annual_map.digest,
        sample_digest="" if sample is None else sample.digest,
        model_digest="" if annual_map is None else annual_map.properties.bundle,
    )
    confusion = confusion_figure(report.matrix, work.legend, title="Map against reference")
    return {
        "report.json": scratch / "report.json",
        "metrics.parquet": write_metrics(scratch / "metrics.parquet", table),
        "areas.png": write_png(scratch, "areas.png", area_figure(report)),
        "confusion.png": write_png(scratch, "confusion.png", confusion),
        "accuracy.png": write_png(scratch, "accuracy.png", accuracy_figure(report)),
    }


def read_report(work: Workbench, record: Record[ReportProperties]) -> AccuracyReport:
    """The report of a committed tile or region report."""
    return AccuracyReport.from_dict(json.loads(work.open(record, "report.json").read_bytes()))


def headline(report: AccuracyReport, tiles: tuple[str, ...] = ()) -> ReportProperties:
    """The figures that people look for first, as properties of a record."""
    overall = None
    if report.overall is not None and np.isfinite(report.overall.value):
        overall = OverallAccuracy(
            float(report.overall.value),
            float(report.overall.ci_low),
            float(report.overall.ci_high),
        )
    return ReportProperties(
        verdict=report.verdict,
        reason=report.verdict_reason,
        overall_accuracy=overall,
        agreement=None if report.agreement is None else float(report.agreement),
        sample_units=int(report.n_units),
        mapped_ha={c.name: round(float(c.mapped_area_ha), 4) for c in report.classes if c.taught},
        no_data_ha=round(float(report.no_data_area_ha), 4),
        warnings=tuple(report.warnings),
        tiles=tiles,
    )
