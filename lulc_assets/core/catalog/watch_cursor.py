"""What a watcher of a catalogue remembers between two looks.

What belongs here: the memory and its text. What does not: how it changes (``watch``).
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

_FORMAT = 1


@dataclass(frozen=True)
class SeenItem:
    """An item that was dealt with.

    Attributes:
        partition: of its tile and year, ``33TVM|2023``.
        digest: of what it was (``Announced.digest``).
        at: seconds since 1970 by which it is forgotten: of its change stamp where the catalogue is
            asked by stamps, else of its acquisition.
    """

    partition: str
    digest: str
    at: float


@dataclass(frozen=True)
class WatchCursor:
    """Where a watcher stands.

    Attributes:
        since: every item with a change stamp up to this was seen; seconds since 1970. None: never
            looked.
        upto: end of the slice that is being read; None: open. A slice that was too long for one
            look is read again up to this.
        stamp: property by which the catalogue is asked; empty: unknown, or it cannot be asked so.
        failures: looks that failed in a row.
        rest: looks that are still left out because of that.
        seen: id → item; those that a later look can meet again.
    """

    since: float | None = None
    upto: float | None = None
    stamp: str = ""
    failures: int = 0
    rest: int = 0
    seen: Mapping[str, SeenItem] = field(default_factory=dict)

    def dumps(self) -> str:
        """As text: about 40 bytes per item."""
        plain = {**asdict(self), "format": _FORMAT}
        plain["seen"] = {
            name: [item.partition, item.digest, item.at] for name, item in self.seen.items()
        }
        packed = zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 1)
        return base64.b64encode(packed).decode()

    @classmethod
    def loads(cls, text: str | None) -> "WatchCursor":
        """Back from :meth:`dumps`; what is none (of an older version) is a fresh one.

        Forgetting costs one more look at the products, never an item.
        """
        try:
            plain = json.loads(zlib.decompress(base64.b64decode(text or "", validate=True)))
            if plain.pop("format") != _FORMAT:
                return cls()
            seen = {name: SeenItem(*item) for name, item in plain.pop("seen").items()}
            return cls(**plain, seen=seen)
        except (ValueError, zlib.error, KeyError, TypeError, AttributeError):
            return cls()
