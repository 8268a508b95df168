"""``summary.json`` of a demo: what each map says, beside the truth where it is known.

What belongs here: judging with the truth of a simulated archive, which nothing that makes
maps ever reads.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.whole_files import whole_file
from lulc_assets.project import Project
from lulc_assets.running.plan import JobRun
from lulc_assets.running.runs import find_run
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, SCENE_CATALOG
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench


@dataclass(frozen=True)
class Truth:
    """The truth of a simulated archive.

    Attributes:
        folder: ``truth`` of the archive.
    """

    folder: Path

    def class_map(self, tile: str, year: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """True codes, shape of the tile's grid, uint8."""
        return read_raster(self.folder / tile / str(year) / "class.tif")


def write_summary(
    path: Path,
    project: Project,
    mapped: Sequence[JobRun],
    instance: dg.DagsterInstance,
    inputs: str,
    truth: Truth | None,
) -> dict[str, Any]:
    """Write and return the summary: a list ``partitions``, one per tile × year.

    Args:
        path: target.
        project: whose maps these are.
        mapped: the jobs that made the maps.
        instance: knows how long their steps took.
        inputs: digest of the runs' inputs.
        truth: None where it is not known; the figures are then null.
    """
    work = Workbench.of(project)
    partitions = []
    for job in mapped:
        key = TileYear.of_partition(str(job.partition))
        seconds = _seconds_by_stage(instance, find_run(instance, job, inputs))
        partitions.append({**_summarise(work, key, truth), "seconds_by_stage": seconds})
    summary = {"project": project.name, "partitions": partitions}
    with whole_file(path) as part:
        part.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return summary


def _summarise(work: Workbench, key: TileYear, truth: Truth | None) -> dict[str, Any]:
    annual_map = work.read(ANNUAL_MAP, key)
    catalog = work.read(SCENE_CATALOG, key)
    report = read_report(work, work.read(ACCURACY_AREA_REPORT, key))
    true_areas = {} if truth is None else _true_areas(work, truth, key)
    used = len(annual_map.properties.predictions)
    return {
        "tile": key.tile,
        "year": key.year,
        "map_sha256": annual_map.files["class.tif"].sha256,
        "verdict": report.verdict,
        "overall_accuracy_sample": _value(report.overall),
        "overall_accuracy_ci95": _interval(report.overall),
        "agreement": report.agreement,
        "overall_accuracy_truth": None if truth is None else _true_accuracy(work, truth, key),
        "classes": _classes(report, true_areas),
        "scenes_used": used,
        "scenes_left_out": catalog.properties.candidates - used,
    }


def _classes(report: AccuracyReport, true_areas: dict[str, float]) -> dict[str, Any]:
    found = {}
    for figures in report.classes:
        low, high = _interval(figures.area_ha) or (None, None)
        found[figures.name] = {
            "mapped_area_ha": figures.mapped_area_ha,
            "area_ha": _value(figures.area_ha),
            "ci95_low": low,
            "ci95_high": high,
            "true_area_ha": true_areas.get(figures.name),
            "users": _value(figures.users),
            "producers": _value(figures.producers),
        }
    return found


def _true_accuracy(work: Workbench, truth: Truth, key: TileYear) -> float | None:
    """Share of the counted, mapped pixels that have the true class."""
    classes = read_raster(work.open(work.read(ANNUAL_MAP, key), "class.tif"))
    judged = counted_pixels(work, key.tile) & (classes > 0)
    if not judged.any():
        return None
    return float((classes == truth.class_map(key.tile, key.year))[judged].mean())


def _true_areas(work: Workbench, truth: Truth, key: TileYear) -> dict[str, float]:
    """True area of each class on the tile's counted pixels, hectares."""
    counted = counted_pixels(work, key.tile)
    codes = truth.class_map(key.tile, key.year)[counted]
    areas = np.bincount(codes, pixel_areas_ha(work.grid(key.tile))[counted], minlength=256)
    return {each.name: float(areas[each.code]) for each in work.legend.land}


def _value(estimate: Estimate | None) -> float | None:
    known = estimate is not None and np.isfinite(estimate.value)
    return float(estimate.value) if estimate is not None and known else None


def _interval(estimate: Estimate | None) -> list[float] | None:
    if estimate is None or not np.isfinite([estimate.ci_low, estimate.ci_high]).all():
        return None
    return [float(estimate.ci_low), float(estimate.ci_high)]


def _seconds_by_stage(instance: dg.DagsterInstance, run_id: str | None) -> dict[str, float]:
    """Duration of each asset's steps, seconds."""
    seconds: dict[str, float] = {}
    for stats in instance.get_run_step_stats(run_id) if run_id else []:
        if stats.start_time is not None and stats.end_time is not None:
            asset = stats.step_key.split(".")[0]
            took = stats.end_time - stats.start_time
            seconds[asset] = round(seconds.get(asset, 0.0) + took, 2)
    return seconds
