"""The sky of one pass: clouds of several kinds, their shadows, haze.

What belongs here: opacity, brightness and shadow fields. What does not: what the scene
classification makes of them (``scene_classification``).

Shadows lie where the sun throws them: a cloud at height h is displaced by h · tan(zenith)
away from the sun. The sky is made larger than the canvas on that side, so that shadows of
clouds outside fall into it too.
"""

from dataclasses import dataclass

import numpy as np

from lulc_assets.simulation.sky.passes import Pass
from lulc_assets.simulation.world.fields import Floats, Shape, fractal_noise, ramp, smooth_noise

_CIRRUS_MAX = 0.34
_LONGEST_SHADOW_PX = 420.0


@dataclass(frozen=True)
class Sky:
    """What stands between ground and sensor, float32 arrays of shape (h, w).

    Attributes:
        opacity: share of the signal that is cloud, 0–1.
        brightness: reflectance of the cloud in red.
        shadow: how much of the sun the clouds take from the ground, 0–1.
        haze: reflectance that haze adds in blue; less in longer waves.
    """

    opacity: Floats
    brightness: Floats
    shadow: Floats
    haze: float


def make_sky(rng: np.random.Generator, shape: Shape, scene: Pass) -> Sky:
    """Make the clouds of one pass."""
    if scene.sky == "overcast":
        deck = fractal_noise(rng, shape, 260, 5)
        opacity = np.clip(0.96 + 0.05 * deck, 0.82, 1.0).astype(np.float32)
        return Sky(opacity, _brightness(rng, shape), np.zeros_like(opacity), 0.0)
    down, right = shadow_displacement_px(scene, rng.uniform(700, 1900))
    wide = (shape[0] + abs(down), shape[1] + abs(right))
    thick = np.zeros(wide, dtype=np.float32)
    if scene.sky in ("scattered", "broken"):
        cover = rng.uniform(0.10, 0.26) if scene.sky == "scattered" else rng.uniform(0.38, 0.6)
        wave = rng.uniform(70, 170) if scene.sky == "scattered" else rng.uniform(170, 320)
        thick = np.maximum(_puffs(rng, wide, wave, cover), _puffs(rng, wide, 28, 0.025))
    elif rng.random() < 0.6:
        thick = _puffs(rng, wide, 34, 0.012)
    casting, opacity = thick, thick
    if scene.sky in ("cirrus", "broken"):
        veil = fractal_noise(rng, wide, 300, 5, 0.55)
        thin = np.float32(_CIRRUS_MAX) * ramp(veil, 0.1, 1.7)
        opacity, casting = np.maximum(thick, thin), np.maximum(thick, 0.35 * thin)
    row, col = max(down, 0), max(right, 0)
    above = opacity[row : row + shape[0], col : col + shape[1]]
    sunward = casting[row - down :, col - right :][: shape[0], : shape[1]]
    haze = float(rng.gamma(1.5, 0.004))
    return Sky(np.array(above), _brightness(rng, shape), np.array(sunward), haze)


def shadow_displacement_px(scene: Pass, height_m: float) -> tuple[int, int]:
    """Rows down and columns right from a cloud to its shadow."""
    length_px = height_m / 10.0 * np.tan(np.deg2rad(scene.sun_zenith_deg))
    length_px = min(length_px, _LONGEST_SHADOW_PX)
    azimuth = np.deg2rad(scene.sun_azimuth_deg)
    return round(np.cos(azimuth) * length_px), round(-np.sin(azimuth) * length_px)


def _puffs(rng: np.random.Generator, shape: Shape, wave_px: float, cover: float) -> Floats:
    field = fractal_noise(rng, shape, wave_px, 6, 0.6)
    threshold = float(np.quantile(field[::4, ::4], 1 - cover))
    return np.float32(0.98) * ramp(field, threshold - 0.12, threshold + 0.5)


def _brightness(rng: np.random.Generator, shape: Shape) -> Floats:
    texture = smooth_noise(rng, shape, 60) + 0.5 * smooth_noise(rng, shape, 14)
    return np.clip(0.62 + 0.10 * texture, 0.34, 0.95).astype(np.float32)
