"""Towns, villages and the roads between them.

What belongs here: where is built, and of what. What does not: anything else on land.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.simulation.world.fields import (
    Bools,
    Floats,
    draw_curve,
    fractal_noise,
    hash_unit,
    smooth_noise,
    take_share,
)
from lulc_assets.simulation.world.spectra import kind_code
from lulc_assets.simulation.world.terrain import Terrain

_BLOCK_PX = 9.0


@dataclass(frozen=True)
class Settlements:
    """Built land on the canvas, arrays of shape (h, w).

    Attributes:
        town: inside a town or village, bool.
        road: roads between towns, one or two pixels wide, bool.
        kind: kind of ground where ``town`` or ``road``, uint8.
        garden: share of garden in the pixel, 0–1, float32.
        pull: how near to a town, for new building, float32.
    """

    town: Bools
    road: Bools
    kind: npt.NDArray[np.uint8]
    garden: Floats
    pull: Floats


def make_settlements(rng: np.random.Generator, terrain: Terrain, water: Bools) -> Settlements:
    """Place towns in the plain, fill them with blocks and link them by roads."""
    shape = terrain.elevation_m.shape
    centres, radii = _place_towns(rng, terrain)
    rows, cols = np.meshgrid(
        np.arange(shape[0], dtype=np.float32), np.arange(shape[1], dtype=np.float32), indexing="ij"
    )
    pull = np.full(shape, -9, dtype=np.float32)
    angle = np.zeros(shape, dtype=np.float32)
    for (r, c), radius in zip(centres, radii, strict=True):
        own = 1 - np.hypot(rows - r, cols - c).astype(np.float32) / radius
        angle[own > pull] = rng.uniform(0, np.pi)
        pull = np.maximum(pull, own)
    ragged = pull + 0.26 * fractal_noise(rng, shape, 34 * terrain.unit + 4, 4, 0.6)
    free = ~water & (terrain.highland < 0.3)
    town, _ = take_share(ragged, free, lambda x: 0.052 + 0.028 * x)
    road = _draw_roads(rng, centres, terrain, water)
    kind, garden = _fill_towns(rng, rows, cols, (pull, angle), terrain.unit)
    asphalt = road & ~town
    kind[asphalt] = kind_code("streets")
    garden[asphalt] = 0.1
    return Settlements(town, asphalt, kind, garden, ragged)


def _place_towns(
    rng: np.random.Generator, terrain: Terrain
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    height, width = terrain.elevation_m.shape
    unit = terrain.unit
    slots = max(3, round(width / (95 * unit)))
    across = (np.arange(slots) + rng.uniform(0.15, 0.85, slots)) * width / slots
    down = rng.uniform(0.48, 0.97, slots) * height
    radii = np.exp(rng.normal(np.log(23), 0.6, slots)) * unit
    return np.stack([down, across], axis=1), radii.astype(np.float32)


def _draw_roads(
    rng: np.random.Generator,
    centres: npt.NDArray[np.float64],
    terrain: Terrain,
    water: Bools,
) -> Bools:
    height, width = terrain.elevation_m.shape
    line = np.zeros((height, width), dtype=bool)
    ends = np.concatenate([[[centres[0][0], -30.0]], centres, [[centres[-1][0], width + 30.0]]])
    pairs = {(i, i + 1) for i in range(len(ends) - 1)}
    for i in range(1, len(ends) - 3):
        if np.hypot(*(ends[i] - ends[i + 2])) < 330 * terrain.unit:
            pairs.add((i, i + 2))
    t = np.linspace(0, 1, 60)
    wide = np.zeros_like(line)
    for n, (i, j) in enumerate(sorted(pairs)):
        bend = smooth_noise(rng, (4, 60), 40)[1] * np.sin(np.pi * t) * 14 * terrain.unit
        path = ends[i] + (ends[j] - ends[i]) * t[:, None]
        draw_curve(wide if n % 3 == 0 else line, path[:, 0] + bend, path[:, 1] + bend / 2)
    line |= ndimage.binary_dilation(wide, np.ones((2, 2), dtype=bool))
    lanes = max(1, round(width / (260 * terrain.unit)))
    for i in range(lanes):
        col = (i + rng.uniform(0.2, 0.8)) * width / lanes
        along = np.linspace(0.3 * height, height + 5, 60)
        bend = smooth_noise(rng, (4, 60), 22)[1] * 30 * terrain.unit
        draw_curve(line, along, col + bend)
    return line & ~water


def _fill_towns(
    rng: np.random.Generator,
    rows: Floats,
    cols: Floats,
    pull_and_angle: tuple[Floats, Floats],
    unit: float,
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Kind and garden share of every pixel, as if all were town."""
    salt = int(rng.integers(1 << 30))
    pull, angle = pull_and_angle
    rows = rows + smooth_noise(rng, rows.shape, 120 * unit + 10) * np.float32(6 * unit)
    block = _BLOCK_PX * max(unit, 0.6)
    a = (cols * np.cos(angle) + rows * np.sin(angle)) / np.float32(block)
    b = (rows * np.cos(angle) - cols * np.sin(angle)) / np.float32(block * 1.5)
    i, j = np.floor(a).astype(np.int64), np.floor(b).astype(np.int64)
    street = ((a - i) < 1.1 / block) | ((b - j) < 1.1 / (block * 1.5))
    use = hash_unit(i, j, salt=salt)
    house = rng.random(rows.shape, dtype=np.float32)
    kind = np.full(rows.shape, kind_code("tiled_roofs"), dtype=np.uint8)
    garden = np.clip(0.62 - 0.45 * pull + 0.9 * (house - 0.5), 0, 0.92).astype(np.float32)
    industry = (use > 0.82) & (use <= 0.93)
    bright = industry & (hash_unit(i, j, salt=salt + 2) < 0.25)
    kind[industry] = kind_code("halls")
    kind[bright] = kind_code("bright_halls")
    garden[industry] = 0.06
    park = (use > 0.95) & ~street
    kind[park] = kind_code("park")
    garden[park] = 0.15
    kind[street & ~park] = kind_code("streets")
    garden[street & ~park] *= 0.5
    return kind, garden
