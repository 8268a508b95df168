"""What a catalogue announces: items by tile, year and change stamp, before anything is read.

What belongs here: the few fields of an item that tell whether it is new. What does not: making a
recipe of it (``items``), or deciding what a new one means (``watch``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.fields import item_change_stamp, item_datetime
from lulc_assets.core.catalog.items import item_baseline, item_tile, require_named
from lulc_assets.core.catalog.known_dialects import find_dialect
from lulc_assets.core.errors import IncompleteItem, SceneError
from lulc_assets.core.store.canonical import digest_of
from lulc_assets.core.store.keys import TileYear

_LONGEST_STAMP = 100
_LONGEST_SHOWN = 80


@dataclass(frozen=True, order=True)
class Announced:
    """An item as a catalogue serves it now.

    Attributes:
        key: tile and year of its acquisition, UTC.
        id: the provider's.
        baseline: of processing; empty when unknown.
        stamp: what changes when the provider replaces it; the id where nothing says it.
        sensed: time of acquisition, seconds since 1970.
    """

    key: TileYear
    id: str
    baseline: str
    stamp: str
    sensed: float

    @property
    def digest(self) -> str:
        """Another one where the item is reprocessed, or is of another tile or year."""
        return digest_of([self.key.partition, self.id, self.baseline, self.stamp])[:16]

    @property
    def changed_at(self) -> float | None:
        """The change stamp in seconds since 1970; None where it is not a time."""
        return seconds_of(self.stamp)


@dataclass(frozen=True)
class Unusable:
    """An item that belongs to no tile and year: its id, or a piece of it, and why."""

    id: str
    reason: str


def announce(item: object, dialect: str | None = None) -> Announced | Unusable:
    """What an item announces; one that says too little is named, never an exception.

    Args:
        item: JSON as served; assets need not be there.
        dialect: name of the dialect, where the user knows better than the item says.
    """
    try:
        require_named(item)
        assert isinstance(item, Mapping)
        found = find_dialect(item, dialect)
        moment = item_datetime(item)
        return Announced(
            TileYear(item_tile(item, found), moment.year),
            item["id"],
            item_baseline(item, found),
            item_change_stamp(item, found)[:_LONGEST_STAMP],
            moment.timestamp(),
        )
    except (SceneError, ValueError) as error:  # a tile or a year that is none is a ValueError
        name = item.get("id") if isinstance(item, Mapping) else item
        return Unusable(str(name)[:_LONGEST_SHOWN], f"{type(error).__name__}: {error}")


def stamp_property(item: Mapping[str, Any], dialect: str | None = None) -> str:
    """The property by which a catalogue of such items can be asked for changes; or empty.

    Empty: its items have no stamp that is a time, and what is new shows only by comparing ids.
    """
    try:
        require_named(item)
        found: Dialect = find_dialect(item, dialect)
    except (SceneError, IncompleteItem):
        return ""
    for name in found.change_stamp:
        if seconds_of(item["properties"].get(name)) is not None:
            return name
    return ""


def seconds_of(stamp: object) -> float | None:
    """A time as text in seconds since 1970, UTC where it names no zone; None: it is not a time."""
    try:
        moment = datetime.fromisoformat(str(stamp))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.timestamp()
    except (ValueError, OverflowError):
        return None


def text_of(seconds: float) -> str:
    """Seconds since 1970 as a STAC API takes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
