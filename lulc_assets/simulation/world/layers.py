"""Laying out the canvas, layer by layer, from the heights to the towns.

What belongs here: where each community lies and how its certainty follows. What does not:
what a community is made of (``communities``), brightness and calendar (``tones``).
"""

import numpy as np
from scipy.special import ndtr

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.world.communities import (
    COMMUNITIES,
    NO_ISLAND,
    SWARD_ISLANDS,
    SWARDS,
    Stand,
    draw_stand,
    patches,
)
from lulc_assets.simulation.world.fields import (
    Bools,
    Floats,
    distance_px,
    fractal_noise,
    ramp,
    smooth_noise,
    take_share,
)
from lulc_assets.simulation.world.parcels import Parcels, certainty_of_use, parcel_mean
from lulc_assets.simulation.world.settlements import Settlements
from lulc_assets.simulation.world.spectra import class_of_kind, kind_code
from lulc_assets.simulation.world.terrain import Terrain, Waters

CROPS = kind_code("winter_wheat")
"""Stands for "whatever crop the rotation says" until a year is known."""

MEADOW_SHARES = {"meadow": 0.50, "dry_grassland": 0.14, "pasture": 0.36}
"""What grass parcels look like; the first two cannot be told from crops that look so."""


class Layers:
    """Fills the canvas layer by layer; later layers overwrite earlier ones."""

    def __init__(
        self,
        rng: np.random.Generator,
        terrain: Terrain,
        parcels: Parcels,
        patchiness: float,
    ) -> None:
        shape = terrain.elevation_m.shape
        self.rng, self.terrain, self.parcels, self.shape = rng, terrain, parcels, shape
        self.patchiness = patchiness
        self.kind = np.full(shape, kind_code("meadow"), dtype=np.uint8)
        self.other = np.full(shape, kind_code("dry_grassland"), dtype=np.uint8)
        self.look = self.kind.copy()
        self.patchy = smooth_noise(rng, shape, 9)
        self.mix = np.clip(0.14 + 0.10 * self.patchy, 0, 0.5).astype(np.float32)
        self.certainty = np.ones(shape, dtype=np.float32)
        self.free = np.ones(shape, dtype=bool)

    def _put(self, where: Bools, kind: str, other: str, mix: Floats | float | None = None) -> None:
        self.kind[where] = self.look[where] = kind_code(kind)
        self.other[where] = kind_code(other)
        if mix is not None:
            values = np.broadcast_to(np.asarray(mix, dtype=np.float32), self.shape)
            self.mix[where] = values[where]
        self.certainty[where] = 1.0
        self.free &= ~where

    def _put_stand(self, where: Bools, stand: Stand, kinds: tuple[str, str], look: str) -> None:
        """Ground of one look that is of the first kind's class or of the second's."""
        first, second = (kind_code(k) for k in kinds)
        self.kind[where] = np.where(stand.first, first, second)[where]
        self.look[where] = kind_code(look)
        self.certainty[where] = stand.certainty[where]

    def _patches(self, where: Bools, kind: str, share: Floats | float, wave_px: float) -> None:
        """Let a kind fill patches of a community, which keeps its class."""
        there = where & (patches(self.rng, self.shape, wave_px) < share)
        self.look[there] = kind_code(kind)

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
        bare, margin = take_share(score, self.free, lambda x: 0.048 + 0.024 * x)
        cliffs = bare & (smooth_noise(self.rng, self.shape, 50 * t.unit + 6) > 0.4)
        sparse = np.clip(0.40 - 2.5 * margin + 0.08 * self.patchy, 0, 0.5)
        self._put(bare, "scree", "alpine_grass", sparse)
        self._put(cliffs, "dark_cliffs", "alpine_grass", sparse)
        thin = bare & ~cliffs & (margin < 0.06)
        stand = draw_stand(self.rng, margin - np.float32(0.02), 0.025, 30)
        self._put_stand(thin, stand, ("scree", "alpine_grass"), "scree")
        self._patches(thin, "alpine_grass", np.clip(0.62 - 6 * margin, 0.2, 0.7), 6)

    def place_woods(self, taken: Bools, waters: Waters) -> None:
        """Forest on the slopes and in the plain, with clearings; trees along rivers."""
        t = self.terrain
        slopes = ramp(t.highland, 0.05, 0.28) * (1 - ramp(t.highland, 0.42, 0.62))
        cover = fractal_noise(self.rng, self.shape, 150 * t.unit + 8, 6, 0.62)
        score = cover + 1.2 * slopes - 2.2 * ramp(t.highland, 0.5, 0.8)
        wood, _ = take_share(score, self.free & ~taken, lambda x: 0.225 + 0.05 * x)
        blend = fractal_noise(self.rng, self.shape, 80 * t.unit + 8, 4) + 4 * (t.highland - 0.25)
        other = np.clip(0.42 - 0.35 * np.abs(blend) + 0.06 * self.patchy, 0, 0.5)
        self._put(wood & (blend > 0), "conifers", "broadleaf_forest", other)
        self._put(wood & (blend <= 0), "broadleaf_forest", "conifers", other)
        young = smooth_noise(self.rng, self.shape, 46 * t.unit + 5)
        growing = wood & (young > 1.15)
        self._put(growing, "young_forest", "shrubs", np.clip(0.2 + 0.2 * self.patchy, 0, 0.5))
        stand = draw_stand(self.rng, young - np.float32(0.7), 0.6, 40 * t.unit + 5)
        self._put_stand(growing, stand, ("young_forest", "regrowth"), "young_forest")
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
        """Scrub and dry grass on dry and high ground: one gradient of bushes, two classes.

        Bushes cover from hardly anything to four fifths, with a belt of some ten pixels
        between. Where the line is drawn between grass and scrub (about two fifths)
        differs from place to place.
        """
        t = self.terrain
        belt = ramp(t.highland, 0.30, 0.50)
        cover = fractal_noise(self.rng, self.shape, 90 * t.unit + 8, 5, 0.5)
        score = cover + 1.3 * belt
        scrub, margin = take_share(score, self.free, lambda x: 0.088 + 0.03 * x)
        high = t.highland > 0.35
        open_land = scrub | (self.free & ((t.highland > 0.24) | (margin > -0.35)))
        bushes = np.clip(0.42 + 0.40 * np.tanh(margin * 14.0), 0.02, 0.9).astype(np.float32)
        stand = draw_stand(self.rng, bushes - np.float32(0.42), 0.06, 40 * t.unit + 6)
        heath = smooth_noise(self.rng, self.shape, 70 * t.unit + 6) > 0.7
        for where, grass in (
            (open_land & ~high, "dry_grassland"),
            (open_land & high, "alpine_grass"),
        ):
            self._put(where, grass, "shrubs", np.clip(0.10 + 0.08 * self.patchy, 0, 0.4))
            self._put_stand(where, stand, ("shrubs", grass), grass)
        self._patches(open_land & ~heath, "shrubs", bushes, 7)
        self._patches(open_land & heath, "heath", bushes, 7)
        self._patches(open_land & ~high, "broadleaf_forest", 0.05, 6)

    def place_fields(self) -> Bools:
        """Farmland and meadows by parcel on what is left; returns the farmland.

        Districts are either mostly arable or mostly grass. Leys and fallows look like
        meadows: on such a parcel only the odds of the district tell.
        """
        t = self.terrain
        east = np.linspace(0, 1, self.shape[1], dtype=np.float32)[None, :]
        fit = smooth_noise(self.rng, self.shape, 200 * t.unit + 10) * 1.7 - 9 * t.highland
        suit = parcel_mean(self.parcels, fit + 0.5 * (0.5 - east))
        arable_chance = 0.04 + 0.93 * ndtr(2.2 * suit + 1.4)
        arable = (self.parcels.value(11) < arable_chance)[self.parcels.number] & self.free
        draw, below, grass = self.parcels.value(13), 0.0, self.free & ~arable
        for look, share in MEADOW_SHARES.items():
            mine = grass & ((draw >= below) & (draw < below + share))[self.parcels.number]
            below += share
            self._put(mine, look, "dry_grassland")
            sure = certainty_of_use(arable_chance, share, kind_code(look))
            self.certainty[mine] = sure[self.parcels.number][mine]
        self.arable_chance = arable_chance
        self._put(
            arable, "winter_wheat", "dry_grassland", np.clip(0.05 + 0.07 * self.patchy, 0, 0.4)
        )
        farmland: Bools = arable
        return farmland

    def place_hedges(self) -> None:
        """Hedges, tree rows and grass banks one pixel wide between some parcels."""
        t = self.terrain
        open_land = (self.kind == CROPS) | (self.kind == kind_code("meadow"))
        line = self.parcels.border & open_land
        where = smooth_noise(self.rng, self.shape, 45 * t.unit + 5)
        self._put(line & (where > 1.25), "broadleaf_forest", "meadow", 0.3)
        self._put(line & (where < -1.3), "meadow", "dry_grassland", 0.3)

    def place_wetland(self, waters: Waters) -> None:
        """Reeds beside the water, and wet meadows that are flooded for part of the year."""
        t = self.terrain
        reed = smooth_noise(self.rng, self.shape, 40 * t.unit + 5) > -0.25
        wet_mix = np.clip(0.20 + 0.15 * self.patchy, 0, 0.5)
        self._put(waters.flooded & reed, "reed_bed", "lake", wet_mix)
        wetness = 0.7 + 0.7 * smooth_noise(self.rng, self.shape, 60 * t.unit + 5)
        stand = draw_stand(self.rng, wetness, 0.7, 30 * t.unit + 5)
        meadows = waters.flooded & ~reed
        self._put(meadows, "wet_meadow", "reed_bed", wet_mix)
        self._put_stand(meadows, stand, ("wet_meadow", "meadow"), "wet_meadow")
        self._patches(meadows, "meadow", np.clip(0.3 - 0.25 * wetness, 0, 0.7), 8)

    def grow_communities(self) -> None:
        """Fill each community with the patches that belong to it.

        Trees and bushes on swards are drawn once for the whole canvas: leys have them too.
        """
        self.sward_mix = np.clip(0.14 + 0.10 * self.patchy, 0, 0.5).astype(np.float32)
        self.islands = np.full(self.shape, NO_ISLAND, dtype=np.uint8)
        for kind, share, wave_px in SWARD_ISLANDS:
            there = patches(self.rng, self.shape, wave_px) < share * self.patchiness
            self.islands[there] = kind_code(kind)
        swards = np.isin(self.look, [kind_code(name) for name in SWARDS])
        swards &= self.islands != NO_ISLAND
        self.look[swards] = self.islands[swards]
        main = self.look.copy()
        for name, members in COMMUNITIES.items():
            for kind, share, wave_px in members:
                self._patches(main == kind_code(name), kind, share * self.patchiness, wave_px)

    def overlay(self, waters: Waters, towns: Settlements) -> None:
        """Water, gravel and everything built lie over the rest."""
        t = self.terrain
        shrubby = np.clip(0.1 + 0.15 * self.patchy, 0, 0.4)
        self._put(waters.gravel, "gravel_bar", "shrubs", shrubby)
        self._patches(waters.gravel, "shrubs", 0.14, 5)
        self._put(waters.lake, "lake", "river", np.clip(0.2 + 0.15 * self.patchy, 0, 0.5))
        shallow = smooth_noise(self.rng, self.shape, 90 * t.unit + 8) > 0.5
        shallow &= waters.lake & (distance_px(~waters.lake) < 6)
        self._put(shallow, "seasonal_lake", "lake", 0.15)
        self._put(waters.river, "river", "lake", 0.2)
        pits, _ = take_share(
            smooth_noise(self.rng, self.shape, 28 * t.unit + 6),
            (self.kind == CROPS) & ~towns.town,
            lambda x: 0.007 + 0.005 * x,
        )
        self._put(pits, "quarry", "dry_grassland", shrubby)
        even = np.full(self.shape, 0.6, dtype=np.float32)
        stand = draw_stand(self.rng, even, 1.0, 60 * t.unit + 6)
        self._put_stand(pits, stand, ("quarry", "halls"), "quarry")
        self._patches(pits, "dry_grassland", 0.12, 6)
        self._patches(pits, "halls", 0.12, 5)
        built = towns.town | towns.road
        self._put(built, "gardens", "gardens", 0.55 * towns.garden)
        self.kind[built] = self.look[built] = towns.kind[built]
        homes = built & (class_of_kind()[towns.kind] == C.BUILT_AREA)
        self._patches(homes, "gardens", 0.85 * towns.garden, 5)
        yards = homes & (self.look == kind_code("gardens"))
        for kind, share, wave_px in COMMUNITIES["gardens"]:
            self._patches(yards, kind, share, wave_px)
