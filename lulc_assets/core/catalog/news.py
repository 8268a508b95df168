"""What a look at a catalogue tells: news by tile and year, and how far it came.

What belongs here: plain data and the words for it. What does not: finding it out (``watch``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lulc_assets.core.catalog.announced import Announced, Unusable, text_of
from lulc_assets.core.catalog.watch_cursor import WatchCursor
from lulc_assets.core.store.canonical import digest_of
from lulc_assets.core.store.keys import TileYear

Known = Mapping[str, tuple[str, str]]
"""Id → baseline and change stamp, of the scenes that a product has."""

_SHOWN = 3


@dataclass(frozen=True)
class News:
    """What is new of a tile and year.

    Attributes:
        key: of which.
        new: items that the product lacks.
        changed: items that it has with another baseline or stamp.
        vanished: ids that the catalogue no longer has there.
    """

    key: TileYear
    new: tuple[Announced, ...] = ()
    changed: tuple[Announced, ...] = ()
    vanished: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.vanished)

    @property
    def run_key(self) -> str:
        """Tile, year, and a hash of the sorted (id, baseline, change stamp)."""
        items = sorted((i.id, i.baseline, i.stamp) for i in (*self.new, *self.changed))
        gone = sorted((name, "", "vanished") for name in self.vanished)
        return f"{self.key.partition}|{digest_of([*items, *gone])[:32]}"

    @property
    def why(self) -> str:
        """For people: why a run exists."""
        kinds = (
            ("new", [i.id for i in self.new]),
            ("reprocessed", [i.id for i in self.changed]),
            ("vanished", list(self.vanished)),
        )
        return "; ".join(_told(kind, sorted(names)) for kind, names in kinds if names)


@dataclass(frozen=True)
class Settings:
    """How a catalogue is watched.

    Attributes:
        overlap_s: seconds before the watermark at which a look begins.
        first_s: seconds before ``now`` at which the first look of all begins.
        most_items: a slice with more beyond the watermark is too long for one look.
        most_keys: tile × years with news at once; the others wait for the next look.
        seconds: a look that takes longer stops, and its slice is cut.
        by_stamp: whether the catalogue can be asked by change stamps. Else each look reads all
            that there is, or all since ``window``.
        window: acquisitions from then on are read, seconds since 1970; None: all.
    """

    overlap_s: float = 2 * 3600.0
    first_s: float = 30 * 86400.0
    most_items: int = 50_000
    most_keys: int = 1_000
    seconds: float = 20.0
    by_stamp: bool = True
    window: float | None = None


@dataclass(frozen=True)
class Sight:
    """What a look found.

    Attributes:
        news: by tile and year.
        cursor: to go on with.
        read: items that were read.
        elsewhere: of them, items of tiles or years that nobody maps.
        unusable: items without a tile, a date or an id.
        waiting: tile × years with news that wait for the next look.
        failure: why the catalogue was not read to its end; empty: it was.
        cut: whether the slice was too long, and is read again in parts.
    """

    news: tuple[News, ...]
    cursor: WatchCursor
    read: int = 0
    elsewhere: int = 0
    unusable: tuple[Unusable, ...] = ()
    waiting: int = 0
    failure: str = ""
    cut: bool = False

    @property
    def message(self) -> str:
        """What was looked at, for a tick that asks for nothing too."""
        if self.failure and not self.read:
            return f"{self.failure}; the next {self.cursor.rest} looks are left out"
        since = "" if self.cursor.since is None else f", seen up to {text_of(self.cursor.since)}"
        parts = [f"{self.read} items read{since}: news of {len(self.news)} tile × years"]
        parts += [f"{self.elsewhere} items of tiles or years that are not mapped"] * (
            self.elsewhere > 0
        )
        parts += [f"{self.waiting} tile × years wait for the next look"] * (self.waiting > 0)
        parts += ["the slice was too long and is read in parts"] * self.cut
        parts += [self.failure] * bool(self.failure)
        return "; ".join(parts)


def _told(kind: str, names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    return f"{len(names)} {kind}: {shown}"
