"""Is a catalogue whole? Passes that should have been there against items found.

What belongs here: learning orbits, revisit and phases from a tile and its neighbours, and naming
each gap. What does not: asking a catalogue (``polling``), printing.

Sentinel-2 repeats its ground track every 10 days, so the passes of a satellite on a relative
orbit lie on a lattice of 10 days; its phase is learnt from all items of the area. A datatake is
cut into tiles: what one tile has of it, its neighbours on the same orbit have too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["missing", "missing everywhere", "late", "withdrawn", "other baseline"]

REPEAT_DAYS = 10.0
"""Of each Sentinel-2 satellite; ESA, Sentinel-2 User Handbook, 1.4."""

NOTHING_EXPECTED = (
    "no pass is expected, so that nothing is said of the catalogue: no orbit has three items, ten "
    "days apart, of the tile or of its neighbours in the years around it"
)

_TOLERANCE_DAYS = 0.2
_BIN_DAYS = 0.1
_DAY_S = 86400.0
_LATE_DAYS = 5.0
"""Younger passes may still come: products of some stations take days."""

_SILENT_DAYS = 45.0
"""A satellite without any item in the area for longer was switched on or off there."""

_LEAST_PASSES = 3
_REGULAR = 0.5
"""An orbit that is taken less often than this is planned now and then; nothing is expected of it
but what neighbours have."""


@dataclass(frozen=True)
class Pass:
    """One item, as a pass over a tile.

    Attributes:
        tile: MGRS square.
        orbit: relative orbit, 1 to 143.
        platform: ``sentinel-2a`` …
        sensed: seconds since 1970.
        id: of the item.
        baseline: of processing.
    """

    tile: str
    orbit: int
    platform: str
    sensed: float
    id: str = ""
    baseline: str = ""


@dataclass(frozen=True, order=True)
class Gap:
    """A pass that should be there as an item, and is not, or not as it should be.

    Attributes:
        day: UTC, ``YYYY-MM-DD``.
        orbit: relative orbit.
        platform: satellite.
        kind: ``missing`` where neighbours have it, ``missing everywhere`` where nobody has (lost
            by the catalogue, or never acquired), ``late`` where it may still come, ``withdrawn``
            where we had it, ``other baseline`` where a neighbour has a newer one.
        why: the evidence.
    """

    day: str
    orbit: int
    platform: str
    kind: Kind
    why: str


@dataclass(frozen=True)
class Audit:
    """How whole a catalogue is for a tile and year.

    Attributes:
        tile: of which.
        year: of which.
        expected: passes that should be there.
        found: of them, passes with an item.
        gaps: the others, and those of another baseline, by day.
    """

    tile: str
    year: int
    expected: int
    found: int
    gaps: tuple[Gap, ...] = field(default=())

    @property
    def missing_pct(self) -> float | None:
        """Share of the expected passes that are missing or withdrawn; late ones are none.

        None where no pass is expected: too few items show when satellites come.
        """
        lost = sum(gap.kind not in ("late", "other baseline") for gap in self.gaps)
        return 100.0 * lost / self.expected if self.expected else None


@dataclass(frozen=True)
class _Track:
    """The lattice of passes of a satellite on an orbit: days are phase + 10 k."""

    platform: str
    orbit: int
    phase: float

    def number(self, sensed: float) -> int | None:
        """Which pass a time is of; None: it lies beside the lattice."""
        turns = (sensed / _DAY_S - self.phase) / REPEAT_DAYS
        nearest = round(turns)
        return nearest if abs(turns - nearest) * REPEAT_DAYS <= _TOLERANCE_DAYS else None

    def time(self, number: int) -> float:
        """Seconds since 1970 of a pass."""
        return (self.phase + number * REPEAT_DAYS) * _DAY_S


def audit_tile(
    tile: str,
    year: int,
    passes: Sequence[Pass],
    neighbours: Mapping[str, Iterable[tuple[str, str]]],
    *,
    as_of: float,
    had: Iterable[str] = (),
) -> Audit:
    """Compare the passes of a tile and year with those that should be there.

    Args:
        tile: of which.
        year: calendar year, UTC.
        passes: items of the tile and its neighbours; other years help.
        neighbours: tile → pairs of tiles on opposite sides of it.
        as_of: seconds since 1970; later passes are not expected.
        had: ids of items that were there once.
    """
    begin, end = _year(year)
    end = min(end, as_of)
    own = [p for p in passes if p.tile == tile]
    lost_ids = set(had) - {p.id for p in own}
    expected = found = 0
    gaps: list[Gap] = []
    for track in _tracks(passes, year):
        by_tile = _numbers(track, passes)
        if not _is_seen(track, tile, own, by_tile, neighbours):
            continue
        mine = by_tile.get(tile, {})
        others = {n for name, found_in in by_tile.items() if name != tile for n in found_in}
        spans = _active(track, passes, begin, end)
        is_regular = _is_regular(track, by_tile, spans)
        for number in range(*spans):
            moment = track.time(number)
            if not begin <= moment < end:
                continue
            if number not in mine and number not in others and not is_regular:
                continue
            expected += 1
            found += number in mine
            gap = _gap(track, number, mine, by_tile, tile, as_of, lost_ids)
            gaps += [] if gap is None else [gap]
    return Audit(tile, year, expected, found, tuple(sorted(gaps)))


def _gap(
    track: _Track,
    number: int,
    mine: Mapping[int, Pass],
    by_tile: Mapping[str, Mapping[int, Pass]],
    tile: str,
    as_of: float,
    lost_ids: set[str],
) -> Gap | None:
    moment = track.time(number)
    day = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
    here = {name: found[number] for name, found in by_tile.items() if number in found}
    if number in mine:
        newer = sorted(n for n, p in here.items() if p.baseline > mine[number].baseline)
        if not newer or not mine[number].baseline:
            return None
        why = f"{mine[number].baseline}, and {here[newer[0]].baseline} in {newer[0]}"
        return Gap(day, track.orbit, track.platform, "other baseline", why)
    compact = day.replace("-", "")
    was = sorted(name for name in lost_ids if compact in name and f"R{track.orbit:03d}" in name)
    if was:
        return Gap(day, track.orbit, track.platform, "withdrawn", f"we had {was[0]}")
    if as_of - moment < _LATE_DAYS * _DAY_S:
        return Gap(day, track.orbit, track.platform, "late", "it may still come")
    if here:
        names = ", ".join(sorted(here)[:3])
        return Gap(day, track.orbit, track.platform, "missing", f"of the same datatake: {names}")
    why = "no tile around has it: lost by the catalogue, or not acquired"
    return Gap(day, track.orbit, track.platform, "missing everywhere", why)


def _tracks(passes: Sequence[Pass], year: int) -> list[_Track]:
    """Satellites and orbits over the area, with the phase of the year; else of all years."""
    begin, end = _year(year)
    groups: dict[tuple[str, int], list[float]] = defaultdict(list)
    for each in passes:
        groups[each.platform, each.orbit].append(each.sensed)
    tracks = []
    for (platform, orbit), times in sorted(groups.items()):
        in_year = [t for t in times if begin <= t < end]
        used = in_year if len(in_year) >= _LEAST_PASSES else times
        if len(used) >= _LEAST_PASSES:
            tracks.append(_Track(platform, orbit, _phase(used)))
    return tracks


def _phase(times: Sequence[float]) -> float:
    """The phase, days, at which most times lie."""
    phases = [(t / _DAY_S) % REPEAT_DAYS for t in times]
    bins = Counter(round(p / _BIN_DAYS) % round(REPEAT_DAYS / _BIN_DAYS) for p in phases)
    (densest, _), *_ = bins.most_common(1)
    centre = densest * _BIN_DAYS
    near = [_around(p - centre) for p in phases if abs(_around(p - centre)) <= _TOLERANCE_DAYS]
    return centre + sum(near) / len(near)


def _around(days: float) -> float:
    return (days + REPEAT_DAYS / 2) % REPEAT_DAYS - REPEAT_DAYS / 2


def _numbers(track: _Track, passes: Sequence[Pass]) -> dict[str, dict[int, Pass]]:
    """Tile → pass number → item of the newest baseline."""
    found: dict[str, dict[int, Pass]] = defaultdict(dict)
    for each in passes:
        if (each.platform, each.orbit) != (track.platform, track.orbit):
            continue
        number = track.number(each.sensed)
        if number is None:
            continue
        former = found[each.tile].get(number)
        if former is None or each.baseline > former.baseline:
            found[each.tile][number] = each
    return found


def _is_seen(
    track: _Track,
    tile: str,
    own: Sequence[Pass],
    by_tile: Mapping[str, Mapping[int, Pass]],
    neighbours: Mapping[str, Iterable[tuple[str, str]]],
) -> bool:
    """Whether the orbit passes over the tile: it did, by any satellite, or does on both sides."""
    if sum(p.orbit == track.orbit for p in own) >= _LEAST_PASSES:
        return True
    return any(
        len(by_tile.get(one, ())) >= _LEAST_PASSES and len(by_tile.get(other, ())) >= _LEAST_PASSES
        for one, other in neighbours.get(tile, ())
    )


def _active(track: _Track, passes: Sequence[Pass], begin: float, end: float) -> tuple[int, int]:
    """First and last + 1 number of passes between which the satellite was at work in the area."""
    times = [p.sensed for p in passes if p.platform == track.platform]
    silent = _SILENT_DAYS * _DAY_S
    first, last = min(times), max(times)
    first = begin if first - silent < begin else first
    last = end if last + silent > end else last
    start = (max(first, begin) / _DAY_S - track.phase) / REPEAT_DAYS
    stop = (min(last, end) / _DAY_S - track.phase) / REPEAT_DAYS
    slack = _TOLERANCE_DAYS / REPEAT_DAYS
    return int(-(-(start - slack) // 1)), int((stop + slack) // 1) + 1


def _is_regular(
    track: _Track, by_tile: Mapping[str, Mapping[int, Pass]], spans: tuple[int, int]
) -> bool:
    numbers = {n for found in by_tile.values() for n in found if spans[0] <= n < spans[1]}
    return len(numbers) >= _REGULAR * max(1, spans[1] - spans[0])


def _year(year: int) -> tuple[float, float]:
    return (
        datetime(year, 1, 1, tzinfo=UTC).timestamp(),
        datetime(year + 1, 1, 1, tzinfo=UTC).timestamp(),
    )
