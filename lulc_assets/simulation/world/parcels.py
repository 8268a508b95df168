"""Field parcels: a patchwork of strips that turns its direction from district to district.

What belongs here: the layout of parcels and what is grown on them in a year. What does
not: where farmland is (``landscape``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.simulation.world.fields import Bools, Floats, Shape, hash_unit, smooth_noise
from lulc_assets.simulation.world.spectra import KIND_INDEX, KINDS, kind_code

_DISTRICT_PX = 130.0

ROTATION: tuple[tuple[str, float], ...] = (
    ("winter_wheat", 0.36),
    ("maize", 0.31),
    ("rape", 0.09),
    ("beet", 0.09),
    ("fodder", 0.08),
    ("fallow", 0.05),
)
"""Annual crops and their shares; about those of Central European lowlands (Eurostat)."""

ORCHARD_SHARE = 0.05


_LOOKS_LIKE_NAMES = {"fodder": "meadow", "fallow": "dry_grassland"}
LOOKS_LIKE = np.array(
    [KIND_INDEX[_LOOKS_LIKE_NAMES.get(k.name, k.name)] for k in KINDS], dtype=np.uint8
)
"""Kind → what it looks like: a ley is sown grass under the plough every few years, a
fallow a dry sward; crop by use, grass to the eye, in Europe's statistics on one line with
each other (Eurostat: temporary grasses, fallow land)."""


@dataclass(frozen=True)
class Parcels:
    """The patchwork on the canvas.

    Attributes:
        number: parcel of each pixel, shape (h, w), int32, 0 … count − 1.
        key: a random 63-bit key of each parcel, shape (count,), int64.
        border: pixels whose right or lower neighbour is another parcel, bool.
    """

    number: npt.NDArray[np.int32]
    key: npt.NDArray[np.int64]
    border: Bools

    def value(self, salt: int) -> npt.NDArray[np.float64]:
        """A uniform number in [0, 1) for each parcel, shape (count,)."""
        return hash_unit(self.key, salt=salt)


def make_parcels(rng: np.random.Generator, shape: Shape, unit: float) -> Parcels:
    """Lay out strips 5–14 pixels wide and 16–50 long, in districts of one direction."""
    size = float(np.clip(unit, 0.3, 1.0))
    rows, cols = np.meshgrid(
        np.arange(shape[0], dtype=np.float32), np.arange(shape[1], dtype=np.float32), indexing="ij"
    )
    salt = int(rng.integers(1 << 30))
    span = np.float32(_DISTRICT_PX * size)
    bent_r = rows + smooth_noise(rng, shape, 90 * size) * np.float32(16 * size)
    bent_c = cols + smooth_noise(rng, shape, 90 * size) * np.float32(16 * size)
    d_row = np.floor(bent_r / span).astype(np.int64)
    d_col = np.floor((bent_c + span / 2 * (d_row % 2)) / span).astype(np.int64)
    angle = (hash_unit(d_row, d_col, salt=salt) * np.pi).astype(np.float32)
    width = (5 + 9 * hash_unit(d_row, d_col, salt=salt + 1) ** 1.5) * max(size, 0.6)
    length = (16 + 34 * hash_unit(d_row, d_col, salt=salt + 2)) * max(size, 0.5)
    wavy = smooth_noise(rng, shape, 220 * size) * np.float32(5 * size)
    along = cols * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - cols * np.sin(angle) + wavy
    strip = np.floor(across / width).astype(np.int64)
    start = hash_unit(strip, d_row, d_col, salt=salt + 3) * length
    piece = np.floor((along + start) / length).astype(np.int64)
    code = (hash_unit(strip, piece, d_row * 7919 + d_col, salt=salt + 4) * float(1 << 53)).astype(
        np.int64
    )
    keys, place = np.unique(code, return_inverse=True)
    number: npt.NDArray[np.int32] = place.reshape(shape).astype(np.int32)
    border = np.zeros(shape, dtype=bool)
    border[:, :-1] |= number[:, :-1] != number[:, 1:]
    border[:-1, :] |= number[:-1, :] != number[1:, :]
    return Parcels(number, keys, border)


def parcel_mean(parcels: Parcels, field: Floats) -> npt.NDArray[np.float64]:
    """Mean of a field over each parcel, shape (count,)."""
    flat = parcels.number.ravel()
    count = parcels.key.size
    totals = np.bincount(flat, weights=field.ravel(), minlength=count)
    return totals / np.maximum(np.bincount(flat, minlength=count), 1)


def crop_of_parcel(parcels: Parcels, year: int) -> npt.NDArray[np.uint8]:
    """Kind of crop on each parcel in a year, shape (count,), uint8.

    Orchards stay; the rest rotates at random: another crop is not a change of class.
    """
    names, shares = zip(*ROTATION, strict=True)
    bounds = np.cumsum(np.asarray(shares) / sum(shares))
    draw = hash_unit(parcels.key, np.full(parcels.key.size, year), salt=31)
    place = np.minimum(np.searchsorted(bounds, draw, side="right"), len(names) - 1)
    kinds = np.array([kind_code(n) for n in names], dtype=np.uint8)[place]
    kinds[parcels.value(37) < ORCHARD_SHARE] = kind_code("orchard")
    return kinds


def certainty_of_use(
    arable_chance: npt.NDArray[np.float64], meadow_share: float, look: int
) -> npt.NDArray[np.float32]:
    """How sure the use of a parcel of this look can be, shape (count,), float32.

    Args:
        arable_chance: that a parcel of this district is farmland, shape (count,).
        meadow_share: of the grass parcels, how many look so.
        look: kind that is seen.
    """
    total = sum(share for _, share in ROTATION)
    grown = sum(s for name, s in ROTATION if LOOKS_LIKE[kind_code(name)] == look) / total
    crop = arable_chance * grown * (1 - ORCHARD_SHARE)
    odds = crop / (crop + (1 - arable_chance) * meadow_share)
    sure: npt.NDArray[np.float32] = np.maximum(odds, 1 - odds).astype(np.float32)
    return sure
