"""What lies on the canvas: the arrays that the other modules hand to each other.

What belongs here: plain data. What does not: how it is laid out (``layers``), combined
(``landscape``) or changed (``change``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.world.fields import Bools, Floats
from lulc_assets.simulation.world.parcels import Parcels
from lulc_assets.simulation.world.settlements import Settlements
from lulc_assets.simulation.world.spectra import class_of_kind
from lulc_assets.simulation.world.terrain import Terrain, Waters
from lulc_assets.simulation.world.tones import Tone


@dataclass(frozen=True)
class Ground:
    """What lies on the canvas in one year, arrays of shape (h, w).

    Attributes:
        kind: main kind of the community, uint8, index into ``spectra.KINDS``: its class.
        look: kind that fills most of the pixel, uint8: what light meets.
        other: kind that is mixed in, uint8.
        mix: its share, 0–1, float32.
        earliness: index into ``phenology.EARLINESS_DAYS``, uint8.
        brightness: factor on reflectance, about 1, float32.
        dryness: how dry and sparse plants and soil are, about 0 ± 1, float32.
        certainty: probability of the likeliest class given all that can be seen, float32.
    """

    kind: npt.NDArray[np.uint8]
    look: npt.NDArray[np.uint8]
    other: npt.NDArray[np.uint8]
    mix: Floats
    earliness: npt.NDArray[np.uint8]
    brightness: Floats
    dryness: Floats
    certainty: Floats

    @property
    def land_class(self) -> npt.NDArray[np.uint8]:
        """Truth, shape (h, w), uint8, codes 1–9: the class of the main kind."""
        classes: npt.NDArray[np.uint8] = class_of_kind()[self.kind]
        return classes


@dataclass(frozen=True)
class Sward:
    """How grass would look anywhere, whatever its use; fields as in :class:`Ground`.

    ``islands`` are the kinds that stand in it, ``NO_ISLAND`` elsewhere, uint8.
    """

    islands: npt.NDArray[np.uint8]
    tone: Tone
    mix: Floats


@dataclass(frozen=True)
class Landscape:
    """One continuous canvas that covers the areas of one or more tiles.

    Attributes:
        grid: the canvas; larger than the areas by a margin on each side.
        terrain: relief.
        waters: rivers and lakes of the first year.
        parcels: field patchwork.
        farmland: pixels under crop rotation in the first year, bool.
        arable_chance: that a parcel of its district is farmland, shape (parcels,).
        settlements: towns and roads of the first year.
        first: the ground of the first year before the rotation is applied.
        sward: how leys and fallows look: as meadows do, so that only the odds of the
            district tell their use.
    """

    grid: PixelGrid
    terrain: Terrain
    waters: Waters
    parcels: Parcels
    farmland: Bools
    arable_chance: npt.NDArray[np.float64]
    settlements: Settlements
    first: Ground
    sward: Sward
