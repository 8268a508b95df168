"""Where labels come from: files of polygons in any CRS and vocabulary.

What belongs here: reading a source, translating its classes, giving ids and roles. What
does not: the schema (``schema``), cutting to a tile (``table``), burning (``burn``).
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.crosswalks import find_crosswalk
from lulc_assets.core.errors import LabelError, MissingCrs, UnknownClass
from lulc_assets.core.labels.roles import draw_roles
from lulc_assets.core.labels.schema import (
    OPTIONAL_COLUMNS,
    TRAIN,
    validate_labels,
)

DROPPED = "dropped_unlabelled"
"""Key in ``GeoDataFrame.attrs``: polygons whose class the crosswalk leaves unlabelled."""

_PARQUET_SUFFIXES = (".parquet", ".geoparquet")


@dataclass(frozen=True)
class LabelSource:
    """A file of label polygons and how to understand it.

    Attributes:
        path: GeoPackage, GeoJSON, shapefile or GeoParquet.
        class_column: column that holds the foreign class.
        crosswalk: name of the crosswalk that translates it.
        layer: layer in a GeoPackage; None: its only one.
        role_column: column with ``train``, ``gold`` or ``holdout``; None: roles are drawn.
        holdout_share: of each class's area, kept back to judge a map, when drawn.
        gold_share: of each class's area, kept back to judge models, when drawn.
        seed: of the draw.
    """

    path: str
    class_column: str
    crosswalk: str
    layer: str | None = None
    role_column: str | None = None
    holdout_share: float = 0.0
    gold_share: float = 0.0
    seed: int = 0


def read_labels(source: LabelSource) -> gpd.GeoDataFrame:
    """Read, translate and validate the polygons of a source.

    A polygon whose class translates to 0 is dropped and counted in
    ``attrs["dropped_unlabelled"]``. A missing ``label_id`` becomes the file's name and the
    polygon's number in it. Columns ``window_id``, ``tile`` and ``year`` are kept.

    Returns:
        Columns ``label_id`` (str, unique), ``class_code`` (uint8, 1–10), ``role`` (str),
        ``window_id`` (str, maybe empty), ``tile`` and ``year`` where the source has them,
        ``geometry`` (polygonal, valid); in the source's CRS, in the order of the file.

    Raises:
        LabelError: the file is missing or unreadable, a column is missing, an id is double.
        MissingCrs: the file has no CRS.
        UnknownClass: a class is not in the crosswalk; the message names value and file.
        InvalidGeometry: the message names label and problem.
    """
    raw = _open(source)
    if raw.crs is None:
        raise MissingCrs(
            f"{source.path}: the labels do not say their coordinate reference system; "
            "set it where they were drawn (a GeoPackage stores it)"
        )
    _require_columns(raw, source)
    codes = _translate(raw, source)
    table = gpd.GeoDataFrame(
        {
            "label_id": _label_ids(raw, source),
            "class_code": codes,
            "role": TRAIN,
            "window_id": _texts(raw, "window_id"),
            **_optional_columns(raw, source),
        },
        geometry=gpd.GeoSeries(raw.geometry.to_numpy(), crs=raw.crs),
        crs=raw.crs,
    )
    kept = table.loc[codes != 0].reset_index(drop=True)
    if source.role_column is not None:
        kept["role"] = raw.loc[codes != 0, source.role_column].astype(str).to_numpy(dtype=object)
    validate_labels(kept, source.path)
    if source.role_column is None:
        kept = with_drawn_roles(kept, source)
    kept.attrs[DROPPED] = int((codes == 0).sum())
    return kept


def _open(source: LabelSource) -> gpd.GeoDataFrame:
    path = Path(source.path)
    if not path.is_file():
        raise LabelError(f"label file {source.path} does not exist; check the label source")
    try:
        if path.suffix.lower() in _PARQUET_SUFFIXES:
            frame = gpd.read_parquet(path)
        else:
            frame = gpd.read_file(path, layer=source.layer)
    except Exception as error:  # pyogrio, pyarrow and GDAL share no base class
        raise LabelError(
            f"label file {source.path} cannot be read as vector data: {error}"
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LabelError(f"label file {source.path} has no geometry column")
    return frame.reset_index(drop=True)


def _require_columns(raw: gpd.GeoDataFrame, source: LabelSource) -> None:
    for column in (source.class_column, source.role_column):
        if column is not None and column not in raw.columns:
            known = ", ".join(c for c in raw.columns if c != raw.geometry.name)
            raise LabelError(f"{source.path} has no column {column!r}; it has {known}")


def _translate(raw: gpd.GeoDataFrame, source: LabelSource) -> npt.NDArray[np.uint8]:
    crosswalk = find_crosswalk(source.crosswalk)
    try:
        return crosswalk.translate(raw[source.class_column])
    except UnknownClass as error:
        raise UnknownClass(f"{source.path}, column {source.class_column}: {error}") from error


def _label_ids(raw: gpd.GeoDataFrame, source: LabelSource) -> list[str]:
    if "label_id" in raw.columns:
        return [str(value) for value in raw["label_id"]]
    stem = Path(source.path).stem
    return [f"{stem}-{number:06d}" for number in range(1, len(raw) + 1)]


def _texts(raw: gpd.GeoDataFrame, column: str) -> list[str]:
    if column not in raw.columns:
        return [""] * len(raw)
    return ["" if pd.isna(value) else str(value) for value in raw[column]]


def _optional_columns(raw: gpd.GeoDataFrame, source: LabelSource) -> dict[str, object]:
    columns: dict[str, object] = {}
    for name in OPTIONAL_COLUMNS:
        if name not in raw.columns:
            continue
        if raw[name].isna().any():
            raise LabelError(
                f"{source.path}: column {name} is empty on {int(raw[name].isna().sum())} labels; "
                "fill it on all or remove the column"
            )
        columns[name] = raw[name].astype(str).to_numpy(dtype=object)
    if "year" in columns:
        try:
            columns["year"] = raw["year"].astype("int64").to_numpy()
        except (TypeError, ValueError) as error:
            raise LabelError(f"{source.path}: column year holds no whole numbers: {error}") from (
                error
            )
    return columns


def with_drawn_roles(labels: gpd.GeoDataFrame, source: LabelSource) -> gpd.GeoDataFrame:
    """The table with roles drawn by the source's shares and seed, by polygon.

    :func:`read_labels` draws over whole polygons. Where they reach far beyond a small area
    of interest, draw again after the cut, so that the shares hold for the area itself.

    Raises:
        LabelError: the source has roles of its own, or its shares leave none to train.
    """
    if source.role_column is not None:
        raise LabelError(f"{source.path} has roles in column {source.role_column}: none are drawn")
    plane = labels.geometry
    if labels.crs.is_geographic and len(labels):
        plane = plane.to_crs(labels.estimate_utm_crs())
    roles = draw_roles(
        labels["label_id"].tolist(),
        labels["class_code"].to_numpy(),
        plane.area.to_numpy(),
        holdout_share=source.holdout_share,
        gold_share=source.gold_share,
        seed=source.seed,
    )
    return labels.assign(role=np.array(roles, dtype=object))
