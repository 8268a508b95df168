"""Pictures of a year's scenes for the report: thumbnails and a true-colour composite.

What belongs here: reading scenes for the eye. What does not: anything a map is made from.
"""

import json

import geopandas as gpd
import numpy as np

from lulc_assets.core.catalog.selection import clearest_first, selected_recipes
from lulc_assets.core.errors import SceneError
from lulc_assets.core.figures.quicklook import NO_DATA_RGB, Rgb, rgb_thumbnail, true_color
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene, median_look
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.steps.making import Place

_THUMBNAIL_PX = 160
_COMPOSITE_PX = 1024
_COMPOSITE_SCENES = 7
"""An odd number of clear dates has a median that one of them saw."""


def scene_thumbnails(place: Place, tile: str, candidates: gpd.GeoDataFrame) -> dict[str, bytes]:
    """Scene id → PNG; a scene that cannot be read has none."""
    lattice = lattice_of(place.grid(tile), _THUMBNAIL_PX)
    found = {}
    for recipe in _recipes(candidates):
        try:
            look = look_at_scene(recipe, lattice)
        except SceneError:
            continue
        found[recipe.id] = rgb_thumbnail(true_color(look.reflectance, look.valid))
    return found


def true_color_composite(place: Place, tile: str, candidates: gpd.GeoDataFrame) -> Rgb:
    """The median of the clearest selected scenes, shape of the tile's grid × 3, uint8.

    Light grey where no scene sees the ground, or none can be read.
    """
    grid = place.grid(tile)
    lattice = lattice_of(grid, _COMPOSITE_PX)
    looks = []
    for recipe in selected_recipes(clearest_first(candidates))[:_COMPOSITE_SCENES]:
        try:
            looks.append(look_at_scene(recipe, lattice))
        except SceneError:
            continue
    picture = np.full((*lattice.shape, 3), NO_DATA_RGB, np.uint8)
    if looks:
        picture = true_color(*median_look(looks))
    step = round(lattice.pixel_m / grid.pixel_m)
    enlarged = picture.repeat(step, axis=0).repeat(step, axis=1)
    missing = [(0, want - have) for want, have in zip(grid.shape, enlarged.shape[:2], strict=True)]
    return np.pad(enlarged, [*missing, (0, 0)], mode="edge")


def _recipes(candidates: gpd.GeoDataFrame) -> list[SceneRecipe]:
    texts = [text for text in candidates["recipe_json"] if text]
    return [SceneRecipe.from_dict(json.loads(text)) for text in texts]
