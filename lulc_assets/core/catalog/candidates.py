"""How clearly each candidate scene sees the area of interest.

What belongs here: clearness from pixels or from an item's fields. What does not: which
candidates are taken (``selection``).
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.masks import SCL_NO_DATA, votes
from lulc_assets.core.imagery.overview import read_scl_lattice
from lulc_assets.core.scene.recipe import SceneRecipe


@dataclass(frozen=True)
class Candidate:
    """A scene: how clearly it sees each lattice point (0 or 1; from fields one share)."""

    recipe: SceneRecipe
    clear: npt.NDArray[np.float32]
    nodata_share: float

    @property
    def quarter(self) -> int:
        """1–4, of the date."""
        return (self.recipe.datetime.month - 1) // 3 + 1

    @property
    def clear_points(self) -> float:
        """Clear lattice points; from fields, the clear share."""
        return float(self.clear.sum(dtype=np.float64))

    @property
    def clear_share(self) -> float:
        """Share of the area that the scene sees clearly, 0–1."""
        return self.clear_points / self.clear.size

    @property
    def rank(self) -> tuple[float, datetime, str]:
        """Sorts the clearest first; ties by datetime, then id."""
        return -self.clear_points, self.recipe.datetime, self.recipe.id


def look_at(recipe: SceneRecipe, lattice: PixelGrid) -> Candidate:
    """Clearness as the SCL shows it at the points of a lattice.

    Raises:
        SceneError: the SCL cannot be read, or does not fit the grid.
    """
    scl = read_scl_lattice(recipe, lattice)
    clear = votes(scl).astype(np.float32)
    return Candidate(recipe, clear, float((scl == SCL_NO_DATA).mean()))


def estimate(recipe: SceneRecipe) -> Candidate:
    """Clearness as the item states it, of the whole product; what is not stated is 0."""
    nodata = (recipe.nodata_pct or 0.0) / 100
    covered = 1 - (recipe.cloud_cover_pct + (recipe.shadow_pct or 0.0)) / 100
    clear = (1 - nodata) * max(covered, 0.0)
    return Candidate(recipe, np.full((1, 1), clear, np.float32), nodata)
