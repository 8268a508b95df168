"""What other scenes of the same ground say about a scene's offset.

What belongs here: comparing reflectance, pixel by pixel, between scenes of a tile. What does not:
the evidence of one scene (``offset_evidence``), which scenes are compared (``core/catalog``).

An offset that was left in, or taken out twice, moves all bands by 0.1 reflectance; seasons,
haze, snow and drought move some bands and not the others. So a scene is compared with scenes whose
offset is proven, on pixels that both see clearly:

* shifted: the median differences of all bands lie in 0.07–0.13, of one sign;
* alike: those of red, green and blue lie within 0.04;
* otherwise nothing is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.sample import STEP, SceneSample
from lulc_assets.core.scene.bands import RGB
from lulc_assets.core.scene.recipe import SceneRecipe

SHIFT_STEPS = (700.0, 1300.0)
ALIKE_STEPS = 400.0
LEAST_COMMON = 200
"""Pixels that two scenes must both see clearly."""

MOST_POINTS = 128
"""Points a side that are kept of each scene."""

Likeness = Literal["shifted", "alike", "cannot tell"]


@dataclass(frozen=True)
class Thumbnail:
    """What is kept of a scene to compare others with.

    Attributes:
        lattice: of the sample that it was made of.
        roles: the bands.
        steps: float32 (bands, h, w), reflectance / 0.0001 by the scene's own recipe.
        clear: bool (h, w): data in all bands, and SCL lets the pixel vote.
    """

    lattice: PixelGrid
    roles: tuple[str, ...]
    steps: npt.NDArray[np.float32]
    clear: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, recipe: SceneRecipe, sample: SceneSample) -> "Thumbnail":
        """Every so many points of a sample."""
        every = max(1, -(-max(sample.scl.shape) // MOST_POINTS))
        thin = np.s_[::every, ::every]
        steps = np.stack([sample.steps[role][thin] for role in recipe.roles])
        clear = votes(sample.scl[thin]) & (steps > 0).all(axis=0) & ~sample.empty[thin]
        shift = np.float32(recipe.offset_dn * recipe.scale / STEP)
        return cls(sample.lattice, recipe.roles, steps + shift, clear)


def compare(one: Thumbnail, proven: Sequence[Thumbnail]) -> tuple[Likeness, str]:
    """Whether a scene is as bright as others of the same ground, and the numbers behind it."""
    differences = []
    for other in proven:
        if (other.lattice, other.roles) == (one.lattice, one.roles):
            common = one.clear & other.clear
            if np.count_nonzero(common) >= LEAST_COMMON:
                apart = one.steps[:, common] - other.steps[:, common]
                differences.append(np.median(apart, axis=1))
    if not differences:
        return "cannot tell", "no proven scene of the same ground"
    medians = np.median(differences, axis=0)
    spread = f"{medians.min() * STEP:+.3f} to {medians.max() * STEP:+.3f}"
    reason = f"its bands differ from {len(differences)} proven scenes of the tile by {spread}"
    sizes, signs = np.abs(medians), np.sign(medians)
    low, high = SHIFT_STEPS
    if (signs == signs[0]).all() and (low <= sizes).all() and (sizes <= high).all():
        return "shifted", reason
    visible = [size for role, size in zip(one.roles, sizes, strict=True) if role in RGB]
    alike = bool(visible) and max(visible) <= ALIKE_STEPS
    return ("alike" if alike else "cannot tell"), reason
