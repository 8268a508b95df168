"""A scene's pixels on a lattice, to judge whether they are what the metadata say.

What belongs here: choosing where to look, and reading it. What does not: the judgements
(``offset_evidence``, ``plausible``, ``checking``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import SceneGridMismatch
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.emptiness import may_be_black
from lulc_assets.core.imagery.masks import SCL_NO_DATA
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.scene.recipe import SceneRecipe

STEP = 1e-4
"""Reflectance of one step of :attr:`SceneSample.steps`: one DN of Sentinel-2."""

LATTICE_PX = 512
PATCH_PX = 1024
"""Side of the piece that is looked at where a file has no overviews."""


@dataclass(frozen=True)
class SceneSample:
    """Pixels of a scene on a lattice.

    Attributes:
        lattice: where they lie.
        steps: role → stored numbers in steps of 0.0001 reflectance, an offset still in them,
            float32 (h, w); 0 where nothing is stored.
        scl: uint8 (h, w); no data also beside no data, because overviews average.
        empty: bool (h, w): a band was never written there.
    """

    lattice: PixelGrid
    steps: Mapping[str, npt.NDArray[np.float32]]
    scl: npt.NDArray[np.uint8]
    empty: npt.NDArray[np.bool_]

    @property
    def empty_share(self) -> float:
        """Share of the pixels with data at which a band is missing, 0–1."""
        seen = int(np.count_nonzero(self.scl != SCL_NO_DATA))
        return int(np.count_nonzero(self.empty)) / seen if seen else 0.0

    @property
    def empty_roles(self) -> list[str]:
        """Bands that are missing at some of them."""
        return [role for role in self.steps if (self.empty & (self.steps[role] == 0)).any()]


def read_sample(recipe: SceneRecipe, grid: PixelGrid) -> SceneSample:
    """Read a scene where it has data, from overviews where there are some.

    Only the part of the grid that the files cover is sampled, so that a small file on a large
    tile is seen. Where the files have no overviews a piece is read instead: that with most data,
    of equal ones the one nearest the middle.

    Raises:
        SceneGridMismatch: the files cover nothing of the grid.
        SceneError: the scene cannot be read.
    """
    with SceneReader(recipe, lattice_of(grid, LATTICE_PX), overview=True) as reader:
        part = reader.covered(grid)
        if part is None:
            raise SceneGridMismatch(f"scene {recipe.id}: its files cover nothing of the area")
        if part == Window(0, 0, grid.height, grid.width):
            if not reader.skips_pixels:
                return _look(reader, recipe)
            return _look_at(recipe, _patch(reader, grid))
    covered = grid.cut(part)
    with SceneReader(recipe, lattice_of(covered, LATTICE_PX), overview=True) as reader:
        if not reader.skips_pixels:
            return _look(reader, recipe)
        return _look_at(recipe, _patch(reader, covered))


def _look_at(recipe: SceneRecipe, grid: PixelGrid) -> SceneSample:
    with SceneReader(recipe, lattice_of(grid, LATTICE_PX), overview=True) as reader:
        return _look(reader, recipe)


def _look(reader: SceneReader, recipe: SceneRecipe) -> SceneSample:
    from scipy.ndimage import minimum_filter  # only where pixels are

    window = Window(0, 0, reader.grid.height, reader.grid.width)
    scl = reader.read_mask(window)
    gain = np.float32(recipe.scale / STEP)
    steps = {role: reader.read_dn(role, window).dn * gain for role in recipe.roles}
    # Overviews average: a pixel beside no data may be darkened by it, so it is not asked.
    inside = minimum_filter(scl, size=3, mode="nearest") != SCL_NO_DATA
    trusted = np.where(inside, scl, SCL_NO_DATA).astype(np.uint8)
    any_band = np.any([values > 0 for values in steps.values()], axis=0)
    empty = np.zeros(scl.shape, bool)
    for role, values in steps.items():
        zero = (values == 0) & any_band & (trusted != SCL_NO_DATA) & ~may_be_black(role, trusted)
        if zero.any():
            empty |= zero & reader.read_empty(role, window)
    return SceneSample(reader.grid, steps, trusted, empty)


def _patch(reader: SceneReader, grid: PixelGrid) -> PixelGrid:
    """The piece of a grid in which the mask layer has most data."""
    lattice = reader.grid
    seen = reader.read_mask(Window(0, 0, lattice.height, lattice.width)) != SCL_NO_DATA
    cell = round(lattice.pixel_m / grid.pixel_m)
    height, width = min(grid.height, PATCH_PX), min(grid.width, PATCH_PX)
    best: tuple[int, float, Window] | None = None
    for row in _starts(grid.height, height):
        for col in _starts(grid.width, width):
            rows = slice(row // cell, -(-(row + height) // cell))
            cols = slice(col // cell, -(-(col + width) // cell))
            away = abs(row + height / 2 - grid.height / 2) + abs(col + width / 2 - grid.width / 2)
            found = int(np.count_nonzero(seen[rows, cols])), -away
            if best is None or found > best[:2]:
                best = (*found, Window(row, col, height, width))
    assert best is not None
    return grid.cut(best[2])


def _starts(size: int, piece: int) -> list[int]:
    """First pixels of pieces: in steps of half a piece, at the end, and in the middle."""
    return sorted(
        {*range(0, size - piece + 1, max(1, piece // 2)), size - piece, (size - piece) // 2}
    )
