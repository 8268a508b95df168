"""Names in a project file that must fit something else: each refused by its key.

What belongs here: one check per kind of name or value. What does not: the file's shape
(``project``).
"""

import math
import re
from collections.abc import Collection, Mapping
from typing import Protocol

from lulc_assets.core.crosswalks import find_crosswalk
from lulc_assets.core.errors import InvalidProject, UnknownClass
from lulc_assets.core.labels.source import name_first
from lulc_assets.core.legend import Legend


def require_known(where: str, tiles: tuple[str, ...], known: Collection[str]) -> None:
    """Refuse tiles that the project does not map.

    Raises:
        InvalidProject: one is not known; ``where`` is the key that names it.
    """
    unknown = [tile for tile in tiles if tile not in known]
    if unknown:
        raise InvalidProject(f"{where} names {', '.join(unknown)}, which [tiles] does not have")


def require_section(project: str, table: str, name: str, known: Collection[str]) -> None:
    """Refuse the name of a tile or region that the project does not have, or no longer has.

    Args:
        project: its name.
        table: ``tiles`` or ``regions``.
        name: that is asked for.
        known: names of the sections that there are.

    Raises:
        InvalidProject: names what there is, and what to do.
    """
    if name not in known:
        raise InvalidProject(
            f"{table[:-1]} {name} is not in project {project}; it has "
            f"{name_first([*known]) or 'none'}. "
            f"Add a [{table}.…] section to the project file"
        )


def require_crosswalk(where: str, name: str, legend: Legend) -> None:
    """Refuse a vocabulary that nobody knows; a CSV file is looked at when it is read.

    Raises:
        InvalidProject: no crosswalk has that name, or it leads to no class of the legend.
    """
    if name.lower().endswith(".csv"):
        return
    try:
        find_crosswalk(name, legend)
    except UnknownClass as error:
        raise InvalidProject(f"{where}: {error}") from error


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/.*)?")


def require_store(store: str) -> None:
    """Refuse a place that would silently become a folder of that name.

    Raises:
        InvalidProject: it is empty, holds ``~`` or backslashes, or is a URL of another kind than ``s3://bucket/prefix``.
    """
    scheme = _SCHEME.match(store)
    if not store.strip():
        raise InvalidProject("store is empty; name a folder, or s3://bucket/prefix")
    if store.startswith("~") or "\\" in store:
        raise InvalidProject(
            f"store {store[:200]!r} would become a folder of that very name; write the whole path "
            "with slashes, or one relative to the project file"
        )
    if scheme and not _BUCKET.fullmatch(store):
        raise InvalidProject(
            f"store {store[:200]!r} is neither a folder nor s3://bucket/prefix (in small letters); "
            "these are the places that products can be kept in"
        )


def require_window(where: str, window: tuple[int, int, int, int], shape: tuple[int, int]) -> None:
    """Refuse an area of interest without pixels or beyond its tile.

    Args:
        where: key, for messages.
        window: row, column, height and width.
        shape: of the tile.

    Raises:
        InvalidProject: the message names the key.
    """
    row, col, height, width = window
    if min(height, width) < 1:
        raise InvalidProject(f"{where} {window} is empty; it is row, column, height, width")
    if min(row, col) < 0 or row + height > shape[0] or col + width > shape[1]:
        raise InvalidProject(f"{where} {window} reaches beyond the tile's {shape}")


_OWNER = re.compile(r"team:.+|\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}\b")
"""As Dagster takes them: another one would take the code location away."""


def is_owner(name: object) -> bool:
    """Whether the UI can name somebody so: ``team:name`` or an e-mail address."""
    return isinstance(name, str) and _OWNER.fullmatch(name) is not None


def require_owners(owners: Collection[str]) -> None:
    """Refuse owners that the UI cannot name.

    Raises:
        InvalidProject: the message names the owner.
    """
    for owner in owners:
        if not is_owner(owner):
            raise InvalidProject(
                f"owners: {owner[:80]!r} is neither team:name nor an e-mail address"
            )


class _Prefixes(Protocol):
    work: str
    pages: str
    metrics: str


def require_buckets(storage: _Prefixes) -> None:
    """Refuse places of copies that are not prefixes of a bucket.

    Raises:
        InvalidProject: the message names the key.
    """
    for name in ("work", "pages", "metrics"):
        place = getattr(storage, name)
        if place and not _BUCKET.fullmatch(place):
            raise InvalidProject(f"storage.{name} {place[:200]!r} is not s3://bucket/prefix")


def require_plain(value: object, where: str = "") -> None:
    """Refuse numbers that are not finite and text that no path can hold.

    Args:
        value: of the file, as TOML gives it.
        where: key, for messages.

    Raises:
        InvalidProject: one is found; the message names its key.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            require_plain(inner, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            require_plain(inner, f"{where}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidProject(f"{where} is {value}; it must be a number")
    elif isinstance(value, str) and "\0" in value:
        raise InvalidProject(f"{where} holds a zero byte; remove it")
