"""The long metric table: one figure per row, one Parquet file per map.

What belongs here: the table's schema, its rows from an accuracy report, and its
deterministic Parquet form. What does not: SQL over many files (``dbt_metrics``).
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq

from lulc_assets.core.accuracy.report import SCOPES, VERDICTS, AccuracyReport, ClassFigures
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.metrics.parquet import validate_table, write_table
from lulc_assets.core.sampling.design import DESIGNS

METRICS = (
    "overall_accuracy",
    "users_accuracy",
    "producers_accuracy",
    "f1",
    "area",
    "mapped_area",
    "agreement",
    "confusion",
    "no_data_area",
    "design_effect",
    "unusable_units",
    "missing_share",
    "overall_accuracy_at_worst",
    "overall_accuracy_at_best",
    "area_at_least",
    "area_at_most",
)
UNITS = ("share", "ha", "count", "ratio")
_ROUNDING = 1e-9
_FORMER_LEVEL = 0.95

_IDENTITY = ["scope", "key", "year", "metric", "class_name", "reference_class"]


def _number(*, whole: bool = False, nullable: bool = False) -> pa.Column:
    return pa.Column("int64" if whole else "float64", pa.Check.ge(0), nullable=nullable)


METRIC_SCHEMA = pa.DataFrameSchema(
    {
        "scope": pa.Column(str, pa.Check.isin(SCOPES)),
        "key": pa.Column(str, pa.Check.str_length(min_value=1)),
        "year": pa.Column("int64", pa.Check.ge(2015)),
        "design": pa.Column(str, pa.Check.isin(DESIGNS)),
        "verdict": pa.Column(str, pa.Check.isin(VERDICTS)),
        "metric": pa.Column(str, pa.Check.isin(METRICS)),
        "class_name": pa.Column(str),
        "reference_class": pa.Column(str),
        "estimate": _number(nullable=True),
        "se": _number(nullable=True),
        "ci_low": _number(nullable=True),
        "ci_high": _number(nullable=True),
        "ci_level": _number(nullable=True),
        "unit": pa.Column(str, pa.Check.isin(UNITS)),
        "n_units": _number(whole=True),
        "map_digest": pa.Column(str, pa.Check.str_length(min_value=1)),
        "sample_digest": pa.Column(str),
        "model_digest": pa.Column(str),
    },
    checks=[
        pa.Check(
            lambda df: df["ci_low"].isna() | (df["ci_low"] <= df["estimate"] * (1 + _ROUNDING)),
            name="ci_low_below_estimate",
        ),
        pa.Check(
            lambda df: df["ci_high"].isna() | (df["ci_high"] * (1 + _ROUNDING) >= df["estimate"]),
            name="ci_high_above_estimate",
        ),
        pa.Check(
            lambda df: (df["unit"] != "share") | df["estimate"].isna() | (df["estimate"] <= 1),
            name="shares_at_most_one",
        ),
    ],
    unique=_IDENTITY,
    strict=True,
    ordered=True,
    name="metric table",
)
"""Columns in order. Text that does not apply is empty, numbers are null.

``estimate``, ``se`` and the interval are in ``unit``, ``ci_level`` is the interval's level of
confidence; in a confusion row ``class_name`` is
the map's class, ``reference_class`` the reference's and ``estimate`` a count of units.
``missing_share`` is the share of the mapped area behind units that nobody could interpret;
``…_at_worst``, ``…_at_best``, ``area_at_least`` and ``area_at_most`` bound the estimate
whatever those units are, before sampling error.
"""


def metric_rows(
    report: AccuracyReport, *, map_digest: str, sample_digest: str, model_digest: str
) -> pd.DataFrame:
    """Every figure of a report as a row of :data:`METRIC_SCHEMA`.

    Figures that the verdict rules out have no row; figures that cannot be estimated (NaN)
    have a row without numbers. Confusion rows are the cells of the matrix that hold units.

    Args:
        report: of one map.
        map_digest: of the map's commit record.
        sample_digest: of the sample, empty where there is none.
        model_digest: of the bundle behind the map, empty where several or none.

    Raises:
        InvalidProduct: the figures break the schema.
    """
    shared = {
        "scope": report.scope,
        "key": report.key,
        "year": report.year,
        "design": report.design,
        "verdict": report.verdict,
        "map_digest": map_digest,
        "sample_digest": sample_digest,
        "model_digest": model_digest,
    }
    rows = [{**shared, **row} for row in _figures(report)]
    return validate_metrics(pd.DataFrame(rows, columns=list(METRIC_SCHEMA.columns)))


def validate_metrics(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its column types; raises as :func:`validate_table`."""
    return validate_table(table, METRIC_SCHEMA)


def write_metrics(path: Path, table: pd.DataFrame) -> Path:
    """Write a metric table as Parquet; raises as :func:`write_table`."""
    return write_table(path, table, METRIC_SCHEMA)


