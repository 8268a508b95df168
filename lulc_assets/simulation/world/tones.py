"""Brightness, dryness and calendar of the ground: what varies within a class.

What belongs here: fields along the canvas, by stand and by parcel. What does not: kinds.
The variation has structure at every scale: a drift from tile to tile, soils over
kilometres, stands and parcels, crowns and tussocks. Little of it is noise from pixel to
pixel.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.simulation.world.communities import TEXTURE
from lulc_assets.simulation.world.fields import Bools, Floats, Shape, smooth_noise
from lulc_assets.simulation.world.parcels import Parcels
from lulc_assets.simulation.world.phenology import EARLINESS_COUNT
from lulc_assets.simulation.world.spectra import kind_code


@dataclass(frozen=True)
class Tone:
    """How ground of one kind differs from place to place, arrays of shape (h, w).

    Attributes:
        earliness: index into ``phenology.EARLINESS_DAYS``, uint8.
        brightness: factor on reflectance, about 1, float32.
        dryness: how dry and sparse plants and soil are, about 0 ± 1, float32.
    """

    earliness: npt.NDArray[np.uint8]
    brightness: Floats
    dryness: Floats

    def where(self, chosen: Bools, other: "Tone") -> "Tone":
        """This tone where chosen, the other elsewhere."""
        return Tone(
            np.where(chosen, self.earliness, other.earliness),
            np.where(chosen, self.brightness, other.brightness),
            np.where(chosen, self.dryness, other.dryness),
        )


class Tones:
    """Fields of tone on one canvas; the same soil lies under all of them."""

    def __init__(self, rng: np.random.Generator, shape: Shape, unit: float) -> None:
        self.rng, self.shape, self.unit = rng, shape, unit
        self.east = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
        self.soil = 1 + smooth_noise(rng, shape, 320 * unit + 10) * 0.08 + 0.06 * self.east
        self.dry = 0.45 * smooth_noise(rng, shape, 300 * unit + 10) + 0.3 * self.east
        self.dry += 0.25 * smooth_noise(rng, shape, 7)
        self.fine = smooth_noise(rng, shape, 4)
        self.stands = smooth_noise(rng, shape, 26 * unit + 6) * 0.06
        self.calendar = smooth_noise(rng, shape, 35 * unit + 5) * 1.1
        self.patchy_dry = smooth_noise(rng, shape, 40 * unit + 6) * 0.35

    def grown(self, look: npt.NDArray[np.uint8]) -> Tone:
        """Of what grew by itself: it varies smoothly, with the texture of its look."""
        late = self.calendar + self.east + EARLINESS_COUNT / 2
        tone = self.soil + self.stands + self.fine * TEXTURE[look]
        return _checked(late, tone, self.dry + self.patchy_dry)

    def sown(self, parcels: Parcels) -> Tone:
        """Of fields: each parcel is tilled as one."""
        number = parcels.number
        late = (parcels.value(23) * EARLINESS_COUNT)[number] + 0.8 * self.east
        tone = (parcels.value(29) - 0.5)[number].astype(np.float32) * 0.36
        tone = self.soil + tone + self.fine * TEXTURE[kind_code("winter_wheat")]
        dry = (parcels.value(43) - 0.5)[number].astype(np.float32) * 1.6
        return _checked(late, tone, self.dry + dry)


def _checked(late: npt.NDArray[np.floating], tone: Floats, dry: Floats) -> Tone:
    return Tone(
        np.clip(np.floor(late), 0, EARLINESS_COUNT - 1).astype(np.uint8),
        np.clip(tone, 0.55, 1.6).astype(np.float32),
        np.clip(dry, -1.6, 1.6).astype(np.float32),
    )
