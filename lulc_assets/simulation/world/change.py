"""What changes between years, and what only seems to.

What belongs here: events that change the class of a few places (clear-cut, new building,
a shrinking lake, a scrub fire), their dates and their record. What does not: crop rotation,
drought, late springs and lakes that fall dry every summer, which change the look and not
the class (``parcels``, ``phenology``).

The class of a year is the class that a place has for most of the year. An event between
July and June is therefore first in the map of the year in which that June lies, while
scenes show it from its day on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.world.fields import Bools, distance_px, smooth_noise
from lulc_assets.simulation.world.ground import Ground, Landscape
from lulc_assets.simulation.world.landscape import apply_rotation
from lulc_assets.simulation.world.spectra import class_of_kind, kind_code

EVENT_AREA_PX = 1_000_000
"""One clear-cut, building area and fire for each of so many pixels, at least one each."""

SEASONS_OF_EVENTS = {
    "clear_cut": ((7, 15), (4, 15)),
    "fire": ((7, 1), (9, 20)),
    "new_built": ((7, 1), (6, 25)),
    "lake_shrank": ((7, 1), (10, 15)),
}
"""First and last month and day of each kind of event, from July on to June: wood is cut
outside the breeding season, scrub burns and lakes fall in summer."""


@dataclass(frozen=True)
class EventPlan:
    """How many events a year brings and how large they are.

    Attributes:
        counts: kind of event → how many per year; kinds that are not named come as often as
            ``EVENT_AREA_PX`` says.
        radius_px: smallest and largest radius, drawn with equal chance on a logarithmic
            scale; None: one radius for each kind, which grows with the canvas.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    radius_px: tuple[float, float] | None = None

    def radius(self, rng: np.random.Generator, usual: float) -> float:
        """The radius of the next event; nothing is drawn where it is the usual one."""
        if self.radius_px is None:
            return usual
        return float(np.exp(rng.uniform(*np.log(self.radius_px))))


ARCHIVE_EVENTS = EventPlan()
"""The events of every archive: few, as in a landscape that people live in."""


@dataclass(frozen=True)
class ChangeEvent:
    """One event.

    Attributes:
        year: the first year whose map shows it.
        date: the day, ISO; scenes of this day and later show it.
        what: ``clear_cut``, ``new_built``, ``lake_shrank`` or ``fire``.
        from_class: code before.
        to_class: code after.
        pixels: of 100 m² that changed on the canvas.
        bounds: (left, bottom, right, top) in the canvas' CRS.
    """

    year: int
    date: str
    what: str
    from_class: int
    to_class: int
    pixels: int
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Change:
    """An event with its place on the canvas.

    Attributes:
        event: its record.
        place: flat indices of the pixels of the canvas.
        kind: of ground afterwards.
        other: kind that is mixed in.
    """

    event: ChangeEvent
    place: npt.NDArray[np.int64]
    kind: int
    other: int


@dataclass(frozen=True)
class History:
    """A canvas through the years.

    Attributes:
        landscape: as it was before the first change.
        changes: by date.
    """

    landscape: Landscape
    changes: tuple[Change, ...]

    def done_on(self, day: date) -> int:
        """How many of the changes have happened at the end of a day."""
        return sum(change.event.date <= day.isoformat() for change in self.changes)

    def ground(self, done: int, year: int) -> Ground:
        """The ground after so many changes, under the crops of a year."""
        return apply_rotation(
            self.landscape, _after(self.landscape.first, self.changes[:done]), year
        )

    def of_year(self, year: int) -> Ground:
        """The ground that a year's map should show."""
        return self.ground(sum(c.event.year <= year for c in self.changes), year)


def make_history(
    landscape: Landscape,
    years: Sequence[int],
    seed: int,
    quiet: Collection[int] = (),
    plan: EventPlan = ARCHIVE_EVENTS,
) -> History:
    """Draw the events of each year but the first and those in which nothing changes."""
    changes: list[Change] = []
    for year in years[1:]:
        if year not in quiet:
            before = _after(landscape.first, changes)
            changes += sorted(
                _draw_year(landscape, before, year, seed, plan),
                key=lambda change: change.event.date,
            )
    return History(landscape, tuple(changes))


