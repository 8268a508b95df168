"""Steps of the looks: each candidate scene is read once for the eye, and kept.

What belongs here: ``scene_look``, and pictures made of looks. What does not: anything a map is
made from.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lulc_assets.core.errors import ProductNotFound, SceneError
from lulc_assets.core.figures.looks import PICTURE, SEEN, Look, median_look, read_look, write_look
from lulc_assets.core.figures.quicklook import NO_DATA_RGB, Rgb, rgb_thumbnail
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import SceneOfYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.products import SCENE_LOOK
from lulc_assets.steps.properties import CatalogProperties, LookProperties
from lulc_assets.steps.workbench import Made, Workbench

PICTURE_PX = 1024
"""Longest side of the look of a selected scene."""

THUMBNAIL_PX = 160
"""Of one that is left out: a thumbnail is all that a page shows of it."""

_COMPOSITE_SCENES = 7
"""An odd number of clear dates has a median that one of them saw."""


def make_scene_look(
    work: Workbench, key: TileYear, recipe: SceneRecipe, *, selected: bool
) -> Record[LookProperties] | None:
    """The look of a candidate scene; None where it cannot be read.

    Files: ``look.jpg`` and ``seen.png``.
    """
    lattice = lattice_of(work.grid(key.tile), PICTURE_PX if selected else THUMBNAIL_PX)

    def build(scratch: Path) -> Made[LookProperties]:
        files = write_look(look_at_scene(recipe, lattice), scratch)
        return Made(files, LookProperties(recipe.date, lattice.pixel_m))

    step = work.step(SCENE_LOOK, SceneOfYear(key.tile, key.year, recipe.id))
    try:
        return step.make({"scene": recipe, "lattice": lattice}, build)
    except SceneError:
        return None


def open_look(work: Workbench, digest: str) -> Look | None:
    """A kept look by the digest of its record; None where there is none."""
    if not digest:
        return None
    try:
        record = work.kept(SCENE_LOOK, digest)
    except ProductNotFound:
        return None
    return read_look(work.open(record, PICTURE), work.open(record, SEEN))


def scene_thumbnails(work: Workbench, catalog: Record[CatalogProperties]) -> dict[str, bytes]:
    """Scene id → JPEG; a scene that could not be read has none."""
    looks = ((s.id, open_look(work, s.look)) for s in catalog.properties.scenes)
    return {i: rgb_thumbnail(look.rgb) for i, look in looks if look is not None}


def true_color_composite(work: Workbench, tile: str, looks: Sequence[str]) -> Rgb:
    """The median of looks, shape of the tile's grid × 3, uint8.

    Args:
        work: where the looks are.
        tile: whose grid.
        looks: digests of looks of selected scenes, the clearest first.

    Returns:
        Light grey where no scene sees the ground, or none can be read.
    """
    grid = work.grid(tile)
    lattice = lattice_of(grid, PICTURE_PX)
    opened = [open_look(work, digest) for digest in looks[:_COMPOSITE_SCENES]]
    found = [look for look in opened if look is not None and look.seen.shape == lattice.shape]
    picture = median_look(found) if found else np.full((*lattice.shape, 3), NO_DATA_RGB, np.uint8)
    step = round(lattice.pixel_m / grid.pixel_m)
    enlarged = picture.repeat(step, axis=0).repeat(step, axis=1)
    missing = [(0, want - have) for want, have in zip(grid.shape, enlarged.shape[:2], strict=True)]
    return np.pad(enlarged, [*missing, (0, 0)], mode="edge")
