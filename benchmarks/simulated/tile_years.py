"""A tile and year of a simulated archive, opened as the pipeline opens it.

What belongs here: scenes, burnt labels, all pixels in memory. What does not: what is learnt
from them or judged by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import (
    SelectionSettings,
    select_scenes,
    selected_recipes,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.labels.burn import burn_labels
from lulc_assets.core.labels.reading import read_labels
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.labels.table import labels_of
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.steps.weights import window_numbers

Classes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class TileYear:
    """One tile and year of an archive: its scenes, and its labels if it has been labelled.

    ``windows`` has, by role, the number of the labelled window of each pixel, -1 outside.
    """

    grid: PixelGrid
    recipes: Sequence[SceneRecipe]
    train_mask: Classes
    gold_mask: Classes
    windows: Mapping[str, npt.NDArray[np.int32]] = field(default_factory=dict)


def open_tile_year(
    root: Path, grid: PixelGrid, tile: str, year: int, roles: tuple[str, ...] = SIX
) -> TileYear:
    """Find the scenes, with the bands of some roles, and burn the labels, as the pipeline does."""
    recipes = open_scenes(root / "catalog", grid, tile, year, roles)
    source = LabelSource(
        path=str(root / "labels.gpkg"),
        class_column="class_name",
        crosswalk="karra-10",
        layer="labels",
        role_column="role",
    )
    labels = labels_of(read_labels(source).table, tile, year, grid)
    train, gold = (burn_labels(labels, grid, role)[0] for role in ("train", "gold"))
    windows = {role: window_numbers(labels, grid, tile, {}, role) for role in ("train", "gold")}
    return TileYear(grid, recipes, train, gold, windows)


def open_scenes(
    folder: Path, grid: PixelGrid, tile: str, year: int, roles: tuple[str, ...] = SIX
) -> list[SceneRecipe]:
    """The scenes that the pipeline selects from the static catalogue in a folder."""
    found = search_scenes(str(folder / "catalog.json"), tile, year, grid, roles=roles)
    return selected_recipes(select_scenes(found.recipes, grid, SelectionSettings()))


@dataclass(frozen=True)
class Seen:
    """A tile and year with all its pixels in memory."""

    place: TileYear
    blocks: list[SceneBlock]

    @classmethod
    def read(cls, place: TileYear) -> "Seen":
        """Read every selected scene."""
        return cls(place, [read_scene(recipe, place.grid) for recipe in place.recipes])

    def by_date(self) -> dict[str, SceneBlock]:
        """Scenes by their day."""
        return {r.date: b for r, b in zip(self.place.recipes, self.blocks, strict=True)}


def clear(block: SceneBlock) -> npt.NDArray[np.bool_]:
    """Pixels that SCL leaves, bool (h, w)."""
    seen: npt.NDArray[np.bool_] = block.valid & votes(block.scl)
    return seen
