"""Whether a scene's numbers can be reflectance at the scale that its recipe states.

What belongs here: the range. What does not: types and scales of files (``fit``, ``source``), the
offset (``offset_evidence``).

8-bit pictures stored as 16 bits end at 255 (reflectance 0.0255 at a scale of 0.0001), reflectance
of 0–1 that is taken for digital numbers at 0.0001; stretched pictures lie far above 1. Land and
clouds tell them from reflectance: the brightest band of vegetation, soil, snow or cloud is never as
dark as 3 %, and ground without snow and clouds is never brighter than 1 in the median.
Water is not asked: it may be black in every band.
"""

import numpy as np

from lulc_assets.core.errors import ImplausiblePixels
from lulc_assets.core.imagery.masks import (
    SCL_CIRRUS,
    SCL_CLOUD_HIGH,
    SCL_CLOUD_MEDIUM,
    SCL_NOT_VEGETATED,
    SCL_SNOW_ICE,
    SCL_VEGETATION,
)
from lulc_assets.core.imagery.sample import STEP, SceneSample
from lulc_assets.core.scene.recipe import SceneRecipe

LEAST_BRIGHT = 0.03
MOST_BRIGHT = 1.0
LEAST_PIXELS = 16

_GROUND = (SCL_VEGETATION, SCL_NOT_VEGETATED)
_BRIGHT = (*_GROUND, SCL_SNOW_ICE, SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)


def require_plausible(recipe: SceneRecipe, sample: SceneSample) -> None:
    """Refuse a scene whose numbers are not reflectance at the recipe's scale.

    Raises:
        ImplausiblePixels: names the range found and what would make it right.
    """
    stack = np.stack([sample.steps[role] for role in sample.steps])
    written = (stack > 0).all(axis=0)
    bright = stack[:, np.isin(sample.scl, _BRIGHT) & written]
    if bright.shape[1] >= LEAST_PIXELS:
        top = float(np.percentile(bright, 99, axis=1).max())
        if top < LEAST_BRIGHT / STEP:
            raise _implausible(recipe, top, f"land and clouds reach {top * STEP:.2g} only")
    ground = stack[:, np.isin(sample.scl, _GROUND) & written]
    if ground.shape[1] >= LEAST_PIXELS:
        middle = float(np.median(ground)) + recipe.offset_dn * recipe.scale / STEP
        if middle > MOST_BRIGHT / STEP:
            raise _implausible(recipe, middle, f"ground has {middle * STEP:.3g} in the median")


def _implausible(recipe: SceneRecipe, steps: float, found: str) -> ImplausiblePixels:
    stored = steps * STEP / recipe.scale
    return ImplausiblePixels(
        f"scene {recipe.id}: its numbers (around {stored:.3g}) are not reflectance at a scale of "
        f"{recipe.scale:g}: {found}. Are they 0–1, 8 bits, or stretched for display? State the "
        "scale in the item (raster:scale of each band) or in the files, or name measured bands"
    )
