"""A first project file from an area, labels, years and a catalogue.

What belongs here: which legend labels speak of, which roles let a first run succeed, and the
commented file. What does not: the tiles of an area (``core/aoi``), asking people.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from lulc_assets.core.aoi import TileOfArea
from lulc_assets.core.crosswalks import as_key, find_crosswalk
from lulc_assets.core.errors import InvalidLegend, LabelError, UnknownClass
from lulc_assets.core.labels.schema import ROLES
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import spelling
from lulc_assets.core.legends import BUILTIN, find_legend, propose_legend
from lulc_assets.core.tables.vector_file import read_vector

CATALOGS: Mapping[str, str] = {
    "earth-search": "https://earth-search.aws.element84.com/v1",
    "planetary-computer": "https://planetarycomputer.microsoft.com/api/stac/v1",
    "cdse": "https://stac.dataspace.copernicus.eu/v1",
}
"""Names of public catalogues of Sentinel-2 L2A."""

_CLASS_COLUMNS = ("class_name", "class", "label", "landcover", "land_cover", "lulc", "klasse")
_OURS = ("label_id", "role", "window_id", "annotator", "tile", "year")
_OTHERS = ("other", "others", "sonstiges", "autre", "autres", "otro", "otros", "drugo", "altro")
SMALL_AREA_KM2 = 400.0
"""Below this the network is trained by the recipe of the demo, within minutes on two cores."""


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
    """

    path: Path
    layer: str | None
    column: str
    classes: tuple[str, ...]
    role_column: str | None
    years: tuple[int, ...]

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
    return LabelsFound(path, layer, chosen, classes, "role" if roles else None, years)


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


@dataclass(frozen=True)
class Proposal:
    """All that a first project file says.

    Attributes:
        name: of the project.
        aoi: vector file of the area.
        tiles: that cover it.
        labels: where they are and what they name.
        legend: classes of the maps.
        own_classes: whether they are the labels' own.
        years: to map.
        catalog: location.
        collection: of an API; empty: Sentinel-2 L2A.
        gold_share: of labels without roles.
        holdout_share: likewise.
        seed: of the draw.
        after_cut: whether roles are drawn among what lies in the area.
    """

    name: str
    aoi: Path
    tiles: Sequence[TileOfArea]
    labels: LabelsFound
    legend: Legend
    own_classes: bool
    years: Sequence[int]
    catalog: str
    collection: str = ""
    gold_share: float = 0.15
    holdout_share: float = 0.2
    seed: int = 0
    after_cut: bool = False

    def drawn_otherwise(self) -> list["Proposal"]:
        """The same with other draws of roles, in the order in which they are tried."""
        if self.labels.role_column is not None:
            return [self]
        return [
            replace(self, seed=seed, after_cut=after_cut)
            for after_cut in (False, True)
            for seed in range(4)
        ]

    def to_toml(self, folder: Path) -> str:
        """The project file, commented; paths inside ``folder`` become relative."""
        parts = [
            _HEAD.format(
                name=_quoted(self.name),
                aoi=_path(self.aoi, folder),
                years=list(self.years),
                location=_place(self.catalog, folder),
            ),
            f"collection = {_quoted(self.collection)}\n" if self.collection else "",
            *(_tile(each) for each in self.tiles),
            _REGION.format(tiles=json.dumps([each.tile for each in self.tiles])),
            self._legend(),
            self._labels(folder),
            _TRAINING.format(
                tiles=json.dumps([each.tile for each in self.tiles]),
                years=[y for y in self.years if not self.labels.years or y in self.labels.years],
            ),
        ]
        if sum(each.area_km2 for each in self.tiles) < SMALL_AREA_KM2:
            parts.append(_SMALL)
        return "".join(parts)

    def _legend(self) -> str:
        if not self.own_classes:
            named = _quoted(self.legend.name)
            return f"\n[legend]                # the labels name its classes\nbuiltin = {named}\n"
        rows = "".join(
            f"    {{ name = {_quoted(c.name)}, title = {_quoted(c.title)}, color = "
            f"{_quoted(c.color)}{', role = ' + _quoted(c.role) if c.role == 'other' else ''} }},\n"
            for c in self.legend.classes
        )
        return f"\n[legend]                # titles and colours are yours\nclasses = [\n{rows}]\n"

    def _labels(self, folder: Path) -> str:
        labels = self.labels
        lines = ["", "[labels]", f"path = {_path(labels.path, folder)}"]
        if labels.layer:
            lines.append(f"layer = {_quoted(labels.layer)}")
        lines += [f"class_column = {_quoted(labels.column)}", "repair = true"]
        if labels.role_column:
            lines.append('role_column = "role"          # train, gold, holdout, as the file says')
        else:
            lines += [
                f"gold_share = {self.gold_share}             # kept back to judge the model",
                f"holdout_share = {self.holdout_share}           # kept back to compare maps with",
                f"seed = {self.seed}                      # of the draw",
                f"draw_roles_after_cut = {json.dumps(self.after_cut)}",
            ]
        return "\n".join(lines) + "\n"


_HEAD = """\
# Written by `lulc init`; yours to edit, no command overwrites it. Paths are relative to this file.
name = {name}
aoi = {aoi}          # exports are clipped to it
years = {years}
pages = "pages"

[catalog]
location = {location}
"""
_REGION = """
[regions.area]          # all tiles together, each place counted once
tiles = {tiles}
"""
_TRAINING = """
[training]
tiles = {tiles}
years = {years}          # years that the labels are true of
"""
_SMALL = """
[chips]                 # a small area: gold keeps single pixels apart, not whole chips
gold_apart = "pixel"
max_cloud_share = 0.5

[recipe]                # minutes on two cores; leave the section out for large areas
max_chip_views = 6500
max_epochs = 100
batch_size = 8
learning_rate = 0.002
dropout = 0.05
plateau_patience = 100
early_stop_patience = 100
cooldown_epochs = 3
"""


def _tile(each: TileOfArea) -> str:
    window = each.window
    numbers = [window.row, window.col, window.height, window.width]
    return (
        f"\n[tiles.{each.tile}]      # owns {each.area_km2:,.2f} km² of the area\n"
        f"window = {numbers}   # row, column, height, width on the tile's 10 m grid\n"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _path(path: Path, folder: Path) -> str:
    absolute, root = path.resolve(), folder.resolve()
    inside = absolute.is_relative_to(root.parent)
    return _quoted(os.path.relpath(absolute, root) if inside else str(absolute))


def _place(catalog: str, folder: Path) -> str:
    return _quoted(catalog) if "://" in catalog else _path(Path(catalog), folder)
