"""Reading of polygons in any CRS and vocabulary.

What belongs here: reading vector files, translating classes, giving ids and roles. What does not:
what a source is (``source``), rasters (``raster``), the schema (``schema``), one tile and year
of a source (``delivery``), burning (``burn``).
"""

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lulc_assets.core.crosswalks import as_key, find_crosswalk
from lulc_assets.core.errors import LabelError, MissingCrs, UnknownClass
from lulc_assets.core.labels.keys import read_tile, read_year
from lulc_assets.core.labels.mend import Mended, mend_geometries
from lulc_assets.core.labels.places import require_places, utm_around
from lulc_assets.core.labels.roles import draw_roles, draw_window_roles
from lulc_assets.core.labels.schema import OPTIONAL_COLUMNS, TRAIN, validate_labels
from lulc_assets.core.labels.source import LabelSet, LabelSource, ReadReport
from lulc_assets.core.tables.vector_file import read_vector


def read_labels(source: LabelSource) -> LabelSet:
    """Read, translate and validate the polygons of a vector source.

    A polygon whose class translates to 0 is left out and counted. A missing ``label_id``
    becomes the file's name and the polygon's number in it. Columns ``window_id``, ``tile``
    and ``year`` are kept.

    Returns:
        A table with ``label_id`` (str, unique), ``class_code`` (uint8), ``role``
        (str), ``window_id`` and ``annotator`` (str, maybe empty), ``source_order`` (int64,
        row in the file), ``tile`` and ``year`` where the source has them, ``geometry``
        (polygonal, valid, two-dimensional); in the source's CRS and order.

    Raises:
        LabelError: the file is missing or unreadable, a column is missing, an id is double.
        MissingCrs: the file has no CRS.
        UnknownClass: a class is not in the crosswalk; the message names value and file.
        InvalidGeometry: the message names label and problem.
    """
    raw = read_vector(Path(source.path), source.layer, LabelError)
    if raw.crs is None:
        raise MissingCrs(
            f"{source.path}: the labels do not say their coordinate reference system; "
            "set it where they were drawn (a GeoPackage stores it, a shapefile has it in .prj)"
        )
    _require_columns(raw, source)
    ids = _label_ids(raw, source)
    _require_classes(raw, ids, source)
    codes, refused, dropped = _translate(raw, source)
    geometries = np.asarray(shapely.force_2d(raw.geometry.to_numpy()), dtype=object)
    mended: list[Mended] = []
    if source.repair:
        geometries, mended = mend_geometries(geometries, ids)
    table = gpd.GeoDataFrame(
        {
            "label_id": ids,
            "class_code": codes,
            "role": TRAIN,
            "window_id": _texts(raw, "window_id"),
            "annotator": _texts(raw, source.annotator_column),
            "source_order": np.arange(len(raw), dtype=np.int64),
            **_optional_columns(raw, ids, source),
        },
        geometry=gpd.GeoSeries(geometries, crs=raw.crs),
        crs=raw.crs,
    )
    if source.role_column is not None:
        table["role"] = raw[source.role_column].astype(str).to_numpy(dtype=object)
    lost = {m.label_id for m in mended if m.dropped}
    flat = table["label_id"].isin(lost)
    kept = table.loc[(codes != 0) & ~flat].reset_index(drop=True)
    kept = validate_labels(kept, source.path)
    require_places(kept, source.path)
    if not source.gives_roles:
        kept = with_drawn_roles(kept, source)
    vertices = shapely.get_num_coordinates(geometries)
    return LabelSet(
        kept,
        ReadReport(
            found=len(raw),
            without_class=int((codes == 0).sum()) - sum(refused.values()),
            not_accepted=refused,
            mended=tuple(mended),
            most_vertices=int(vertices.max(initial=0)),
            dropped=dropped,
            emptied=_emptied(table.loc[(codes != 0) & flat], kept, source),
            label_ids=tuple(kept["label_id"]),
        ),
    )


def _emptied(
    flat: gpd.GeoDataFrame, kept: gpd.GeoDataFrame, source: LabelSource
) -> dict[str, tuple[str, ...]]:
    """Labels without an area of classes that no other label has."""
    alone = flat.loc[~flat["class_code"].isin(kept["class_code"])]
    return {
        source.legend.by_code(int(code)).name: tuple(rows["label_id"])
        for code, rows in alone.groupby("class_code")
    }