def read_metrics(paths: Sequence[Path]) -> pd.DataFrame:
    """Read and validate what :func:`write_metrics` wrote, also in former versions, as one table.

    All are validated at once: a schema takes as long for a file as for a hundred of them.

    Raises:
        ProductCorrupt: a file is missing or no Parquet file.
        InvalidProduct: rows break the schema, or columns are of no version that this one knows.
    """
    tables = [_read_table(path) for path in paths]
    if not tables:
        return validate_metrics(pd.DataFrame(columns=list(METRIC_SCHEMA.columns)))
    try:
        return validate_metrics(pd.concat(tables, ignore_index=True))
    except InvalidProduct:
        for path, table in zip(paths, tables, strict=True):
            try:
                validate_metrics(table)
            except InvalidProduct as error:
                raise InvalidProduct(f"{path}: {error}") from error
        raise  # each for itself is right: rows of two files are the same


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pq.ParquetFile(path).read().to_pandas()
    except (OSError, arrow.ArrowException) as error:
        raise ProductCorrupt(f"{path}: cannot be read as a metric table: {error}") from error
    table = _of_former_version(table)
    if odd := sorted(set(table.columns) ^ set(METRIC_SCHEMA.columns)):
        raise InvalidProduct(
            f"{path}: a metric table of another version, which differs in {', '.join(odd)}; "
            "materialize its report again"
        )
    return table


def _of_former_version(table: pd.DataFrame) -> pd.DataFrame:
    """With the columns of today, where the file says all that they need.

    The first version had intervals of 95 % in columns named after it.
    """
    if not {"ci95_low", "ci95_high"} <= set(table.columns):
        return table
    renamed = table.rename(columns={"ci95_low": "ci_low", "ci95_high": "ci_high"})
    level = renamed["ci_low"].where(renamed["ci_low"].isna(), _FORMER_LEVEL)
    return renamed.assign(ci_level=level)[list(METRIC_SCHEMA.columns)]


def _figures(report: AccuracyReport) -> Iterator[dict[str, Any]]:
    if report.overall is not None:
        yield _estimated("overall_accuracy", "", report.overall, "share")
    if report.agreement is not None:
        yield _plain("agreement", report.agreement, "share", report.n_units)
    yield _plain("no_data_area", report.no_data_area_ha, "ha", report.n_units)
    yield _plain("unusable_units", report.n_unusable, "count", report.n_units)
    if report.design_effect is not None:
        yield _plain("design_effect", report.design_effect, "ratio", report.n_units)
    if report.overall is not None:
        yield from _bounds(report)
    for figures in report.classes:
        yield from _class_figures(figures)
    for i, j in np.argwhere(report.matrix > 0):
        yield {
            **_plain("confusion", float(report.matrix[i, j]), "count", report.n_units),
            "class_name": report.classes[i].name,
            "reference_class": report.classes[j].name,
        }


def _bounds(report: AccuracyReport) -> Iterator[dict[str, Any]]:
    """How much units without interpretation could change; nothing but a share of 0 without."""
    missing = report.missing
    if missing is None:
        yield _plain("missing_share", 0.0, "share", 0)
        return
    yield _plain("missing_share", missing.share, "share", missing.n)
    yield _plain("overall_accuracy_at_worst", missing.overall_low, "share", missing.n)
    yield _plain("overall_accuracy_at_best", missing.overall_high, "share", missing.n)
    for figures, low, high in zip(
        report.classes, missing.areas_low_ha, missing.areas_high_ha, strict=True
    ):
        yield {**_plain("area_at_least", low, "ha", missing.n), "class_name": figures.name}
        yield {**_plain("area_at_most", high, "ha", missing.n), "class_name": figures.name}


def _class_figures(figures: ClassFigures) -> Iterator[dict[str, Any]]:
    if figures.taught:  # no row: not mapped is not 0 ha
        mapped = _plain("mapped_area", figures.mapped_area_ha, "ha", 0)
        yield {**mapped, "class_name": figures.name}
    for metric, estimate, unit in (
        ("area", figures.area_ha, "ha"),
        ("users_accuracy", figures.users, "share"),
        ("producers_accuracy", figures.producers, "share"),
        ("f1", figures.f1, "share"),
    ):
        if estimate is not None:
            yield _estimated(metric, figures.name, estimate, unit)


def _plain(metric: str, value: float, unit: str, n_units: int) -> dict[str, Any]:
    """A counted figure: no standard error, no interval."""
    counted = Estimate(value, math.nan, math.nan, math.nan, n_units)
    return _estimated(metric, "", counted, unit)


def _estimated(metric: str, class_name: str, estimate: Estimate, unit: str) -> dict[str, Any]:
    return {
        "metric": metric,
        "class_name": class_name,
        "reference_class": "",
        "estimate": estimate.value,
        "se": estimate.se,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "ci_level": estimate.level if math.isfinite(estimate.ci_low) else math.nan,
        "unit": unit,
        "n_units": estimate.n,
    }
