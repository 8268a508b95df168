"""Communities: what grows together in patches of a few pixels under one class.

What belongs here: the patches, the odds that a stand which could be either of two classes
is one of them, and how sure the best of all observers could be. What does not: where
communities lie (``landscape``).

Maps name communities, not pixels: a gap in a wood is wood, a bush on a pasture is pasture,
a garden in a town is town. Karra et al. 2021 had their annotators draw so, and a minimum
mapping unit (CORINE: 25 ha, Urban Atlas: 0.25 ha) says the same. What fills a pixel
therefore names its class on about five pixels of six; the rest follows from what stands
around. The description's ``patchiness`` scales the shares below.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.world.fields import Bools, Floats, Shape, smooth_noise
from lulc_assets.simulation.world.spectra import KINDS

_UNIT_NOISE = 1 / 0.773
"""What makes the deviation of ``smooth_noise`` one (its splines smooth the lattice)."""

Patch = tuple[str, float, float]
"""Kind that stands in patches, its share of the ground, its wave in pixels."""

COMMUNITIES: Mapping[str, tuple[Patch, ...]] = {
    "conifers": (("broadleaf_forest", 0.12, 9), ("meadow", 0.09, 6), ("shrubs", 0.12, 6)),
    "broadleaf_forest": (("conifers", 0.10, 9), ("meadow", 0.10, 6), ("shrubs", 0.12, 6)),
    "young_forest": (("shrubs", 0.25, 6), ("dry_grassland", 0.16, 6)),
    "pasture": (("shrubs", 0.16, 5), ("dry_grassland", 0.12, 8), ("broadleaf_forest", 0.10, 5)),
    "alpine_grass": (("scree", 0.10, 6), ("shrubs", 0.10, 6)),
    "reed_bed": (("lake", 0.16, 6), ("wet_meadow", 0.22, 8), ("shrubs", 0.08, 5)),
    "wet_meadow": (("reed_bed", 0.26, 7), ("lake", 0.12, 6), ("meadow", 0.14, 7)),
    "scree": (("dark_cliffs", 0.16, 7), ("alpine_grass", 0.20, 6)),
    "dark_cliffs": (("scree", 0.30, 7), ("alpine_grass", 0.12, 6)),
    "gravel_bar": (("shrubs", 0.14, 5), ("river", 0.10, 5)),
    "quarry": (("dry_grassland", 0.12, 6), ("shrubs", 0.06, 5), ("streets", 0.08, 5)),
    "permanent_snow": (("scree", 0.08, 6),),
    "gardens": (("meadow", 0.22, 5), ("broadleaf_forest", 0.22, 5)),
}
"""Main kind of a community → what stands in it beside the main kind.

Shares are within what field keys of habitat mapping allow for such units, no measured
means: crown cover of closed forest above 70 %, of wooded pasture up to 30 % (FAO Forest
Resources Assessment), open water in reed up to a third (EUNIS C5.1)."""


SWARDS = ("meadow", "dry_grassland")
SWARD_ISLANDS: tuple[Patch, ...] = (
    ("wet_meadow", 0.04, 7),
    ("shrubs", 0.08, 5),
    ("broadleaf_forest", 0.06, 5),
)
"""What stands in hay meadows, dry grass, leys and fallows alike."""

NO_ISLAND = 255

_TEXTURES = {
    C.WATER: 0.02,
    C.TREES: 0.08,
    C.GRASS: 0.05,
    C.FLOODED_VEGETATION: 0.08,
    C.CROPS: 0.025,
    C.SCRUB: 0.09,
    C.BUILT_AREA: 0.09,
    C.BARE_GROUND: 0.07,
    C.SNOW_ICE: 0.04,
}
TEXTURE = np.array([_TEXTURES[C(int(k.land_class))] for k in KINDS], dtype=np.float32)
"""Kind → deviation of brightness from pixel to pixel: crowns and shrubs throw shade on
each other, sown fields are even (Haralick et al. 1973, IEEE TSMC 3; Ruiz et al. 2004)."""


@dataclass(frozen=True)
class Stand:
    """A stand that could be either of two classes, on the canvas.

    Attributes:
        first: where it is the first class, bool.
        certainty: probability of the likelier class given all that can be seen, float32.
    """

    first: Bools
    certainty: Floats


def patches(rng: np.random.Generator, shape: Shape, wave_px: float) -> Floats:
    """Uniform numbers 0–1 in patches of about half a wave, float32."""
    noise = smooth_noise(rng, shape, wave_px) * np.float32(_UNIT_NOISE)
    uniform: Floats = ndtr(noise).astype(np.float32)
    return uniform


def draw_stand(rng: np.random.Generator, score: Floats, spread: float, wave_px: float) -> Stand:
    """Decide between two classes along a gradient that alone can be seen.

    Where the score is high above 0 it is the first class, far below it the second; between,
    use and history decide, which no image shows: a hidden normal field of deviation
    ``spread``. The chance of the first class is therefore Φ(score / spread).

    Args:
        rng: of the landscape.
        score: what can be seen, shape (h, w).
        spread: of the hidden field, in units of the score.
        wave_px: its wave: one owner's land.
    """
    chance = ndtr(score / np.float32(spread))
    certainty = np.maximum(chance, 1 - chance).astype(np.float32)
    return Stand(patches(rng, score.shape, wave_px) < chance, certainty)