def _require_columns(raw: gpd.GeoDataFrame, source: LabelSource) -> None:
    for column in (source.class_column, source.role_column, source.annotator_column):
        if column is not None and column not in raw.columns:
            known = ", ".join(c for c in raw.columns if c != raw.geometry.name)
            raise LabelError(f"{source.path} has no column {column!r}; it has {known}")


def _require_classes(raw: gpd.GeoDataFrame, ids: list[str], source: LabelSource) -> None:
    """Refuse labels without a class: what nobody named is not unlabelled on purpose."""
    values = raw[source.class_column]
    lost = np.flatnonzero([pd.isna(value) or value == "" for value in values])
    if lost.size:
        more = f" ({lost.size} labels have none)" if lost.size > 1 else ""
        raise LabelError(
            f"{source.path}: label {ids[lost[0]]} has no class in column "
            f"{source.class_column}{more}; give it one or delete it"
        )


def _translate(
    raw: gpd.GeoDataFrame, source: LabelSource
) -> tuple[npt.NDArray[np.uint8], dict[str, int], dict[str, int]]:
    """Codes, 0 = unlabelled; polygons left out by relation; those without a class by value."""
    crosswalk = find_crosswalk(source.crosswalk, source.legend)
    values = raw[source.class_column].tolist()
    try:
        entries = crosswalk.entries_of(values)
    except UnknownClass as error:
        raise UnknownClass(f"{source.path}, column {source.class_column}: {error}") from error
    codes = np.array([entry.target for entry in entries], dtype=np.uint8)
    dropped = Counter(as_key(v) for v, code in zip(values, codes, strict=True) if code == 0)
    told = np.array([entry.relation for entry in entries], dtype=object)
    refused = (codes > 0) & ~np.isin(told, source.accept)
    codes[refused] = 0
    lost = Counter(map(str, told[refused]))
    return codes, dict(sorted(lost.items())), dict(sorted(dropped.items()))


def _label_ids(raw: gpd.GeoDataFrame, source: LabelSource) -> list[str]:
    if "label_id" not in raw.columns:
        stem = Path(source.path).stem
        return [f"{stem}-{number:06d}" for number in range(1, len(raw) + 1)]
    lost = np.flatnonzero(raw["label_id"].isna())
    if lost.size:
        raise LabelError(
            f"{source.path}: row {lost[0] + 1} has no label_id; every label needs an id of its "
            "own, or leave the column out"
        )
    return [as_key(value) for value in raw["label_id"]]


def _texts(raw: gpd.GeoDataFrame, column: str | None) -> list[str]:
    if column is None or column not in raw.columns:
        return [""] * len(raw)
    return ["" if pd.isna(value) else str(value) for value in raw[column]]


def _optional_columns(
    raw: gpd.GeoDataFrame, ids: list[str], source: LabelSource
) -> dict[str, object]:
    columns: dict[str, object] = {}
    for name in OPTIONAL_COLUMNS:
        if name not in raw.columns:
            continue
        if raw[name].isna().any():
            raise LabelError(
                f"{source.path}: column {name} is empty on {int(raw[name].isna().sum())} labels; "
                "fill it on all or remove the column"
            )
        read = read_tile if name == "tile" else read_year
        columns[name] = [
            read(value, f"{source.path}: label {label_id}")
            for value, label_id in zip(raw[name], ids, strict=True)
        ]
    return columns


def with_drawn_roles(labels: gpd.GeoDataFrame, source: LabelSource) -> gpd.GeoDataFrame:
    """The table with roles drawn by the source's shares and seed.

    Whole windows are drawn where every label has a ``window_id``, else single polygons.
    :func:`read_labels` draws over whole polygons. Where they reach far beyond a small area
    of interest, draw again after the cut, so that the shares hold for the area itself.

    Raises:
        LabelError: the source has roles of its own, or its shares leave none to train.
    """
    if source.gives_roles:
        where = f"column {source.role_column}" if source.role_column else str(source.gold_path)
        raise LabelError(f"{source.path} has roles in {where}: none are drawn")
    plane = labels.geometry
    if labels.crs.is_geographic and len(labels):
        plane = plane.to_crs(utm_around(labels, source.path))
    in_windows = len(labels) > 0 and bool((labels["window_id"] != "").all())
    draw = draw_window_roles if in_windows else draw_roles
    roles = draw(
        labels["window_id" if in_windows else "label_id"].tolist(),
        labels["class_code"].to_numpy(),
        plane.area.to_numpy(),
        holdout_share=source.holdout_share,
        gold_share=source.gold_share,
        seed=source.seed,
    )
    return labels.assign(role=np.array(roles, dtype=object))
