"""Stores of an earlier format: their records are set aside, their files stay.

What belongs here: finding such records in a folder and moving them. What does not: converting
them. A record of format 1 says neither which records it was made from nor by which version, and
nothing else in the store does: what such a product is made of cannot be known, so it is made again.
Files of the same content are not written again, and nothing is lost.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import StoreError
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.records import FIRST_FORMAT
from lulc_assets.core.whole_files import sync_to_disk

ASIDE = "former-format-1"
_RECORD = "record.json"


@dataclass(frozen=True)
class SetAside:
    """A product whose record was set aside.

    Attributes:
        product: key prefix.
        files: that it names and that stay in the store.
        record: where its record lies now, in the store.
    """

    product: str
    files: int
    record: str


def set_aside_first_format(store: ObjectStore, *, look_only: bool = False) -> list[SetAside]:
    """Move every current record of format 1 out of the way, so that its product is made again.

    Args:
        store: a folder. Nothing else may work in it meanwhile.
        look_only: say what would be moved, and move nothing.

    Returns:
        The products, by key. None: the store is of this format, or empty.

    Raises:
        StoreError: the store is in a bucket, or a record lies there aside already.
    """
    if not isinstance(store, LocalStore):
        raise StoreError(
            "records in a bucket cannot be set aside: give the project another prefix, and make "
            "the products there; the old ones stay where they are"
        )
    found = []
    for path in sorted(store.root.rglob(_RECORD)):
        inside = path.relative_to(store.root)
        if inside.parts[0] == ASIDE or (files := _files_of_first(path)) is None:
            continue
        target = store.root / ASIDE / inside
        if target.exists():
            raise StoreError(f"{target} already exists; move it elsewhere and call it again")
        if not look_only:
            _move(path, target)
        found.append(SetAside(inside.parent.as_posix(), files, f"{ASIDE}/{inside.as_posix()}"))
    return found


def _files_of_first(path: Path) -> int | None:
    """Number of files that a record of format 1 names; None where it is none."""
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None  # damaged: whoever reads it says so
    if not isinstance(value, dict) or value.get("format_version") != FIRST_FORMAT:
        return None
    files = value.get("files")
    return len(files) if isinstance(files, dict) else 0


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    sync_to_disk(target.parent)
    sync_to_disk(path.parent)
