"""Whose items the archive imitates.

What belongs here: for each dialect how an item is written and whether the provider removes
the radiometric offset from the pixels. What does not: how items are read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.archive import earth_search, stac
from lulc_assets.simulation.sky.passes import Pass
from lulc_assets.simulation.world.bands import Band

ItemMaker = Callable[[Pass, str, PixelGrid, npt.NDArray[np.uint8], Sequence[Band]], dict[str, Any]]


@dataclass(frozen=True)
class Provider:
    """How one provider serves a scene.

    Attributes:
        make_item: (pass, tile, grid at 10 m, SCL at 20 m, bands) → item, plain JSON.
        removes_offset: whether its pixels are without the offset of baseline 04.00.
    """

    make_item: ItemMaker
    removes_offset: bool


PROVIDERS: Mapping[str, Provider] = {
    "planetary_computer": Provider(stac.make_item, removes_offset=False),
    "earth_search_v1": Provider(earth_search.make_item, removes_offset=True),
}
"""Names as in ``spec.DIALECTS``."""
