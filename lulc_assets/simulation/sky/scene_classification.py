"""The scene classification layer (SCL) that a processor would ship, with its mistakes.

What belongs here: SCL codes from the recorded bands and the true sky. What does not: what
the pipeline later does with SCL.

Mistakes on purpose, as Sen2Cor makes them (Skakun et al. 2022; Baetens et al. 2019,
Remote Sensing 11): part of the thin cloud is missed, part of the bright roofs is called
cloud, dark water is called shadow, cloud borders are grown by a pixel.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.simulation.sky.clouds import Sky
from lulc_assets.simulation.sky.profiles import SensorProfile
from lulc_assets.simulation.world.fields import Bools, Floats, hash_unit, smooth_noise
from lulc_assets.simulation.world.ground import Ground
from lulc_assets.simulation.world.spectra import kind_code

SCL_DARK = 2
SCL_SHADOW = 3
SCL_VEGETATION = 4
SCL_NOT_VEGETATED = 5
SCL_WATER = 6
SCL_UNCLASSIFIED = 7
SCL_CLOUD_MEDIUM = 8
SCL_CLOUD_HIGH = 9
SCL_CIRRUS = 10
SCL_SNOW = 11

THIN_OPACITY = 0.10
MEDIUM_OPACITY = 0.36
HIGH_OPACITY = 0.62
"""Opacities from which the processor could see cirrus, cloud, and thick cloud."""

_BLOCK_OF_ROOFS_PX = 4


def classify_scene(
    rng: np.random.Generator,
    ground: Ground,
    sky: Sky,
    *,
    snow: Floats,
    bands_10m: npt.NDArray[np.float32],
    swir1: Floats,
    profile: SensorProfile,
) -> npt.NDArray[np.uint8]:
    """SCL codes 2–11 at 20 m, shape (h / 2, w / 2), uint8.

    Args:
        rng: of the pass.
        ground: true ground, at 10 m.
        sky: true sky, at 10 m.
        snow: true share of seasonal snow, at 10 m.
        bands_10m: recorded red, green, blue, nir, shape (4, h, w).
        swir1: recorded B11 at 20 m.
        profile: shares of the mistakes.
    """
    red, green, _, nir = (_block_mean(band) for band in bands_10m)
    scl = _ground_codes(red, green, nir, swir1)
    _mistake_dark_water(rng, scl, nir)
    snowy = _block_mean(snow) > 0.5
    scl[snowy & (green > 0.35)] = SCL_SNOW
    opacity = _block_mean(sky.opacity)
    shape = opacity.shape
    shade = _block_mean(sky.shadow) + 0.08 * smooth_noise(rng, shape, 12)
    scl[shade > 0.42] = SCL_SHADOW
    _mistake_roofs(scl, ground, profile)
    spread = ndimage.maximum_filter(opacity, 3)
    hidden = smooth_noise(rng, shape, 70)
    seen = hidden > np.quantile(hidden[::4, ::4], profile.thin_cloud_missed_share)
    scl[(opacity > THIN_OPACITY) & seen] = SCL_CIRRUS
    scl[(opacity > MEDIUM_OPACITY) | (spread > HIGH_OPACITY)] = SCL_CLOUD_MEDIUM
    scl[opacity > HIGH_OPACITY] = SCL_CLOUD_HIGH
    return scl


def _ground_codes(red: Floats, green: Floats, nir: Floats, swir1: Floats) -> npt.NDArray[np.uint8]:
    tiny = np.float32(1e-4)
    ndvi = (nir - red) / np.maximum(nir + red, tiny)
    ndwi = (green - nir) / np.maximum(green + nir, tiny)
    ndsi = (green - swir1) / np.maximum(green + swir1, tiny)
    scl = np.full(red.shape, SCL_NOT_VEGETATED, dtype=np.uint8)
    scl[(ndvi > 0.32) & (ndvi < 0.38)] = SCL_UNCLASSIFIED
    scl[ndvi >= 0.38] = SCL_VEGETATION
    scl[(red + green + nir < 0.16) & (ndvi < 0.5)] = SCL_DARK
    scl[(ndwi > 0.05) & (swir1 < 0.07)] = SCL_WATER
    scl[(ndsi > 0.4) & (green > 0.3)] = SCL_SNOW
    return scl


def _mistake_dark_water(rng: np.random.Generator, scl: npt.NDArray[np.uint8], nir: Floats) -> None:
    """Where dark water lies in odd patches, call it shadow."""
    odd = smooth_noise(rng, scl.shape, 26) > 1.3
    scl[(scl == SCL_WATER) & (nir < 0.03) & odd] = SCL_SHADOW


def _mistake_roofs(scl: npt.NDArray[np.uint8], ground: Ground, profile: SensorProfile) -> None:
    """Bright halls are taken for cloud, the same ones on every date."""
    bright: Bools = ground.kind == kind_code("bright_halls")
    share = _block_mean(bright.astype(np.float32))
    rows, cols = np.indices(scl.shape) // _BLOCK_OF_ROOFS_PX
    same_on_all_dates = hash_unit(rows, cols, salt=53) < profile.bright_as_cloud_share
    scl[(share > 0.4) & same_on_all_dates] = SCL_CLOUD_MEDIUM


def _block_mean(values: npt.NDArray[np.float32]) -> Floats:
    pairs = values[0::2] + values[1::2]
    return ((pairs[:, 0::2] + pairs[:, 1::2]) * np.float32(0.25)).astype(np.float32)
