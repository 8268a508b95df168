"""Steps of the accuracy and area report of a tile × year.

What belongs here: ``accuracy_area_report``: map and reference sample → figures, metric
table and page. Samples and regions have their own modules.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.build import build_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.figures.accuracy import (
    accuracy_figure,
    area_figure,
    confusion_figure,
)
from lulc_assets.core.grid import owned_mask, pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.metrics.tables import metric_rows, write_metrics
from lulc_assets.core.pages.content import TilePage
from lulc_assets.core.pages.rendering import render_tile_page
from lulc_assets.core.pages.report_views import name_design
from lulc_assets.core.pages.scene_rows import list_scenes
from lulc_assets.core.sampling.sample import ReferenceSample, read_sample
from lulc_assets.core.store.records import Record, canonical_json
from lulc_assets.steps.candidates import open_candidates
from lulc_assets.steps.making import Made, Place, write_png
from lulc_assets.steps.pictures import scene_thumbnails, true_color_composite


def find_sample(place: Place, tile: str, year: int) -> Record | None:
    """The reference sample of the first region that holds the tile and has one."""
    for region in place.project.regions_of(tile):
        record = place.find("reference_sample", region, year)
        if record is not None:
            return record
    return None


def open_sample(place: Place, record: Record | None) -> ReferenceSample | None:
    """The sample of a record."""
    return None if record is None else read_sample(place.open(record, "sample.parquet"))


def make_accuracy_area_report(place: Place, tile: str, year: int) -> Record:
    """Judge the map of a tile and year by its region's reference sample.

    Files: ``report.json``, ``metrics.parquet``, ``page.html`` (self-contained) and figures.
    """
    annual_map = place.record("annual_map", tile, year)
    catalog = place.record("scene_catalog", tile, year)
    sample_record = find_sample(place, tile, year)
    settings = place.project.accuracy
    identity = {
        "annual_map": annual_map.digest,
        "scene_catalog": catalog.digest,
        "reference_sample": "" if sample_record is None else sample_record.digest,
        "accuracy": vars(settings),
        "place": place.project.tiles[tile].place,
        "attribution": place.project.attribution,
    }

    def build(scratch: Path) -> Made:
        grid = place.grid(tile)
        classes = read_raster(place.open(annual_map, "class.tif"))
        report = build_report(
            scope="tile",
            key=tile,
            year=year,
            class_map=classes,
            owned=owned_mask(tile, grid),
            pixel_areas_ha=pixel_areas_ha(grid),
            grid=grid,
            sample=open_sample(place, sample_record),
            legend=place.legend,
            settings=settings,
        )
        files = report_files(place, scratch, report, annual_map, sample_record)
        candidates = open_candidates(place, catalog)
        provenance = _provenance(place, report, annual_map, catalog, sample_record)
        page = _page(place, report, candidates, classes, provenance)
        files["page.html"] = scratch / "page.html"
        files["page.html"].write_text(page)
        return Made(files, headline(report))

    return place.make(("accuracy_area_report", tile, year), identity, build)


def report_files(
    place: Place, scratch: Path, report: AccuracyReport, maps: Record | None, sample: Record | None
) -> dict[str, Path]:
    """What tile and region reports share: figures, JSON and the metric table.

    Args:
        place: where the step works.
        scratch: folder to write to.
        report: of one map, or of several.
        maps: the map, or None where the report is on several.
        sample: the sample that it was judged by.
    """
    (scratch / "report.json").write_bytes(canonical_json(report.to_dict()))
    table = metric_rows(
        report,
        map_digest="several" if maps is None else maps.digest,
        sample_digest="" if sample is None else sample.digest,
        model_digest="" if maps is None else str(maps.properties["bundle"]),
    )
    confusion = confusion_figure(report.matrix, place.legend, title="Map against reference")
    return {
        "report.json": scratch / "report.json",
        "metrics.parquet": write_metrics(scratch / "metrics.parquet", table),
        "areas.png": write_png(scratch, "areas.png", area_figure(report)),
        "confusion.png": write_png(scratch, "confusion.png", confusion),
        "accuracy.png": write_png(scratch, "accuracy.png", accuracy_figure(report)),
    }


def read_report(place: Place, record: Record) -> AccuracyReport:
    """The report of a committed tile or region report."""
    return AccuracyReport.from_dict(json.loads(place.open(record, "report.json").read_bytes()))


def headline(report: AccuracyReport) -> dict[str, object]:
    """The figures that people look for first, as properties of a record."""
    overall = None
    if report.overall is not None and np.isfinite(report.overall.value):
        overall = {
            "estimate": report.overall.value,
            "ci95_low": report.overall.ci_low,
            "ci95_high": report.overall.ci_high,
        }
    return {
        "verdict": report.verdict,
        "reason": report.verdict_reason,
        "overall_accuracy": overall,
        "agreement": report.agreement,
        "sample_units": report.n_units,
        "mapped_ha": {c.name: round(c.mapped_area_ha, 4) for c in report.classes},
        "no_data_ha": round(report.no_data_area_ha, 4),
        "warnings": list(report.warnings),
    }


def _provenance(
    place: Place,
    report: AccuracyReport,
    annual_map: Record,
    catalog: Record,
    sample: Record | None,
) -> dict[str, str]:
    """What a map was made from, as its own record says, and what judged it."""
    grid = place.grid(report.key)
    found = {
        "Annual map": annual_map.digest,
        "Scene predictions": str(annual_map.identity["predictions"]),
        "Model bundle": str(annual_map.properties["bundle"]),
        "Scene catalogue": catalog.digest,
        "Reference sample": "none" if sample is None else sample.digest,
        "Sampling design": name_design(report),
        "Grid": f"EPSG:{grid.epsg}, {grid.pixel_m:g} m",
        "Legend": f"{place.legend.name} {place.legend.digest}",
    }
    failed = annual_map.properties["failed_scenes"]
    if failed:
        found["Scenes that could not be read"] = "; ".join(
            f"{scene}: {error}" for scene, error in sorted(failed.items())
        )
    return found


def _page(
    place: Place,
    report: AccuracyReport,
    candidates: gpd.GeoDataFrame,
    classes: npt.NDArray[np.uint8],
    provenance: Mapping[str, str],
) -> str:
    tile = report.key
    return render_tile_page(
        TilePage(
            tile=tile,
            year=report.year,
            place=place.project.tiles[tile].place,
            class_map=classes,
            true_color=true_color_composite(place, tile, candidates),
            grid=place.grid(tile),
            report=report,
            scenes=list_scenes(candidates, scene_thumbnails(place, tile, candidates)),
            provenance=provenance,
            legend=place.legend,
            attribution=place.project.attribution,
        )
    )
