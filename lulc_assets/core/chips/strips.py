"""The pixels of many places of one scene, read in few strips.

What belongs here: reading. What does not: what becomes of the pixels (``cut``).
"""

from collections.abc import Iterator

import numpy as np

from lulc_assets.core.chips.place import Place
from lulc_assets.core.errors import NotFinite
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.scene.recipe import SceneRecipe

READ_PIXELS = 4_194_304
"""Pixels read at once (2048²): 100 MB of float32 in six bands."""


def read_places(
    recipe: SceneRecipe, grid: PixelGrid, places: list[Place]
) -> Iterator[tuple[Place, SceneBlock]]:
    """Each place with its pixels; the scene is read in strips of whole chips."""
    with SceneReader(recipe, grid) as reader:
        for strip, members in _strips(places):
            block = reader.read(strip)
            if not np.isfinite(block.reflectance).all():
                raise NotFinite(f"scene {recipe.id}: reflectance is NaN or infinite in {strip}")
            for place in members:
                local = Window(
                    place.window.row - strip.row,
                    place.window.col - strip.col,
                    place.window.height,
                    place.window.width,
                ).slices
                yield (
                    place,
                    SceneBlock(block.reflectance[:, *local], block.valid[local], block.scl[local]),
                )


def _strips(places: list[Place]) -> Iterator[tuple[Window, list[Place]]]:
    """Bounding windows of consecutive places, grown while they stay small enough to read."""
    members: list[Place] = []
    strip: Window | None = None
    for place in places:
        wider = place.window if strip is None else _cover(strip, place.window)
        if strip is not None and wider.height * wider.width > READ_PIXELS:
            yield strip, members
            members, wider = [], place.window
        strip = wider
        members.append(place)
    if strip is not None:
        yield strip, members


def _cover(one: Window, other: Window) -> Window:
    row, col = min(one.row, other.row), min(one.col, other.col)
    bottom = max(one.row + one.height, other.row + other.height)
    right = max(one.col + one.width, other.col + other.width)
    return Window(row, col, bottom - row, right - col)
