"""The truth: which kind of ground lies on every pixel in every year.

What belongs here: putting terrain, water, towns, forest, scrub, fields and rocks together
on one continuous canvas. What does not: what happens between years (``change``), how it
looks (``phenology``), how it is seen (``sensor``).

Shares of the classes drift from west to east, so that two neighbouring tiles differ and
a model that is trained on one has to generalise to the other.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.fields import (
    Bools,
    Floats,
    fractal_noise,
    hash_unit,
    ramp,
    smooth_noise,
    take_share,
)
from lulc_assets.simulation.parcels import Parcels, crop_of_parcel, make_parcels, parcel_mean
from lulc_assets.simulation.phenology import EARLINESS_COUNT
from lulc_assets.simulation.settlements import Settlements, make_settlements
from lulc_assets.simulation.spectra import class_of_kind, kind_code
from lulc_assets.simulation.terrain import Terrain, Waters, make_terrain, make_waters

_CROPS = kind_code("winter_wheat")
"""Stands for "whatever crop the rotation says" until a year is known."""


@dataclass(frozen=True)
class Ground:
    """What lies on the canvas in one year, arrays of shape (h, w).

    Attributes:
        kind: main kind of ground, uint8, index into ``spectra.KINDS``.
        other: kind that is mixed in, uint8.
        mix: its share, 0–1, float32; the main kind names the class of the community, so
            that a single pixel of scrub or town may be mostly grass or garden.
        earliness: index into ``phenology.EARLINESS_DAYS``, uint8.
        brightness: factor on reflectance, about 1, float32.
    """

    kind: npt.NDArray[np.uint8]
    other: npt.NDArray[np.uint8]
    mix: Floats
    earliness: npt.NDArray[np.uint8]
    brightness: Floats

    @property
    def land_class(self) -> npt.NDArray[np.uint8]:
        """Truth, shape (h, w), uint8, codes 1–9: the class of the main kind."""
        classes: npt.NDArray[np.uint8] = class_of_kind()[self.kind]
        return classes


@dataclass(frozen=True)
class Landscape:
    """One continuous canvas that covers the areas of one or more tiles.

    Attributes:
        grid: the canvas; larger than the areas by a margin on each side.
        terrain: relief.
        waters: rivers and lakes of the first year.
        parcels: field patchwork.
        farmland: pixels under crop rotation in the first year, bool.
        settlements: towns and roads of the first year.
        first: the ground of the first year before the rotation is applied.
    """

    grid: PixelGrid
    terrain: Terrain
    waters: Waters
    parcels: Parcels
    farmland: Bools
    settlements: Settlements
    first: Ground


def make_landscape(grid: PixelGrid, seed: int) -> Landscape:
    """Make the landscape of a canvas; the same for the same grid and seed."""
    rng = np.random.default_rng([seed, int(grid.x0), int(grid.y0), grid.epsg, 1])
    terrain = make_terrain(rng, grid.shape)
    waters = make_waters(rng, terrain)
    wet = waters.river | waters.lake
    towns = make_settlements(rng, terrain, wet | waters.flooded)
    parcels = make_parcels(rng, grid.shape, terrain.unit)
    builder = _Builder(rng, terrain, parcels)
    builder.place_heights()
    builder.place_woods(wet | waters.flooded | towns.town, waters)
    builder.place_open_land()
    farmland = builder.place_fields()
    builder.place_hedges()
    builder.overlay(waters, towns)
    farmland &= builder.kind == _CROPS
    return Landscape(grid, terrain, waters, parcels, farmland, towns, builder.ground())


def apply_rotation(landscape: Landscape, ground: Ground, year: int) -> Ground:
    """Put the year's crops on the farmland that is still farmland."""
    number = landscape.parcels.number
    still = landscape.farmland & (ground.kind == _CROPS)
    kind, other, mix = ground.kind.copy(), ground.other.copy(), ground.mix.copy()
    crops = crop_of_parcel(landscape.parcels, year)[number]
    kind[still] = crops[still]
    thin = hash_unit(landscape.parcels.key, np.full(landscape.parcels.key.size, year), salt=41)
    thin_soil = (0.22 * thin**2).astype(np.float32)[number]
    mix[still] = np.clip(mix + thin_soil, 0, 0.5)[still]
    other[still] = kind_code("quarry")
    trees = still & (kind == kind_code("orchard"))
    other[trees] = kind_code("pasture")
    mix[trees] = np.clip(0.3 + 0.5 * mix[trees], 0, 0.6)
    return replace(ground, kind=kind, other=other, mix=mix)