def _after(ground: Ground, changes: Iterable[Change]) -> Ground:
    kind, look, other = ground.kind.copy(), ground.look.copy(), ground.other.copy()
    mix, certainty = ground.mix.copy(), ground.certainty.copy()
    for change in changes:
        at = change.place
        kind.flat[at] = look.flat[at] = change.kind
        other.flat[at] = change.other
        mix.flat[at] = np.clip(mix.flat[at], 0.05, 0.3)
        certainty.flat[at] = 1.0
    return replace(ground, kind=kind, look=look, other=other, mix=mix, certainty=certainty)


def _draw_year(
    landscape: Landscape, ground: Ground, year: int, seed: int, plan: EventPlan
) -> list[Change]:
    rng = np.random.default_rng([seed, year, int(landscape.grid.x0), int(landscape.grid.y0), 7])
    unit = landscape.terrain.unit
    count = max(1, round(ground.kind.size / EVENT_AREA_PX * 2))
    classes = ground.land_class
    taken = np.zeros(classes.shape, dtype=bool)
    plans = [
        ("clear_cut", classes == C.TREES, ("clear_cut", "regrowth"), 13 * unit + 3, count),
        ("fire", classes == C.SCRUB, ("burnt_scrub", "dry_grassland"), 12 * unit + 3, 1),
        ("new_built", _by_the_town(landscape, ground), ("halls", "gardens"), 11 * unit + 3, count),
        ("lake_shrank", _shore(ground), ("mud_flat", "reed_bed"), 45 * unit + 4, count),
    ]
    changes: list[Change] = []
    for what, where, kinds, radius, times in plans:
        for _ in range(plan.counts.get(what, times)):
            patch = _patch(rng, where & ~taken, plan.radius(rng, radius))
            day = _draw_day(rng, what, year)
            if patch.any():
                taken |= patch
                changes.append(_describe(landscape, classes, patch, (year, day, what, kinds)))
    return changes


def _draw_day(rng: np.random.Generator, what: str, year: int) -> date:
    """A day in the event's season, between July of the year before and June."""
    first, last = (
        date(year - 1 if month >= 7 else year, month, day) for month, day in SEASONS_OF_EVENTS[what]
    )
    return first + timedelta(days=int(rng.integers((last - first).days + 1)))


def _by_the_town(landscape: Landscape, ground: Ground) -> Bools:
    pull = landscape.settlements.pull
    near: Bools = (pull > -0.8) & landscape.farmland & (ground.land_class == C.CROPS)
    return near


def _shore(ground: Ground) -> Bools:
    """The strip of lake along the shore."""
    lake = ground.kind == kind_code("lake")
    strip: Bools = lake & (distance_px(~lake) < 3.2)
    return strip


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


def _describe(
    landscape: Landscape,
    classes: npt.NDArray[np.uint8],
    patch: Bools,
    plan: tuple[int, date, str, tuple[str, str]],
) -> Change:
    year, day, what, (kind_name, other_name) = plan
    kind = kind_code(kind_name)
    rows, cols = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    grid = landscape.grid
    bounds = (
        grid.x0 + grid.pixel_m * float(cols[0]),
        grid.y0 - grid.pixel_m * float(rows[-1] + 1),
        grid.x0 + grid.pixel_m * float(cols[-1] + 1),
        grid.y0 - grid.pixel_m * float(rows[0]),
    )
    event = ChangeEvent(
        year=year,
        date=day.isoformat(),
        what=what,
        from_class=int(np.bincount(classes[patch]).argmax()),
        to_class=int(class_of_kind()[kind]),
        pixels=int(patch.sum()),
        bounds=bounds,
    )
    return Change(event, np.flatnonzero(patch), kind, kind_code(other_name))
