"""Whether a scene's numbers can be reflectance at the scale that its recipe states.

What belongs here: the range. What does not: types and scales of files (``fit``, ``source``), the
offset (``offset_evidence``).

8-bit pictures stored as 16 bits end at 255 (reflectance 0.0255 at a scale of 0.0001), reflectance
of 0–1 that is taken for digital numbers at 0.0001; stretched pictures lie far above 1. Land and
clouds tell them from reflectance: the brightest band of vegetation, soil, snow or cloud is never as
dark as 3 %, and ground without snow and clouds is never brighter than 1 in the median.
Water is not asked: it may be black in every band.

One band in other units than its neighbours is found band by band: where another infrared band
shows land, no band is black (0.3 %), the near infrared never below 3 %. The cirrus and water vapour
bands are not asked, the air may take all of their light.
"""

from collections.abc import Mapping

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
from lulc_assets.core.scene.bands import RGB
from lulc_assets.core.scene.recipe import SceneRecipe

LEAST_BRIGHT = 0.03
MOST_BRIGHT = 1.0
LEAST_PIXELS = 16
LEAST_OF_A_BAND = 0.003
"""Red and blue over dark forest, or swir2 over wet plants, are the darkest of land."""

_NEAR_INFRARED = ("nir", "nir08")
_DIM_BY_AIR = ("cirrus", "nir09")

_GROUND = (SCL_VEGETATION, SCL_NOT_VEGETATED)
_BRIGHT = (*_GROUND, SCL_SNOW_ICE, SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)


def require_plausible(recipe: SceneRecipe, sample: SceneSample) -> None:
    """Refuse a scene whose numbers are not reflectance at the recipe's scale.

    Raises:
        ImplausiblePixels: names the range found and what would make it right.
    """
    roles = list(sample.steps)
    stack = np.stack([sample.steps[role] for role in roles])
    written = (stack > 0).all(axis=0)
    bright = stack[:, np.isin(sample.scl, _BRIGHT) & written]
    if bright.shape[1] >= LEAST_PIXELS:
        tops = dict(zip(roles, np.percentile(bright, 99, axis=1).tolist(), strict=True))
        if max(tops.values()) < LEAST_BRIGHT / STEP:
            top = max(tops.values())
            raise _implausible(recipe, "its", top, f"land and clouds reach {top * STEP:.2g} only")
        _require_light_in_all(recipe, tops)
    ground = stack[:, np.isin(sample.scl, _GROUND) & written]
    if ground.shape[1] >= LEAST_PIXELS:
        middles = np.median(ground, axis=1) + recipe.offset_dn * recipe.scale / STEP
        middle, role = float(middles.max()), roles[int(middles.argmax())]
        if middle > MOST_BRIGHT / STEP:
            whose = "its" if (middles > MOST_BRIGHT / STEP).all() else f"{role}'s"
            found = f"ground has {middle * STEP:.3g} in the median"
            raise _implausible(recipe, whose, middle, found)


def _require_light_in_all(recipe: SceneRecipe, tops: Mapping[str, float]) -> None:
    """Refuse a scene in which one band lacks the light that the others show."""
    infrared = [role for role in tops if role not in (*RGB, "coastal", *_DIM_BY_AIR)]
    for role, top in tops.items():
        others = [tops[other] for other in infrared or tops if other != role]
        least = LEAST_BRIGHT if role in _NEAR_INFRARED else LEAST_OF_A_BAND
        is_land = max(others, default=0.0) >= LEAST_BRIGHT / STEP
        if is_land and top < least / STEP and role not in _DIM_BY_AIR:
            found = f"land and clouds reach {top * STEP:.2g} only, other bands do not"
            raise _implausible(recipe, f"{role}'s", top, found)


def _implausible(recipe: SceneRecipe, whose: str, steps: float, found: str) -> ImplausiblePixels:
    stored = steps * STEP / recipe.scale
    return ImplausiblePixels(
        f"scene {recipe.id}: {whose} numbers (around {stored:.3g}) are not reflectance at a "
        f"scale of {recipe.scale:g}: {found}. Are they 0–1, 8 bits, or stretched? State the "
        "scale in the item (raster:scale of each band) or in the files, or name measured bands"
    )