class _Builder:
    """Fills the canvas layer by layer; later layers overwrite earlier ones."""

    def __init__(self, rng: np.random.Generator, terrain: Terrain, parcels: Parcels) -> None:
        shape = terrain.elevation_m.shape
        self.rng, self.terrain, self.parcels, self.shape = rng, terrain, parcels, shape
        self.kind = np.full(shape, kind_code("meadow"), dtype=np.uint8)
        self.other = np.full(shape, kind_code("dry_grassland"), dtype=np.uint8)
        self.patchy = smooth_noise(rng, shape, 9)
        self.mix = np.clip(0.14 + 0.10 * self.patchy, 0, 0.5).astype(np.float32)
        self.free = np.ones(shape, dtype=bool)

    def _put(self, where: Bools, kind: str, other: str, mix: Floats | float | None = None) -> None:
        self.kind[where] = kind_code(kind)
        self.other[where] = kind_code(other)
        if mix is not None:
            values = np.broadcast_to(np.asarray(mix, dtype=np.float32), self.shape)
            self.mix[where] = values[where]
        self.free &= ~where

    def place_heights(self) -> None:
        """Permanent snow on the highest ground, rock and scree below and on steep slopes."""
        t = self.terrain
        rough = fractal_noise(self.rng, self.shape, 60 * t.unit + 6, 4)
        height = t.elevation_m / np.float32(2500 * t.unit**0.5)
        north = np.clip(-t.slope_north, -1, 1) * 0.25
        snow, margin = take_share(
            height + 0.05 * rough - north, self.free, lambda x: 0.030 + 0.014 * x
        )
        self._put(snow, "permanent_snow", "scree", np.clip(0.45 - 6 * margin, 0, 0.45))
        steep = np.hypot(t.slope_east, t.slope_north)
        score = height + 0.35 * steep + 0.10 * rough
        bare, margin = take_share(score, self.free, lambda x: 0.034 + 0.022 * x)
        cliffs = bare & (smooth_noise(self.rng, self.shape, 50 * t.unit + 6) > 0.4)
        sparse = np.clip(0.48 - 2.5 * margin + 0.08 * self.patchy, 0, 0.5)
        self._put(bare, "scree", "alpine_grass", sparse)
        self._put(cliffs, "dark_cliffs", "alpine_grass", sparse)

    def place_woods(self, taken: Bools, waters: Waters) -> None:
        """Forest on the slopes and in the plain, with clearings; trees along rivers."""
        t = self.terrain
        slopes = ramp(t.highland, 0.05, 0.28) * (1 - ramp(t.highland, 0.42, 0.62))
        cover = fractal_noise(self.rng, self.shape, 150 * t.unit + 8, 6, 0.68)
        score = cover + 1.2 * slopes - 2.2 * ramp(t.highland, 0.5, 0.8)
        wood, margin = take_share(score, self.free & ~taken, lambda x: 0.235 + 0.06 * x)
        blend = fractal_noise(self.rng, self.shape, 80 * t.unit + 8, 4) + 4 * (t.highland - 0.25)
        other = np.clip(0.42 - 0.35 * np.abs(blend) + 0.06 * self.patchy, 0, 0.5)
        edge = margin < 0.10
        self._put(wood & (blend > 0), "conifers", "broadleaf_forest", other)
        self._put(wood & (blend <= 0), "broadleaf_forest", "conifers", other)
        young = smooth_noise(self.rng, self.shape, 30 * t.unit + 5) > 1.35
        young |= edge & (self.patchy > 0.3)
        self._put(wood & young, "young_forest", "shrubs", np.clip(0.2 + 0.2 * self.patchy, 0, 0.5))
        bank = self._beside(waters.river) & (
            smooth_noise(self.rng, self.shape, 40 * t.unit + 5) > 0.2
        )
        self._put(bank & self.free, "broadleaf_forest", "meadow", 0.2)

    @staticmethod
    def _beside(mask: Bools) -> Bools:
        wide = mask.copy()
        for step in (1, 2):
            wide[step:, :] |= mask[:-step, :]
            wide[:-step, :] |= mask[step:, :]
        return wide & ~mask

    def place_open_land(self) -> None:
        """Scrub on dry and high ground, grading into grass without a sharp border."""
        t = self.terrain
        belt = ramp(t.highland, 0.30, 0.50)
        cover = fractal_noise(self.rng, self.shape, 90 * t.unit + 8, 5, 0.62)
        score = cover + 1.3 * belt
        scrub, margin = take_share(score, self.free, lambda x: 0.075 + 0.03 * x)
        shrub_share = 0.5 + 0.45 * np.tanh(margin * 4.0) + 0.07 * self.patchy
        share = np.clip(shrub_share, 0.02, 0.98).astype(np.float32)
        heath = smooth_noise(self.rng, self.shape, 70 * t.unit + 6) > 0.7
        high = t.highland > 0.35
        grass = "dry_grassland"
        # Shrubs stand in clumps of a few pixels: one pixel of scrub may be all grass, and
        # only its surroundings tell.
        clumps = smooth_noise(self.rng, self.shape, 5)
        gaps = np.clip(1 - share + 0.12 * clumps, 0, 0.9)
        self._put(scrub & ~heath, "shrubs", grass, gaps)
        self._put(scrub & heath, "heath", grass, gaps)
        share = np.clip(share + 0.10 * clumps, 0, 0.6).astype(np.float32)
        rest = self.free & ((t.highland > 0.24) | (margin > -0.35))
        self._put(rest & high, "alpine_grass", "shrubs", share)
        self._put(rest & ~high, grass, "shrubs", share)

    def place_fields(self) -> Bools:
        """Farmland and meadows by parcel on what is left; returns the farmland."""
        t = self.terrain
        east = np.linspace(0, 1, self.shape[1], dtype=np.float32)[None, :]
        fit = smooth_noise(self.rng, self.shape, 240 * t.unit + 10) * 0.22 - 2.2 * t.highland
        suit = parcel_mean(self.parcels, fit + 0.17 * (0.5 - east))
        draw = self.parcels.value(11)
        arable = (draw < 0.74 + suit)[self.parcels.number] & self.free
        grazed = (self.parcels.value(13) < 0.4)[self.parcels.number]
        meadow = self.free & ~arable
        self.kind[arable] = _CROPS
        self._put(meadow & ~grazed, "meadow", "dry_grassland")
        self._put(meadow & grazed, "pasture", "shrubs", np.clip(0.10 + 0.1 * self.patchy, 0, 0.4))
        wild = meadow & (self.parcels.value(17) < 0.12)[self.parcels.number]
        self._put(wild, "regrowth", "meadow", np.clip(0.35 + 0.2 * self.patchy, 0, 0.7))
        self.mix[arable] = np.clip(0.05 + 0.07 * self.patchy, 0, 0.4)[arable]
        return arable

    def place_hedges(self) -> None:
        """Hedges, tree rows and grass banks one pixel wide between some parcels."""
        t = self.terrain
        open_land = (self.kind == _CROPS) | (self.kind == kind_code("meadow"))
        line = self.parcels.border & open_land
        where = smooth_noise(self.rng, self.shape, 45 * t.unit + 5)
        self._put(line & (where > 1.25), "broadleaf_forest", "meadow", 0.3)
        self._put(line & (where < -1.3), "meadow", "dry_grassland", 0.3)

    def overlay(self, waters: Waters, towns: Settlements) -> None:
        """Water, wetland, gravel and everything built lie over the rest."""
        t = self.terrain
        reed = smooth_noise(self.rng, self.shape, 40 * t.unit + 5) > -0.1
        wet_mix = np.clip(0.25 + 0.2 * self.patchy, 0, 0.6)
        self._put(waters.flooded & reed, "reed_bed", "lake", wet_mix)
        self._put(waters.flooded & ~reed, "wet_meadow", "reed_bed", wet_mix)
        self._put(waters.gravel, "gravel_bar", "shrubs", np.clip(0.1 + 0.15 * self.patchy, 0, 0.4))
        self._put(waters.lake, "lake", "river", np.clip(0.2 + 0.15 * self.patchy, 0, 0.5))
        self._put(waters.river, "river", "lake", 0.2)
        pits, _ = take_share(
            smooth_noise(self.rng, self.shape, 28 * t.unit + 6),
            (self.kind == _CROPS) & ~towns.town,
            lambda x: 0.004 + 0.004 * x,
        )
        self._put(pits, "quarry", "dry_grassland", np.clip(0.15 + 0.12 * self.patchy, 0, 0.4))
        built = towns.town | towns.road
        self.kind[built] = towns.kind[built]
        self.other[built] = kind_code("gardens")
        self.mix[built] = towns.garden[built]

    def ground(self) -> Ground:
        """The finished canvas."""
        number = self.parcels.number
        natural = smooth_noise(self.rng, self.shape, 35 * self.terrain.unit + 5)
        steps = np.clip(np.floor(natural * 1.1 + EARLINESS_COUNT / 2), 0, EARLINESS_COUNT - 1)
        own = np.floor(self.parcels.value(23) * EARLINESS_COUNT)[number]
        field = np.isin(
            self.kind, [_CROPS, kind_code("meadow"), kind_code("pasture"), kind_code("regrowth")]
        )
        parcel_tone = (self.parcels.value(29) - 0.5)[number].astype(np.float32) * 0.28
        soil = smooth_noise(self.rng, self.shape, 320 * self.terrain.unit + 10) * 0.07
        fine = smooth_noise(self.rng, self.shape, 5) * 0.045
        tone = 1.0 + soil + fine + np.where(field, parcel_tone, 0.05 * self.patchy)
        return Ground(
            kind=self.kind,
            other=self.other,
            mix=self.mix,
            earliness=np.where(field, own, steps).astype(np.uint8),
            brightness=np.clip(tone, 0.6, 1.5).astype(np.float32),
        )
