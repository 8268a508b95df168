"""Figures of reports as tables: CSV for spreadsheets, a GeoPackage for a GIS.

What belongs here: one row per class, one row per pair of classes. What does not: estimates
(``core/accuracy``), the long table that dbt reads (``core/metrics``).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.figures.formats import NOT_MAPPED
from lulc_assets.core.tables.csv_output import defuse_frame
from lulc_assets.core.whole_files import whole_file

_MEASURES = ("area_ha", "users", "producers", "f1")
_OF_CLASS = (
    "scope", "key", "year", "class_code", "class_name", "title", "parent", "color", "state",
    "mapped_ha",
    *(f"{measure}{part}" for measure in _MEASURES for part in ("", "_ci_low", "_ci_high")),
    "verdict",
)  # fmt: skip


def class_table(reports: Sequence[AccuracyReport], parents: Mapping[str, str]) -> pd.DataFrame:
    """One row per report and class.

    ``mapped_ha`` is empty and ``state`` "not mapped" for a class that the model never learnt.
    Estimates are empty where the report's verdict allows none.

    Args:
        reports: of tiles and regions.
        parents: class name → its group; empty: none.
    """
    rows = []
    for report in reports:
        for one in report.classes:
            row: dict[str, Any] = {
                "scope": report.scope,
                "key": report.key,
                "year": report.year,
                "class_code": one.code,
                "class_name": one.name,
                "title": one.title,
                "parent": parents.get(one.name, ""),
                "color": one.color,
                "state": "mapped" if one.taught else NOT_MAPPED,
                "mapped_ha": one.mapped_area_ha if one.taught else float("nan"),
            }
            for measure in _MEASURES:
                row |= _estimate_cells(measure, getattr(one, measure))
            rows.append({**row, "verdict": report.verdict})
    return pd.DataFrame(rows, columns=list(_OF_CLASS))


def _estimate_cells(column: str, estimate: Estimate | None) -> dict[str, float]:
    nan = float("nan")
    value, low, high = (
        (nan, nan, nan) if estimate is None else (estimate.value, estimate.ci_low, estimate.ci_high)
    )
    return {column: value, f"{column}_ci_low": low, f"{column}_ci_high": high}


def matrix_table(reports: Sequence[AccuracyReport]) -> pd.DataFrame:
    """One row per report, map class and reference class with units; counts, not shares of area."""
    rows = [
        {
            "scope": report.scope,
            "key": report.key,
            "year": report.year,
            "map_class": report.classes[i].title,
            "reference_class": report.classes[j].title,
            "units": int(count),
        }
        for report in reports
        for (i, j), count in _counts(report)
    ]
    columns = ["scope", "key", "year", "map_class", "reference_class", "units"]
    return pd.DataFrame(rows, columns=columns)


def _counts(report: AccuracyReport) -> list[tuple[tuple[int, int], int]]:
    places = zip(*report.matrix.nonzero(), strict=True)
    return [((int(i), int(j)), int(report.matrix[i, j])) for i, j in places]


def write_csv(path: Path, table: pd.DataFrame) -> Path:
    """Write a table that spreadsheets open as UTF-8 and in which nothing is run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, durable=False) as part:
        defuse_frame(table).to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path


def write_tables_package(
    path: Path, area: BaseGeometry, name: str, tables: Mapping[str, pd.DataFrame]
) -> Path:
    """Write a GeoPackage: layer ``area``, the outline in EPSG:4326, and tables without geometry."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, durable=False) as part:
        frame = gpd.GeoDataFrame({"name": [name]}, geometry=[area], crs=4326)
        pyogrio.write_dataframe(frame, part, layer="area", driver="GPKG")
        for layer, table in tables.items():
            pyogrio.write_dataframe(table, part, layer=layer, driver="GPKG", append=True)
    return path
