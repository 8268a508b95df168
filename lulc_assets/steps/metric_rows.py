"""Rows of the metric tables, from committed records.

What belongs here: record → rows. What does not: which records are collected (``metrics``), schemas
(``core/metrics``).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from lulc_assets.core.catalog.table import CANDIDATES_SCHEMA, read_candidate_columns
from lulc_assets.core.chips.account import TRAIN, VALIDATION
from lulc_assets.core.metrics.change_tables import ALERT_SCHEMA
from lulc_assets.core.metrics.map_tables import SCENE_SCHEMA
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.alerts import read_alert_table
from lulc_assets.steps.candidates import CANDIDATES_FILE
from lulc_assets.steps.model_history import bundle_of, evaluations_of, kept_candidates
from lulc_assets.steps.properties import (
    AlertProperties,
    BundleProperties,
    CatalogProperties,
    ChangeProperties,
    EvaluationProperties,
    MapProperties,
)
from lulc_assets.steps.workbench import Workbench


def map_row(key: TileYear, record: Record[MapProperties]) -> dict[str, Any]:
    """What a map was made from."""
    known = record.properties
    return {
        "tile": key.tile,
        "year": key.year,
        "scenes": len(known.predictions),
        "datatakes": known.datatakes,
        "failed_scenes": len(known.failed_scenes),
        "newest_date": max((row.date for row in known.predictions), default=""),
        "observations_median": known.observations_median,
        "no_data_pct": known.no_data_pct,
        "mask_overruled_pixels": known.mask_overruled_pixels,
        "sieved_pixels": known.sieved_pixels,
        "map_digest": record.digest,
        "model_digest": known.bundle,
    }


def scene_rows(
    work: Workbench, key: TileYear, record: Record[CatalogProperties], used: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Every candidate scene; ``used`` are the ids of those in the map."""
    in_map = set(used)
    copied = [name for name in SCENE_SCHEMA.columns if name in CANDIDATES_SCHEMA.columns]
    file = work.open(record, CANDIDATES_FILE)
    table = read_candidate_columns(file, [*copied, "datetime"])
    for row in table.to_dict("records"):
        date = row["datetime"]
        yield {
            **{name: row[name] for name in copied},
            "tile": key.tile,
            "year": key.year,
            "date": "" if pd.isna(date) else date.strftime("%Y-%m-%d"),
            "in_map": row["scene_id"] in in_map,
            "catalog_digest": record.digest,
        }


def change_rows(key: TileYear, record: Record[ChangeProperties]) -> Iterator[dict[str, Any]]:
    """Transitions by grade that occur; none where the record only says why."""
    known = record.properties
    for transition in known.transitions:
        for grade, pixels in sorted(transition.pixels.items()):
            if pixels:
                yield {
                    "tile": key.tile,
                    "year": key.year,
                    "from_class": transition.from_class,
                    "to_class": transition.to_class,
                    "grade": grade,
                    "pixels": pixels,
                    "area_ha": round(pixels * known.grid.pixel_ha, 4),
                    "change_digest": record.digest,
                    "model_digest": known.bundle,
                }


def alert_rows(
    work: Workbench, key: TileYear, record: Record[AlertProperties]
) -> Iterator[dict[str, Any]]:
    """Every alert of a year; none where the record only says why."""
    table = read_alert_table(work, record)
    if table is None:
        return
    copied = [name for name in ALERT_SCHEMA.columns if name in table.columns]
    for row in table[copied].to_dict("records"):
        plain = {name: "" if pd.isna(value) else value for name, value in row.items()}
        dates = {name: str(plain[name])[:10] for name in copied if name.endswith("_on")}
        yield {
            **plain,
            **dates,
            "tile": key.tile,
            "year": key.year,
            "alerts_digest": record.digest,
        }


def training_rows(
    work: Workbench, in_use: Record[BundleProperties] | None
) -> Iterator[dict[str, Any]]:
    """Every training of a model of the maps, oldest first, with its last verdict.

    Args:
        work: where the history is.
        in_use: the bundle that predictions use now.
    """
    used = "" if in_use is None else in_use.properties.candidate
    for number, candidate in enumerate(kept_candidates(work), start=1):
        known, judged = candidate.properties, evaluations_of(work, candidate.digest)
        last = judged[-1].properties if judged else None
        bundle = bundle_of(work, candidate.digest)
        yield {
            "training": number,
            "candidate_digest": candidate.digest,
            "epochs": known.epochs,
            "best_epoch": known.best_epoch,
            "training_chips": known.chips.get(TRAIN, 0),
            "validation_chips": known.chips.get(VALIDATION, 0),
            "validation_accuracy": known.validation_accuracy,
            "calibration_error_before": known.calibration_error_before,
            "calibration_error_after": known.calibration_error_after,
            "classes_taught": len(known.taught),
            "verdict": _verdict(last),
            "reason": "" if last is None else last.reason,
            "gold_agreement": None if last is None else last.gold_agreement,
            "gold_pixels": None if last is None else last.gold_pixels,
            "gold_windows": None if last is None else last.gold_windows,
            "in_use": candidate.digest == used,
            "bundle_digest": "" if bundle is None else bundle.digest,
            "settings": canonical_json(candidate.basis.settings).decode(),
        }


def _verdict(judged: EvaluationProperties | None) -> str:
    if judged is None:
        return "not judged"
    return "promoted" if judged.promote else "refused"
