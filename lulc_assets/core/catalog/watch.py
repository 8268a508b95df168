"""One look at a catalogue: which tiles and years have news, and what is remembered.

What belongs here: telling new, reprocessed, moved and vanished items apart, and moving the
watermark past what was seen and nothing else. What does not: asking a catalogue (``polling``).

A look reads one slice of change stamps. What it met is used even where the slice was not read to
its end; only the watermark stays then. Stamps may come late, tied or backwards: each look begins an
overlap before the watermark, and items are compared by what they are, not by being later.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lulc_assets.core.catalog.announced import Announced, Unusable, announce
from lulc_assets.core.catalog.news import Known, News, Settings, Sight
from lulc_assets.core.catalog.watch_cursor import SeenItem, WatchCursor
from lulc_assets.core.errors import CatalogError
from lulc_assets.core.store.keys import TileYear

Ask = Callable[[float | None, float | None], Iterable[Any]]
"""Items with a change stamp from the first to the second time, both included, in any order; all
that the catalogue has, where it cannot be asked so. Raises CatalogError, also midway."""

MOST_RESTS = 23
"""Looks left out after a catalogue failed again and again: at one an hour, it is asked daily."""


@dataclass
class _Reading:
    """The items of one look, sorted into what they mean."""

    cursor: WatchCursor
    since: float
    is_ours: Callable[[TileYear], bool]
    items: dict[str, Announced] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    later: set[float] = field(default_factory=set)
    elsewhere: int = 0
    read: int = 0
    ahead: int = 0

    def take(self, item: Any, dialect: str | None) -> None:
        self.read += 1
        found = announce(item, dialect)
        if isinstance(found, Unusable):
            self.unusable.append(found)
            return
        if found.changed_at is not None and found.changed_at > self.since:
            self.later.add(found.changed_at)
            self.ahead += 1
        seen = self.cursor.seen.get(found.id)
        if not self.is_ours(found.key) and seen is None:
            self.elsewhere += 1
            return
        former = self.items.get(found.id)  # paging repeats items: the later stamp counts
        if former is None or found.stamp >= former.stamp:
            self.items[found.id] = found

    def fresh(self) -> list[Announced]:
        """Those that were not dealt with as they are now."""
        return [i for name, i in self.items.items() if self.digest_seen(name) != i.digest]

    def moved(self) -> list[tuple[str, str]]:
        """(Partition that lost it, id) of items that are of another tile or year now."""
        found = []
        for name, item in self.items.items():
            seen = self.cursor.seen.get(name)
            if seen is not None and seen.partition != item.key.partition:
                found.append((seen.partition, name))
        return found

    def digest_seen(self, name: str) -> str:
        """What an item was when it was dealt with; empty: it never was."""
        seen = self.cursor.seen.get(name)
        return "" if seen is None else seen.digest


def look(
    cursor: WatchCursor,
    ask: Ask,
    known: Callable[[list[TileYear]], Mapping[TileYear, Known]],
    is_ours: Callable[[TileYear], bool],
    settings: Settings,
    *,
    now: float,
    dialect: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Sight:
    """Read one slice of a catalogue and tell what is new.

    Args:
        cursor: of the look before.
        ask: the catalogue.
        known: what the products of some tile × years have; those without a product are left out.
        is_ours: whether a tile and year is mapped.
        settings: see there.
        now: seconds since 1970; an hour off does no harm (the overlap is wider).
        dialect: of the items, where they cannot be recognised.
        clock: seconds, for the length of a look.
    """
    if cursor.rest > 0:
        return rested(cursor)
    since = now - settings.first_s if cursor.since is None else cursor.since
    lower = since - settings.overlap_s
    reading = _Reading(cursor, since, is_ours)
    failure, cut, ends = "", False, clock() + settings.seconds
    try:
        bounds = (lower, cursor.upto) if settings.by_stamp else (None, None)
        for item in ask(*bounds):
            reading.take(item, dialect)
            too_long = reading.ahead >= settings.most_items or clock() > ends
            # A tie cannot be cut: it is read to its end, however long it is.
            if settings.by_stamp and too_long and len(reading.later) > 1:
                cut = True
                break
    except CatalogError as error:
        failure = str(error)
    chosen, waiting = _news(reading, known, is_ours, settings)
    is_whole = not (failure or cut or waiting)
    vanished = _gone(reading, settings) if is_whole and not settings.by_stamp else {}
    news = _with_vanished(chosen, vanished, is_ours)
    moves = replace(
        cursor,
        since=_watermark(cursor, reading, settings, now) if is_whole else since,
        upto=None if is_whole else _cut(reading) if cut else cursor.upto,
        failures=cursor.failures + 1 if failure else 0,
        rest=_rests(cursor) if failure else 0,
        seen=_remembered(reading, chosen, settings),
    )
    if is_whole:
        moves = replace(moves, seen=_pruned(moves, reading, settings))
    return Sight(
        news, moves, reading.read, reading.elsewhere, tuple(reading.unusable), waiting, failure, cut
    )


def rested(cursor: WatchCursor) -> Sight:
    """A look that is left out, because the catalogue failed before."""
    rest = replace(cursor, rest=cursor.rest - 1)
    return Sight((), rest, failure=f"the catalogue failed {cursor.failures} times in a row")


def failed_look(cursor: WatchCursor, reason: str) -> Sight:
    """A look at a catalogue that could not be asked at all."""
    moved = replace(cursor, failures=cursor.failures + 1, rest=_rests(cursor))
    return Sight((), moved, failure=reason)


def _rests(cursor: WatchCursor) -> int:
    return min(2 ** min(cursor.failures, 10) - 1, MOST_RESTS)


def _news(
    reading: _Reading,
    known: Callable[[list[TileYear]], Mapping[TileYear, Known]],
    is_ours: Callable[[TileYear], bool],
    settings: Settings,
) -> tuple[dict[TileYear, News], int]:
    """News by tile and year, no more than may be at once, and how many others wait."""
    by_key: dict[TileYear, list[Announced]] = {}
    for item in reading.fresh():
        if is_ours(item.key):
            by_key.setdefault(item.key, []).append(item)
    lost: dict[TileYear, list[str]] = {}
    for partition, name in reading.moved():
        key = TileYear.of_partition(partition)
        if is_ours(key):
            lost.setdefault(key, []).append(name)
    keys = sorted({*by_key, *lost})
    products = known(keys)
    found: dict[TileYear, News] = {}
    waiting = 0
    for key in keys:
        has = products.get(key, {})
        items = sorted(i for i in by_key.get(key, ()) if has.get(i.id) != (i.baseline, i.stamp))
        news = News(
            key,
            tuple(i for i in items if i.id not in has),
            tuple(i for i in items if i.id in has),
            tuple(sorted(lost.get(key, ()))),
        )

        if news and sum(map(bool, found.values())) >= settings.most_keys:
            waiting += 1
            continue
        found[key] = news
    return found, waiting


def _gone(reading: _Reading, settings: Settings) -> dict[str, list[str]]:
    """Partition → names of remembered items that a whole reading no longer has."""
    present = set(reading.items)
    gone: dict[str, list[str]] = {}
    for name, item in reading.cursor.seen.items():
        in_window = settings.window is None or item.at >= settings.window
        if name not in present and in_window:
            gone.setdefault(item.partition, []).append(name)
    return gone


def _with_vanished(
    chosen: Mapping[TileYear, News],
    gone: Mapping[str, list[str]],
    is_ours: Callable[[TileYear], bool],
) -> tuple[News, ...]:
    found = dict(chosen)
    for partition, names in gone.items():
        key = TileYear.of_partition(partition)
        if is_ours(key):
            former = found.get(key, News(key))
            found[key] = replace(former, vanished=tuple(sorted({*former.vanished, *names})))
    return tuple(found[key] for key in sorted(found) if found[key])


def _watermark(cursor: WatchCursor, reading: _Reading, settings: Settings, now: float) -> float:
    """How far everything was seen. A stamp from the future does not hide what comes before it."""
    read_to = max(reading.later, default=reading.since) if cursor.upto is None else cursor.upto
    return max(reading.since, min(read_to, now + settings.overlap_s))


def _cut(reading: _Reading) -> float:
    """End of the first half of a slice that was too long; strictly before its latest stamp."""
    stamps = sorted(reading.later)
    return min(stamps[(len(stamps) - 1) // 2], stamps[-2])


def _remembered(
    reading: _Reading, chosen: Mapping[TileYear, News], settings: Settings
) -> Mapping[str, SeenItem]:
    seen = dict(reading.cursor.seen)
    told = {key.partition for key in chosen}
    left = {name: partition for partition, name in reading.moved()}
    for item in reading.items.values():
        old = left.get(item.id, item.key.partition)
        if old not in told and reading.is_ours(TileYear.of_partition(old)):
            continue  # the place that it left waits for the next look
        if not reading.is_ours(item.key):
            seen.pop(item.id, None)
        elif item.key in chosen or item.digest == reading.digest_seen(item.id):
            at = item.changed_at if settings.by_stamp else item.sensed
            seen[item.id] = SeenItem(item.key.partition, item.digest, at or item.sensed)
    return seen


def _pruned(moved: WatchCursor, reading: _Reading, settings: Settings) -> Mapping[str, SeenItem]:
    """Without items that no later look can meet again."""
    if not settings.by_stamp:
        present = set(reading.items)
        return {name: item for name, item in moved.seen.items() if name in present}
    least = (moved.since or 0.0) - settings.overlap_s
    return {name: item for name, item in moved.seen.items() if item.at >= least}
