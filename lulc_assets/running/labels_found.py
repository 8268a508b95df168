"""What a label file says about itself, and the legend that follows from it.

What belongs here: columns, classes, roles and years of a file, and which legend they speak of.
What does not: the project file that follows (``proposal``), reading labels for training
(``core/labels``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from lulc_assets.core.crosswalks import as_key, find_crosswalk
from lulc_assets.core.errors import InvalidLegend, LabelError, UnknownClass
from lulc_assets.core.grid import EQUAL_AREA_EPSG
from lulc_assets.core.labels.schema import ROLES
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import spelling
from lulc_assets.core.legends import BUILTIN, find_legend, propose_legend
from lulc_assets.core.tables.vector_file import read_vector

_CLASS_COLUMNS = ("class_name", "class", "label", "landcover", "land_cover", "lulc", "klasse")
OBEYED: Mapping[str, str] = {
    "year": "a label counts in its year only",
    "tile": "a label counts in its tile only",
    "window_id": "labels of one window have one role",
    "label_id": "names the label in tables",
}
"""Columns that are obeyed although no key of the project file names them, with what they do."""
_OURS = ("label_id", "role", "window_id", "annotator", "tile", "year")
_OTHERS = ("other", "others", "sonstiges", "autre", "autres", "otro", "otros", "drugo", "altro")


@dataclass(frozen=True)
class LabelsFound:
    """What a label file says about itself.

    Attributes:
        path: of the file.
        layer: of a file with several, as it was named.
        column: that holds the class.
        classes: distinct classes as written, in order of area or number, the largest first.
        role_column: ``role``, where it has roles.
        years: of its column ``year``; empty: it has none.
        obeyed: those of :data:`OBEYED` that it has.
        pixels: of 10 m that all polygons together cover.
    """

    path: Path
    layer: str | None
    column: str
    classes: tuple[str, ...]
    role_column: str | None
    years: tuple[int, ...]
    obeyed: tuple[str, ...] = ()
    pixels: float = 0.0

    @property
    def looks_like_other(self) -> str:
        """A class whose name means all the rest; empty: none does."""
        return next((name for name in self.classes if spelling(name) in _OTHERS), "")


def split_labels(text: str) -> tuple[Path, str]:
    """``labels.gpkg:class`` as path and column; the column may be missing."""
    path, _, column = text.rpartition(":")
    if path and not Path(text).exists() and Path(path).exists():
        return Path(path), column
    return Path(text), ""


def look_at_labels(path: Path, column: str = "", layer: str | None = None) -> LabelsFound:
    """Read a label file for its classes, roles and years.

    Args:
        path: of a vector file.
        column: with the classes; empty: the one that is called so, or the only one of text.
        layer: of a file with several.

    Raises:
        LabelError: it cannot be read, has no feature, or nothing says which column is meant.
    """
    frame = read_vector(path, layer, LabelError)
    if frame.empty:
        raise LabelError(f"{path}: holds no label; draw some polygons first")
    chosen = column or _class_column(path, frame)
    if chosen not in frame.columns:
        known = ", ".join(c for c in frame.columns if c != frame.geometry.name)
        raise LabelError(f"{path} has no column {chosen!r}; it has {known}")
    values = frame[chosen]
    if values.isna().any() or (values == "").any():
        row = int((values.isna() | (values == "")).to_numpy().argmax()) + 1
        raise LabelError(f"{path}: feature {row} has no class in column {chosen}; give it one")
    classes = tuple(values.map(as_key).value_counts().index)
    _require_one_spelling(path, chosen, classes)
    roles = "role" in frame.columns and set(frame["role"].astype(str)) <= set(ROLES)
    years: tuple[int, ...] = ()
    if "year" in frame.columns and not frame["year"].isna().any():
        years = tuple(sorted({int(year) for year in frame["year"]}))
    obeyed = tuple(name for name in OBEYED if name in frame.columns and name != chosen)
    role = "role" if roles else None
    return LabelsFound(path, layer, chosen, classes, role, years, obeyed, _pixels(frame))


def _pixels(frame: gpd.GeoDataFrame) -> float:
    """Area of all features in pixels of 100 m²; 0 without a CRS."""
    if frame.crs is None:
        return 0.0
    return float(frame.geometry.to_crs(EQUAL_AREA_EPSG).area.sum()) / 100


def _class_column(path: Path, frame: pd.DataFrame) -> str:
    names = {str(c).casefold(): str(c) for c in frame.columns}
    for known in _CLASS_COLUMNS:
        if known in names:
            return names[known]
    texts = [
        str(c) for c in frame.columns
        if pd.api.types.is_string_dtype(frame[c]) and str(c).casefold() not in _OURS
    ]  # fmt: skip
    if len(texts) != 1:
        known = ", ".join(str(c) for c in frame.columns if c != "geometry") or "none"
        raise LabelError(
            f"{path}: which column holds the classes? Write {path.name}:COLUMN; columns: {known}"
        )
    return texts[0]


def _require_one_spelling(path: Path, column: str, classes: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in classes:
        other = seen.setdefault(spelling(name), name)
        if other != name:
            raise LabelError(
                f"{path}, column {column}: {other!r} and {name!r} are one class in two spellings; "
                "write them alike"
            )
    if len(classes) < 2:
        raise LabelError(
            f"{path}, column {column}: all labels are {classes[0]!r}; a map needs two classes"
        )


def recognise_legend(classes: Sequence[str]) -> Legend | None:
    """The legend of the package whose classes labels name in words; None: none.

    Numbers alone say nothing: many vocabularies begin with 1.
    """
    if any(name.isdecimal() for name in classes):
        return None
    for legend in BUILTIN.values():
        crosswalk = find_crosswalk("", legend)
        if all(crosswalk.knows(name) for name in classes):
            return legend
    return None


def choose_legend(labels: LabelsFound, wanted: str, other: str) -> tuple[Legend, bool]:
    """The legend of a project, and whether it is the labels' own.

    Args:
        labels: what they name.
        wanted: ``own``, the name of a legend of the package, or empty: a recognised one, else
            the labels' own.
        other: the own class that stands for all the rest; empty: none.

    Raises:
        InvalidLegend: no such legend, or the own classes break a rule.
        UnknownClass: the legend lacks a class of the labels, or ``other`` is none of them.
    """
    legend = None if wanted in ("", "own") else find_legend(wanted)
    if legend is None and not wanted and not other:
        legend = recognise_legend(labels.classes)
    if legend is not None:
        try:
            find_crosswalk("", legend).entries_of(list(labels.classes))
        except UnknownClass as error:
            raise UnknownClass(f"{labels.path}, column {labels.column}: {error}") from error
        return legend, False
    if other and other not in labels.classes:
        raise UnknownClass(
            f"--other {other!r} is not a class of {labels.path}; it has {', '.join(labels.classes)}"
        )
    ordered = [name for name in labels.classes if name != other] + ([other] if other else [])
    try:
        return propose_legend("project", ordered, other), True
    except InvalidLegend as error:
        raise InvalidLegend(f"{labels.path}, column {labels.column}: {error}") from error
