"""A first project file from an area, labels, years and a catalogue.

What belongs here: which roles let a first run succeed, and the commented file. What does not:
what labels say and the legend (``labels_found``), the tiles of an area (``core/aoi``), asking
people.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lulc_assets.core.aoi import TileOfArea
from lulc_assets.core.legend import Legend
from lulc_assets.core.training.recipe import FEW_LABELLED_PIXELS
from lulc_assets.running.labels_found import OBEYED, LabelsFound

CATALOGS: Mapping[str, str] = {
    "earth-search": "https://earth-search.aws.element84.com/v1",
    "planetary-computer": "https://planetarycomputer.microsoft.com/api/stac/v1",
    "cdse": "https://stac.dataspace.copernicus.eu/v1",
}
"""Names of public catalogues of Sentinel-2 L2A."""
SMALL_AREA_KM2 = 400.0
"""Below this the network is trained by the recipe of the demo, within minutes on two cores."""


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
                years=self._training_years(),
            ),
        ]
        if sum(each.area_km2 for each in self.tiles) < SMALL_AREA_KM2:
            parts += [_SMALL, "" if self._few_labels() else _SHORT_TRAINING]
        return "".join(parts)

    def _few_labels(self) -> bool:
        """Whether training is going to choose the small network, which brings its own numbers."""
        drawn = 0.0 if self.labels.role_column else self.gold_share + self.holdout_share
        return self.labels.pixels * (1 - drawn) < FEW_LABELLED_PIXELS

    def _training_years(self) -> list[int]:
        """Mapped years that labels are of; where they are of none, the years of the labels."""
        if not self.labels.years:
            return list(self.years)
        both = [year for year in self.years if year in self.labels.years]
        return both or list(self.labels.years)

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
        lines += [f"# column {name} of the file: {OBEYED[name]}" for name in labels.obeyed]
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
"""
_SHORT_TRAINING = """
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
