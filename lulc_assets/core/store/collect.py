"""What of a store nobody refers to any more, and taking it away.

What belongs here: which records and files stay, and why the others may go. What does not:
arguments (``commands/store``). Only stores in a directory; a bucket has no listing that is worth
its price yet.

What stays: the product that stands, of each product; the last records that stood before it; and
whatever any of these refers to, directly or through other records: inputs, predictions of a map,
the map and sample of a report, the model and evaluation of a decision. What is younger than some
days stays too, whatever it is: a run puts files before the record that names them. Records that
lost a race never stood: they are kept only where fewer records stood than are asked for (a store
of a former release has no notes of what stood).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import StoreError
from lulc_assets.core.store.canonical import digest_of_bytes
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import former_key

LEAST_DAYS = 2.0
"""No run takes longer (``run_monitoring``)."""

_RECORD = "record.json"
_BY_DIGEST = "records"
_NOT_PRODUCTS = ("former-format-1", "probe.json")
_DIGEST = re.compile(rb"[0-9a-f]{64}")
_DAY_S = 86400.0


@dataclass(frozen=True)
class Sweep:
    """What may go.

    Attributes:
        keys: of objects, in order.
        size: of them all, bytes.
        kept: how many objects stay.
        kept_size: of them all, bytes.
    """

    keys: tuple[str, ...]
    size: int
    kept: int
    kept_size: int


@dataclass(frozen=True)
class _Kept:
    """A record under its digest: of which product, when it was stored, its bytes."""

    digest: str
    product: str
    stored_at: float
    data: bytes


def plan_sweep(store: ObjectStore, *, versions: int, days: float, now: float) -> Sweep:
    """Find what may go; nothing is touched.

    Args:
        store: in a directory.
        versions: records of each product that stay besides the one that stands, at least 1.
        days: younger objects stay, at least :data:`LEAST_DAYS`.
        now: seconds since 1970.

    Raises:
        StoreError: another kind of store, or a rule that would harm a run.
    """
    if not isinstance(store, LocalStore):
        raise StoreError("store gc works on stores in a directory; this one is in a bucket")
    if versions < 1 or days < LEAST_DAYS:
        raise StoreError(
            f"a rule of {versions} versions and {days:g} days could remove what a run needs: keep "
            f"at least 1 version and {LEAST_DAYS:g} days"
        )
    records = {record.digest: record for record in _records(store)}
    standing = list(_standing(store))
    stand = {digest_of_bytes(data) for data in standing}
    reachable = _reach(standing, stand | _latest(store, records, stand, versions), records)
    needed = {_key(digest) for digest in reachable}
    needed |= {former_key(r.product, r.digest) for r in map(records.__getitem__, reachable)}
    for data in (*standing, *(records[digest].data for digest in reachable)):
        needed |= _files(data)
    gone: list[str] = []
    size = kept = kept_size = 0
    for path in _objects(store.root):
        key, stat = path.relative_to(store.root).as_posix(), path.stat()
        stays = path.name == _RECORD or key in needed or stat.st_mtime > now - days * _DAY_S
        if stays:
            kept, kept_size = kept + 1, kept_size + stat.st_size
        else:
            gone.append(key)
            size += stat.st_size
    return Sweep(tuple(sorted(gone)), size, kept, kept_size)


def sweep(store: ObjectStore, found: Sweep, *, days: float, now: float) -> int:
    """Take away what was found, unless it was written again since; the number of objects.

    Records go before files: killed at any point, no record names a file that is gone.
    """
    assert isinstance(store, LocalStore)
    done = 0
    for key in sorted(found.keys, key=lambda k: (not k.startswith(f"{_BY_DIGEST}/"), k)):
        path = store.root / key
        if path.is_file() and path.stat().st_mtime <= now - days * _DAY_S:
            path.unlink()
            done += 1
    return done


def _objects(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.parts[0] not in _NOT_PRODUCTS:
            yield path


def _records(store: LocalStore) -> Iterator[_Kept]:
    for path in sorted((store.root / _BY_DIGEST).glob("*/*.json")):
        data = path.read_bytes()
        yield _Kept(path.stem, str(_parsed(data).get("product")), path.stat().st_mtime, data)


def _standing(store: LocalStore) -> Iterator[bytes]:
    for path in sorted(store.root.rglob(_RECORD)):
        if path.relative_to(store.root).parts[0] not in _NOT_PRODUCTS:
            yield path.read_bytes()


def _latest(
    store: LocalStore, records: dict[str, _Kept], stand: set[str], versions: int
) -> set[str]:
    """Of each product the last records that stood before the one that stands."""
    by_product: dict[str, list[_Kept]] = defaultdict(list)
    for record in records.values():
        if record.digest not in stand:
            by_product[record.product].append(record)

    def age(record: _Kept) -> tuple[bool, float, str]:
        replaced_at = _noted_at(store, record)
        return (replaced_at is None, -(replaced_at or record.stored_at), record.digest)

    return {
        record.digest
        for group in by_product.values()
        for record in sorted(group, key=age)[:versions]
    }


def _noted_at(store: LocalStore, record: _Kept) -> float | None:
    """When it was last replaced; None where it never stood, as far as the store knows."""
    try:
        return (store.root / former_key(record.product, record.digest)).stat().st_mtime
    except FileNotFoundError:
        return None


def _reach(standing: list[bytes], latest: set[str], records: dict[str, _Kept]) -> set[str]:
    """Digests of all records that these refer to, and those they refer to, and so on."""
    waiting = [*latest, *(d for data in standing for d in _digests(data))]
    found: set[str] = set()
    while waiting:
        digest = waiting.pop()
        if digest in records and digest not in found:
            found.add(digest)
            waiting += _digests(records[digest].data)
    return found


def _digests(data: bytes) -> list[str]:
    """Everything in a record that could be the digest of another: a too careful reading."""
    return [match.decode() for match in _DIGEST.findall(data)]


def _files(data: bytes) -> set[str]:
    """Keys of the files that a record names, also within its properties."""
    return {str(key) for key in _keys_in(_parsed(data))}


def _keys_in(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        if "sha256" in value and "key" in value:
            yield value["key"]
        for each in value.values():
            yield from _keys_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys_in(each)


def _parsed(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise StoreError(
            f"a record of the store does not parse ({error}); nothing is removed"
        ) from (error)
    return value if isinstance(value, dict) else {}


def _key(digest: str) -> str:
    return f"{_BY_DIGEST}/{digest[:2]}/{digest}.json"
