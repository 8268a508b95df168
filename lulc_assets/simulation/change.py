"""What changes between years, and what only seems to.

What belongs here: events that change the class of a few places (clear-cut, new building,
a shrinking lake, a scrub fire) and their record. What does not: crop rotation, drought
and late springs, which change the look and not the class (``parcels``, ``phenology``).
"""

from dataclasses import dataclass, replace

import numpy as np

from lulc_assets.core.legend import LandCover as C
from lulc_assets.simulation.fields import Bools, distance_px, smooth_noise
from lulc_assets.simulation.landscape import Ground, Landscape, apply_rotation
from lulc_assets.simulation.spectra import class_of_kind, kind_code

EVENT_AREA_PX = 1_000_000
"""One clear-cut, building area and fire for each of so many pixels, at least one each."""


@dataclass(frozen=True)
class ChangeEvent:
    """One event: it is there from 1 January of ``year`` on.

    Attributes:
        year: first year that shows it.
        what: ``clear_cut``, ``new_built``, ``lake_shrank`` or ``fire``.
        from_class: code before.
        to_class: code after.
        pixels: of 100 m² that changed on the canvas.
        bounds: (left, bottom, right, top) in the canvas' CRS.
    """

    year: int
    what: str
    from_class: int
    to_class: int
    pixels: int
    bounds: tuple[float, float, float, float]


def ground_by_year(
    landscape: Landscape, years: tuple[int, ...], seed: int
) -> tuple[dict[int, Ground], list[ChangeEvent]]:
    """The ground of each year; events accumulate from the second year on."""
    before = landscape.first
    grounds: dict[int, Ground] = {}
    events: list[ChangeEvent] = []
    for i, year in enumerate(years):
        if i:
            before, new = _change(landscape, before, year, seed)
            events.extend(new)
        grounds[year] = apply_rotation(landscape, before, year)
    return grounds, events


def _change(
    landscape: Landscape, ground: Ground, year: int, seed: int
) -> tuple[Ground, list[ChangeEvent]]:
    rng = np.random.default_rng([seed, year, int(landscape.grid.x0), int(landscape.grid.y0), 7])
    unit = landscape.terrain.unit
    count = max(1, round(ground.kind.size / EVENT_AREA_PX * 2))
    events: list[ChangeEvent] = []
    classes = ground.land_class
    plans = [
        ("clear_cut", classes == C.TREES, "clear_cut", "regrowth", 13 * unit + 3, count),
        ("fire", classes == C.SCRUB, "burnt_scrub", "dry_grassland", 12 * unit + 3, 1),
        ("new_built", _by_the_town(landscape, ground), "halls", "gardens", 11 * unit + 3, count),
    ]
    for what, where, kind, other, radius, times in plans:
        for _ in range(times):
            patch = _patch(rng, where & (ground.land_class == classes), radius)
            ground = _record(landscape, ground, patch, (year, what, kind, other), events)
    for _ in range(count):
        shore = _shore(rng, ground, unit)
        ground = _record(
            landscape, ground, shore, (year, "lake_shrank", "mud_flat", "reed_bed"), events
        )
    return ground, events


def _by_the_town(landscape: Landscape, ground: Ground) -> Bools:
    pull = landscape.settlements.pull
    near: Bools = (pull > -0.8) & landscape.farmland & (ground.land_class == C.CROPS)
    return near


def _patch(rng: np.random.Generator, where: Bools, radius: float) -> Bools:
    """A ragged disc around a random place of the mask, within the mask."""
    places = np.flatnonzero(where)
    if places.size == 0:
        return np.zeros_like(where)
    row, col = np.divmod(int(places[rng.integers(places.size)]), where.shape[1])
    rows, cols = np.ogrid[: where.shape[0], : where.shape[1]]
    ragged = smooth_noise(rng, where.shape, 12) * np.float32(radius * 0.25)
    disc: Bools = np.hypot(rows - row, cols - col) + ragged < radius
    return disc & where


def _shore(rng: np.random.Generator, ground: Ground, unit: float) -> Bools:
    """A strip of lake along the shore, near a random place of it."""
    lake = ground.kind == kind_code("lake")
    strip = lake & (distance_px(~lake) < 3.2)
    return _patch(rng, strip, 45 * unit + 4)


def _record(
    landscape: Landscape,
    ground: Ground,
    patch: Bools,
    plan: tuple[int, str, str, str],
    events: list[ChangeEvent],
) -> Ground:
    year, what, kind_name, other_name = plan
    if not patch.any():
        return ground
    kind, other, mix = ground.kind.copy(), ground.other.copy(), ground.mix.copy()
    was = int(np.bincount(ground.land_class[patch]).argmax())
    kind[patch] = kind_code(kind_name)
    other[patch] = kind_code(other_name)
    mix[patch] = np.clip(mix[patch], 0.05, 0.3)
    rows, cols = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    grid = landscape.grid
    bounds = (
        grid.x0 + grid.pixel_m * float(cols[0]),
        grid.y0 - grid.pixel_m * float(rows[-1] + 1),
        grid.x0 + grid.pixel_m * float(cols[-1] + 1),
        grid.y0 - grid.pixel_m * float(rows[0]),
    )
    now = int(class_of_kind()[kind_code(kind_name)])
    events.append(ChangeEvent(year, what, was, now, int(patch.sum()), bounds))
    return replace(ground, kind=kind, other=other, mix=mix)
