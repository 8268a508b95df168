"""What the sensor records: ground and sky become digital numbers, a file per band and SCL.

What belongs here: illumination, snow cover, point spread, registration, noise, forming
of 20 m bands, swath edge, quantisation. What does not: the ground (``landscape``), the
sky (``clouds``), the scene classification (``scene_classification``), what differs from
band to band (``bands``), files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.simulation.sky.clouds import Sky, make_sky
from lulc_assets.simulation.sky.passes import QUANTIFICATION, Pass
from lulc_assets.simulation.sky.profiles import SensorProfile
from lulc_assets.simulation.sky.scene_classification import classify_scene
from lulc_assets.simulation.world.bands import SIX, Band
from lulc_assets.simulation.world.fields import Bools, Floats, fractal_noise, smooth_noise
from lulc_assets.simulation.world.ground import Ground, Landscape
from lulc_assets.simulation.world.phenology import EARLINESS_COUNT, draw_weather, reflectance_on_day
from lulc_assets.simulation.world.spectra import MATERIAL_NAMES, class_of_kind, material_table

PSF_SIGMA_10M_PX = 0.55
"""Gives a modulation of 0.22 at the Nyquist frequency; S2 has 0.15–0.35 (S2 MPC)."""
PSF_SIGMA_20M_PX = 1.05
TOPOGRAPHY_RESIDUAL = 0.35
"""Of the effect of slopes on light, what the terrain correction leaves."""
GLOBAL_REFERENCE_FROM = datetime(2021, 3, 30, tzinfo=UTC)
UNREFINED_FACTOR = 2.4
"""12 m instead of 5 m at 95 % in products made before they were refined with the global
reference image (Sentinel-2 MPC, L1C data quality reports); a later processing is refined."""
_SNOW_ON_TREES = 0.3
_LOWLAND_SNOW_CHANCE = 0.15


@dataclass(frozen=True)
class Observation:
    """One pass over the canvas as stored.

    Attributes:
        dn: band → digital numbers, uint16; B02 B03 B04 B08 on the 10 m canvas, the others
            at half its size. 0 is no data.
        scl: scene classification at 20 m, uint8.
        offset_dn: what the digital numbers have on top of 10000 · reflectance.
    """

    dn: dict[str, npt.NDArray[np.uint16]]
    scl: npt.NDArray[np.uint8]
    offset_dn: int

    def with_offset(self, offset_dn: int) -> "Observation":
        """The same pixels as a processing with another offset stores them."""
        up = np.int32(offset_dn - self.offset_dn)
        dn = {}
        for name, stored in self.dn.items():
            covered = (self.scl if stored.shape == self.scl.shape else _double(self.scl)) > 0
            moved = np.clip(stored.astype(np.int32) + up, 1 if offset_dn else 0, 65_535)
            dn[name] = np.where(covered, moved, 0).astype(np.uint16)
        return Observation(dn, self.scl, offset_dn)


@dataclass(frozen=True)
class View:
    """Arrays of one year's ground in the form in which each pass needs them."""

    landscape: Landscape
    ground: Ground
    main: npt.NDArray[np.intp]
    other: npt.NDArray[np.intp]
    relative_height: Floats

    @classmethod
    def of(cls, landscape: Landscape, ground: Ground) -> "View":
        """Prepare a year's ground for its passes."""
        early = ground.earliness.astype(np.intp)
        height = landscape.terrain.elevation_m - 260
        return cls(
            landscape,
            ground,
            ground.look.astype(np.intp) * EARLINESS_COUNT + early,
            ground.other.astype(np.intp) * EARLINESS_COUNT + early,
            (height / (2500 * landscape.terrain.unit**0.5)).astype(np.float32),
        )


def observe(
    view: View,
    scene: Pass,
    swath: Bools,
    profile: SensorProfile,
    seed: int,
    bands: Sequence[Band] = SIX,
) -> Observation:
    """Record one pass.

    Args:
        view: the year's ground.
        scene: the pass.
        swath: what the swath covers, at 20 m, shape (h / 2, w / 2), bool.
        profile: how hard the sensor makes it.
        seed: of the archive.
        bands: one of ``bands.BAND_SETS``.
    """
    grid = view.landscape.grid
    words = [seed, int(grid.x0), int(grid.y0), scene.year, scene.number]
    rng = np.random.default_rng([*words, 3])
    sky = make_sky(rng, grid.shape, scene)
    snow = _snow_cover(rng, view, scene)
    light = _illumination(view.landscape, scene)
    light *= view.ground.brightness
    light *= 1 + np.float32(0.02) * smooth_noise(rng, grid.shape, 8)
    weather = draw_weather(seed, scene.year)
    southern = 32700 < grid.epsg < 32800
    table = reflectance_on_day(scene.day_of_year, weather, southern=southern, bands=len(bands))
    shift = rng.normal(0.0, _misregistration_px(scene, profile) / 2.45, 2)
    # Noise of their own: the six bands are the same with and without the others.
    noise = [rng] * len(SIX) + [np.random.default_rng([*words, 4])] * (len(bands) - len(SIX))
    white = material_table(len(bands))[MATERIAL_NAMES.index("fresh_snow")]
    recorded = []
    for i, band in enumerate(bands):
        radiance = _band(
            view, sky, snow, light, of_kind=table[:, :, i], fresh_snow=white[i], band=band
        )
        recorded.append(_record(noise[i], radiance, band, shift, scene.view))
    bands_10m = np.stack(recorded[:4])
    scl = classify_scene(
        rng,
        view.ground,
        sky,
        snow=snow,
        bands_10m=bands_10m,
        swir1=recorded[4],
        profile=profile,
    )
    scl[~swath] = 0
    keep = _double(swath)
    dn = {
        band.name: _quantise(seen, keep if seen.shape == keep.shape else swath, scene.offset_dn)
        for band, seen in zip(bands, recorded, strict=True)
    }
    return Observation(dn, scl, scene.offset_dn)


