"""What a label table must look like, and which error says that it does not.

What belongs here: the pandera schema with its named checks, and their translation into
errors of :mod:`lulc_assets.core.errors`. What does not: reading (``source``), repair
(``mend``, and only where the project asks for it).
"""

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
import shapely

from lulc_assets.core.errors import InvalidGeometry, LabelError, MissingCrs, UnknownClass
from lulc_assets.core.legend_rules import MOST_CLASSES

TRAIN, GOLD, HOLDOUT = "train", "gold", "holdout"
ROLES = (TRAIN, GOLD, HOLDOUT)
"""What a polygon is for: training, the gold standard that judges models, or held out from
both for the accuracy of a map."""

OPTIONAL_COLUMNS = ("tile", "year")
"""Columns that are kept when the source has them: MGRS tile (str) and year (int64)."""

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def _geometry_check(
    name: str, test: Callable[[npt.NDArray[np.object_]], npt.NDArray[np.bool_]]
) -> pa.Check:
    """A check of each geometry that also sees missing and empty ones."""

    def check(series: "pd.Series[Any]") -> "pd.Series[bool]":
        return pd.Series(test(np.asarray(series, dtype=object)), index=series.index)

    return pa.Check(check, name=name, ignore_na=False)


def _is_polygonal(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    return np.isin(shapely.get_type_id(geometries), [int(kind) for kind in _POLYGONAL])


GEOMETRY_CHECKS = (
    _geometry_check("missing", lambda values: ~shapely.is_missing(values)),
    _geometry_check("empty", lambda values: ~shapely.is_empty(values)),
    _geometry_check("not polygonal", _is_polygonal),
    _geometry_check("invalid", shapely.is_valid),
    _geometry_check("of zero area", lambda values: shapely.area(values) > 0),
)
"""In the order in which a defect is named when a geometry has several."""

LABELS = pa.DataFrameSchema(
    {
        "label_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "class_code": pa.Column("uint8", pa.Check.in_range(1, MOST_CLASSES)),
        "role": pa.Column(str, pa.Check.isin(ROLES)),
        "window_id": pa.Column(str),
        "annotator": pa.Column(str),
        "source_order": pa.Column("int64"),
        "tile": pa.Column(str, required=False),
        "year": pa.Column("int64", required=False),
        "geometry": pa.Column(checks=list(GEOMETRY_CHECKS), nullable=True),
    },
    strict=True,
    unique_column_names=True,
    name="labels",
)


_TEXTS = ("label_id", "role", "window_id", "annotator")


def validate_labels(labels: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Return the table if it keeps the schema.

    Args:
        labels: columns ``label_id, class_code, role, window_id, annotator,
            source_order``, maybe ``tile, year``, and ``geometry``.
        where: file or step that made it, for messages.

    Raises:
        MissingCrs: the table has no CRS.
        InvalidGeometry: names label and problem.
        UnknownClass: a code is not in the legend.
        LabelError: anything else that breaks the schema.
    """
    if labels.crs is None:
        raise MissingCrs(
            f"{where}: the labels do not say their coordinate reference system; "
            "set it where they were drawn (a GeoPackage stores it)"
        )
    if labels.empty:  # columns without values have no types to look at
        return labels.astype(dict.fromkeys(_TEXTS, object))
    try:
        LABELS.validate(labels, lazy=True)
    except pa.errors.SchemaErrors as errors:
        raise _named_error(errors.failure_cases, labels, where) from errors
    return labels


def _named_error(cases: pd.DataFrame, labels: gpd.GeoDataFrame, where: str) -> LabelError:
    """The error of the first kind of failure, with the labels it concerns."""
    for check in GEOMETRY_CHECKS:
        rows = cases.loc[(cases["column"] == "geometry") & (cases["check"] == check.name)]
        if len(rows):
            return _geometry_error(str(check.name), rows, labels, where)
    first = cases.iloc[0]
    column, check_name, value = first["column"], first["check"], first["failure_case"]
    if column == "class_code" and str(check_name).startswith("in_range"):
        return UnknownClass(f"{where}: class code {value} is in no legend (1–{MOST_CLASSES})")
    hints: Mapping[str, str] = {
        "label_id": "every label needs an id of its own",
        "role": f"a role is one of {', '.join(ROLES)}",
    }
    hint = hints.get(str(column), "see the label schema")
    label = "" if pd.isna(first["index"]) else f"label {labels['label_id'].get(first['index'])}, "
    return LabelError(
        f"{where}: {label}column {column}, check {check_name!r} fails on {value}; {hint}"
    )


def _geometry_error(
    problem: str, rows: pd.DataFrame, labels: gpd.GeoDataFrame, where: str
) -> InvalidGeometry:
    indices = sorted(rows["index"].tolist())
    label = labels.loc[indices[0]]
    detail = problem
    if problem == "invalid":
        detail = f"invalid ({shapely.is_valid_reason(label.geometry)})"
    elif problem == "not polygonal":
        detail = f"a {label.geometry.geom_type}, not polygonal"
    more = f" ({len(indices)} labels have this problem)" if len(indices) > 1 else ""
    return InvalidGeometry(
        f"{where}: label {label['label_id']}: geometry is {detail}{more}; {_remedy(problem, label)}"
    )


def _remedy(problem: str, label: "pd.Series[Any]") -> str:
    """What helps, and nothing that does not."""
    if problem != "not polygonal":
        return "correct it in the source, or set repair = true to have it mended and reported"
    parts = [part.geom_type for part in shapely.get_parts(label.geometry)]
    if any("Polygon" in part for part in parts):
        return "set repair = true to keep its polygons and have it reported"
    return "labels are areas: draw a polygon or delete it"
