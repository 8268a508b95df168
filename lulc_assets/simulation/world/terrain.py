"""Relief and water: where the mountains are, and where water runs and stands.

What belongs here: elevation, slopes, rivers, lakes, flooded margins. What does not: what
grows or is built on land.

A range rises in the north, a plain with a river lies in the south; lengths scale with the
smaller side of the area, so that a tiny area has all of it too.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lulc_assets.simulation.world.fields import (
    Bools,
    Floats,
    Shape,
    distance_px,
    draw_curve,
    fractal_noise,
    smooth_noise,
    take_share,
)

FULL_SIZE_PX = 1024


@dataclass(frozen=True)
class Terrain:
    """Relief on the canvas, all arrays of shape (h, w).

    Attributes:
        unit: 1 on areas of 1024 pixels and more, less on smaller ones.
        elevation_m: metres above the sea, float32.
        highland: 0 in the plain … 1 on the main ridge, float32.
        slope_east: rise towards the east, metres a metre, float32.
        slope_north: rise towards the north, float32.
    """

    unit: float
    elevation_m: Floats
    highland: Floats
    slope_east: Floats
    slope_north: Floats


@dataclass(frozen=True)
class Waters:
    """Water and what it wets, bool arrays of shape (h, w)."""

    river: Bools
    lake: Bools
    flooded: Bools
    gravel: Bools


def make_terrain(rng: np.random.Generator, shape: Shape) -> Terrain:
    """A range in the north with side valleys, foothills, and a gently rolling plain."""
    unit = float(np.clip(min(shape) / FULL_SIZE_PX, 0.08, 1.0))
    rows = (np.arange(shape[0], dtype=np.float32) / shape[0])[:, None]
    bend = fractal_noise(rng, shape, 420 * unit, 5, 0.5)
    highland = np.clip((0.47 - rows - 0.085 * bend) / 0.46, 0, 1).astype(np.float32)
    ridges = 1.0 - np.abs(fractal_noise(rng, shape, 240 * unit, 6, 0.55)) * 0.9
    rolling = fractal_noise(rng, shape, 260 * unit, 4, 0.4)
    peaks = 2500 * highland**1.25 * (0.62 + 0.38 * ridges)
    hills = 45 * rolling + 160 * np.clip(rolling - 0.7, 0, None)
    elevation = (260 + 60 * (1 - rows) + peaks * unit**0.5 + hills * unit).astype(np.float32)
    smooth = ndimage.gaussian_filter(elevation, 1.5)
    down, right = np.gradient(smooth)
    return Terrain(
        unit=unit,
        elevation_m=elevation,
        highland=highland,
        slope_east=(right / 10.0).astype(np.float32),
        slope_north=(-down / 10.0).astype(np.float32),
    )


def make_waters(rng: np.random.Generator, terrain: Terrain) -> Waters:
    """One river with tributaries, lakes and ponds in the plain, reeds and gravel beside."""
    shape = terrain.elevation_m.shape
    unit = terrain.unit
    river, channel_distance = _draw_rivers(rng, terrain)
    low = terrain.highland < 0.12
    basin = smooth_noise(rng, shape, 120 * unit) + 0.35 * fractal_noise(rng, shape, 40 * unit, 4)
    lake, _ = take_share(basin - 8 * terrain.highland, low & ~river, lambda x: 0.052 - 0.016 * x)
    ponds, _ = take_share(smooth_noise(rng, shape, 26 * unit + 6), low, lambda x: 0.003 + 0 * x)
    lake |= ponds & low
    water = river | lake
    near = distance_px(water)
    wet = fractal_noise(rng, shape, 50 * unit + 6, 4, 0.6) - near / np.float32(9 * unit + 3)
    flooded, _ = take_share(wet, low & ~water, lambda x: 0.040 - 0.012 * x)
    bars = smooth_noise(rng, shape, 40 * unit + 4) - channel_distance / np.float32(4.0)
    gravel, _ = take_share(bars, ~water & ~flooded, lambda x: 0.004 + 0.003 * x)
    return Waters(river, lake, flooded, gravel)


def _draw_rivers(rng: np.random.Generator, terrain: Terrain) -> tuple[Bools, Floats]:
    height, width = terrain.elevation_m.shape
    unit = terrain.unit
    line = np.zeros((height, width), dtype=bool)
    cols = np.arange(-20, width + 20)
    sway = smooth_noise(rng, (4, cols.size), 420 * unit)[1] * 0.045
    meander = smooth_noise(rng, (4, cols.size), 60 * unit + 10)[1] * 0.02
    rows = (0.74 + sway + meander) * height
    draw_curve(line, rows, cols)
    distance = distance_px(line)
    half_width = (2.6 + 1.6 * np.clip(smooth_noise(rng, (4, width), 90 * unit)[1], -1, 2)) * max(
        unit, 0.4
    )
    river = distance < half_width[None, :].astype(np.float32)
    brooks = np.zeros_like(line)
    count = max(2, round(width / (210 * unit)))
    for i in range(count):
        start = (i + rng.uniform(0.2, 0.8)) * width / count
        down = np.linspace(rng.uniform(0.12, 0.35) * height, 0.76 * height, 200)
        bend = smooth_noise(rng, (4, 200), 70)[1] * 16 * unit + np.linspace(0, 40 * unit, 200)
        bend += smooth_noise(rng, (4, 200), 14)[1] * 4.5 * unit
        along = start + bend
        at = np.clip(along, 0, width - 1).astype(int)
        keep = down <= rows[at + 20] + 1
        draw_curve(brooks, down[keep], along[keep])
    wide = ndimage.binary_dilation(brooks, np.ones((2, 2), dtype=bool))
    lower = terrain.highland < 0.2
    return river | (wide & lower) | brooks, distance