def _misregistration_px(scene: Pass, profile: SensorProfile) -> float:
    """What 95 % of dates stay below: more before products were tied to the reference image."""
    refined = scene.generated >= GLOBAL_REFERENCE_FROM
    return profile.misregistration_px * (1.0 if refined else UNREFINED_FACTOR)


def _snow_cover(rng: np.random.Generator, view: View, scene: Pass) -> Floats:
    """Share of each pixel under seasonal snow: above a line that sinks in winter."""
    winter = np.cos(2 * np.pi * (scene.day_of_year - 25) / 365.0)
    if 32700 < view.landscape.grid.epsg < 32800:
        winter = -winter
    line = 1.46 - winter + rng.normal(0.0, 0.07)
    if winter > 0.7 and rng.random() < _LOWLAND_SNOW_CHANCE:
        line -= 0.42
    ragged = view.relative_height + np.float32(0.035) * fractal_noise(
        rng, view.relative_height.shape, 160, 5
    )
    cover = np.clip((ragged - np.float32(line)) / np.float32(0.08) + 0.5, 0, 1)
    hold = np.ones(10, dtype=np.float32)
    hold[1], hold[2], hold[4], hold[7] = 0.0, _SNOW_ON_TREES, 0.6, 0.6
    held: Floats = hold[class_of_kind()][view.ground.look]
    snow: Floats = (cover * held).astype(np.float32)
    return snow


def _illumination(landscape: Landscape, scene: Pass) -> Floats:
    """What slopes do to the light after an imperfect correction, about 1."""
    zenith, azimuth = np.deg2rad(scene.sun_zenith_deg), np.deg2rad(scene.sun_azimuth_deg)
    east, north = landscape.terrain.slope_east, landscape.terrain.slope_north
    slant = np.sqrt(1 + east**2 + north**2)
    towards = east * np.float32(np.sin(azimuth)) + north * np.float32(np.cos(azimuth))
    cosine = (1 - towards * np.float32(np.tan(zenith))) / slant
    relative = 1 + np.float32(TOPOGRAPHY_RESIDUAL) * (np.clip(cosine, 0.0, 2.2) - 1)
    light: Floats = np.clip(relative, 0.3, 1.6).astype(np.float32)
    return light


def _band(
    view: View,
    sky: Sky,
    snow: Floats,
    light: Floats,
    *,
    of_kind: npt.NDArray[np.float32],
    fresh_snow: np.float32,
    band: Band,
) -> Floats:
    """Reflectance of one band above the haze, before the sensor, at 10 m.

    ``of_kind`` is the band's part of ``reflectance_on_day``, shape (kinds, earliness).
    """
    column = np.ascontiguousarray(of_kind.ravel())
    ground = column[view.main]
    ground += (column[view.other] - ground) * view.ground.mix
    ground *= light
    ground *= 1 + np.float32(band.dryness) * view.ground.dryness
    ground += (fresh_snow * 0.95 - ground) * snow
    ground *= 1 - np.float32(band.direct) * sky.shadow
    ground += np.float32(sky.haze * band.haze)
    ground += (np.float32(band.cloud) * sky.brightness - ground) * sky.opacity
    return ground


def _record(
    rng: np.random.Generator,
    radiance: Floats,
    band: Band,
    shift: npt.NDArray[np.float64],
    view_direction: int,
) -> Floats:
    """Blur, shift, sample and add noise; 20 m bands come out at half the size."""
    fine = band.gsd_m == 10
    sigma = PSF_SIGMA_10M_PX if fine else PSF_SIGMA_20M_PX
    taps = np.arange(-3, 4) if fine else np.arange(-5, 6)
    for axis in (0, 1):
        kernel = np.exp(-((taps - shift[axis]) ** 2) / (2 * sigma**2))
        weights = (kernel / kernel.sum()).astype(np.float32)
        radiance = ndimage.correlate1d(radiance, weights, axis=axis, mode="nearest")
    if not fine:
        radiance = halve(radiance)
    radiance *= np.float32((1.0, 0.965)[view_direction])
    noise = rng.standard_normal(radiance.shape, dtype=np.float32)
    return radiance + np.float32(band.noise) * noise


def halve(values: Floats) -> Floats:
    """Mean over blocks of 2 × 2 pixels."""
    pairs = values[0::2] + values[1::2]
    return (pairs[:, 0::2] + pairs[:, 1::2]) * np.float32(0.25)


def _double(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each 20 m pixel as four of 10 m."""
    return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)


def _quantise(reflectance: Floats, covered: Bools, offset_dn: int) -> npt.NDArray[np.uint16]:
    """Digital numbers; below zero is cut at DN 0 in baselines without the offset."""
    dn = np.rint(reflectance * np.float32(QUANTIFICATION)) + np.float32(offset_dn)
    lowest = 1 if offset_dn else 0
    stored: npt.NDArray[np.uint16] = np.clip(dn, lowest, 65_535).astype(np.uint16)
    stored[~covered] = 0
    return stored
