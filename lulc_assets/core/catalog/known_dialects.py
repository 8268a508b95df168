"""Which dialects are known here, and which one an item is written in.

What belongs here: dialects of this package and of installed ones, by name and by item. What does
not: how each provider writes (``dialects``), the marks that tell them apart (``recognising``).
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.dialects import DIALECTS, PLANETARY_COMPUTER
from lulc_assets.core.catalog.recognising import explain_unknown, require_no_contradiction
from lulc_assets.core.errors import UnknownDialect

ENTRY_POINTS = "lulc_assets.dialects"


@lru_cache(maxsize=1)
def known_dialects() -> tuple[Dialect, ...]:
    """Those of installed packages, by name, and then :data:`DIALECTS`.

    Raises:
        UnknownDialect: an entry point does not name a dialect.
    """
    added = []
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda each: each.name):
        found = point.load()
        if not isinstance(found, Dialect):
            raise UnknownDialect(
                f"entry point {point.name} of {ENTRY_POINTS} does not name a Dialect"
            )
        added.append(found)
    return (*added, *DIALECTS)


def find_dialect(item: Mapping[str, Any], name: str | None = None) -> Dialect:
    """The dialect of an item; the one that the user named, unless the item says otherwise.

    Raises:
        UnknownDialect: no dialect recognises the item, or none has the name.
        DialectContradicted: the item is written in another dialect than the one named.
    """
    if name is not None:
        named = dialect_named(name)
        require_no_contradiction(item, named, known_dialects())
        return named
    for dialect in known_dialects():
        if dialect.recognises(item):
            return dialect
    raise UnknownDialect(
        f"item {item.get('id')!r} (collection {item.get('collection')!r}) is in no known dialect. "
        f"{explain_unknown(item, known_dialects())}; name a dialect if you know that it fits "
        f"({_known()})"
    )


def dialect_named(name: str) -> Dialect:
    """The dialect of that name.

    Raises:
        UnknownDialect: there is none.
    """
    for dialect in known_dialects():
        if dialect.name == name:
            return dialect
    raise UnknownDialect(f"no dialect is named {name!r}; known: {_known()}")


def default_collection(dialect: str | None) -> str | None:
    """Collection to search where the user names none: that of the dialect, if it has one.

    Raises:
        UnknownDialect: no dialect has the name.
    """
    return next(iter(dialect_named(dialect).collections), None) if dialect else None


def sampling_m(dialect: str | None, collection: str | None) -> float:
    """Ground sampling, metres, of a dialect, or of the first that has the collection; else 10.

    Raises:
        UnknownDialect: no dialect has the name.
    """
    found = dialect_named(dialect) if dialect else None
    for each in known_dialects():
        if found is None and collection in each.collections:
            found = each
    return min(gsd_m for _, gsd_m in (found or PLANETARY_COMPUTER).assets.values())


def _known() -> str:
    return ", ".join(dialect.name for dialect in known_dialects())
