"""The publish protocol: files under content keys first, the commit record last.

What belongs here: the one way a product comes into the store and out of it again. What does
not: what the files mean; callers validate them before they publish.

Killing a writer at any point leaves the old product whole: content-named files that no record
names are invisible. Readers follow the record, never a listing. A record is stored under its
digest before it becomes the current one, and stays there: what any product cites can be
followed for ever.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from lulc_assets.core.errors import CommitConflict, ProductNotFound, StoreError
from lulc_assets.core.store.canonical import canonical_json, digest_of_bytes, digest_of_file
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.records import Basis, Record, StoredFile, make_record, read_record

P = TypeVar("P")

_RECORD = "record.json"
_PROBE = "probe.json"
_OWNER = "project.json"
_PROBED = b"{}"
_NEVER = f'"{"0" * 32}"'
"""A version that no object has."""
_BY_DIGEST = "records"
_FORMER = "records/former"
"""Where it is noted which records stood."""
_NOTED = b"{}"
_HASH_IN_KEY = 16
_ATTEMPTS = 4
"""Of a conditional write that a store refuses although nobody else wrote: S3 answers 409."""


def product_key(asset: str, *parts: str) -> str:
    """The key prefix of an asset's product, e.g. ``annual_map/33TVM/2023``."""
    return "/".join((asset, *parts))


def former_key(product: str, digest: str) -> str:
    """Of the note that a record stood and was replaced; as old as its last replacement."""
    return f"{_FORMER}/{product}/{digest}.json"


def stored_name(path: Path, sha256: str | None = None) -> str:
    """The name that a finished file gets in the store: it contains its hash."""
    return f"{path.stem}-{(sha256 or digest_of_file(path))[:_HASH_IN_KEY]}{path.suffix}"


def find_record(
    store: ObjectStore, product: str, properties: type[P]
) -> tuple[Record[P] | None, str | None]:
    """The committed record of a product and its version, or ``(None, None)``.

    Raises:
        ProductCorrupt: the record does not parse.
    """
    key = f"{product}/{_RECORD}"
    try:
        found = store.read(key)
    except ProductNotFound:
        return None, None
    return read_record(found.data, key, properties), found.version


def kept_record(store: ObjectStore, digest: str, properties: type[P]) -> Record[P]:
    """A record by its digest, current or not.

    Raises:
        ProductNotFound: none was ever committed.
        ProductCorrupt: its bytes are others.
    """
    key = _digest_key(digest)
    data = store.read(key).data
    if digest_of_bytes(data) != digest:
        raise ProductNotFound(f"{key} is damaged: its bytes have another digest")
    return read_record(data, key, properties)


def require_writable(store: ObjectStore) -> None:
    """Refuse a store that no product can be committed to before the work, not after hours of it.

    Raises:
        StoreError: its place is not there or closed to us, or it overwrites what a condition
            protects. What may pass, such as a store that does not answer, is raised as it is.
    """
    try:
        store.replace(_PROBE, _PROBED, expected=_version(store, _PROBE))
    except CommitConflict:
        pass  # another run probes at the same time
    except (PermissionError, FileNotFoundError, NotADirectoryError, FileExistsError) as error:
        raise StoreError(f"the store cannot be written to: {error}") from error
    for expected in (None, _NEVER):
        with suppress(CommitConflict):
            store.replace(_PROBE, _PROBED, expected=expected)
            raise StoreError(
                "the store has no conditional writes: it overwrote an object although asked not "
                "to, so that of two runs of one tile and year neither would notice the other. Use "
                "a service with If-None-Match and If-Match (AWS S3, MinIO, SeaweedFS, R2)"
            )


def require_own(store: ObjectStore, project: str) -> None:
    """Refuse a place that another project keeps its products in: they would overwrite each other.

    Args:
        store: whose first user writes its name there.
        project: name of the project.

    Raises:
        StoreError: it is of a project of another name.
    """
    wanted = canonical_json({"project": project})
    data = _standing(store, _OWNER)
    if data is None:
        with suppress(CommitConflict):
            store.replace(_OWNER, wanted, expected=None)
        data = _standing(store, _OWNER)
    if data != wanted:
        raise StoreError(
            f"{_OWNER} in the store says {(data or b'nothing')[:200].decode(errors='replace')}, "
            f"this project is {project[:200]!r}: two projects in one place would overwrite each "
            "other's models and maps. Name another place as store; if the project was renamed, "
            f"delete {_OWNER}"
        )


def is_complete(store: ObjectStore, record: Record[P]) -> bool:
    """Whether every file is stored in its size; bytes are checked where they are read."""
    return all(store.size(file.key) == file.size for file in record.files.values())


def publish(
    store: ObjectStore,
    product: str,
    basis: Basis,
    files: Mapping[str, Path],
    properties: P,
    *,
    replaces: str | None,
) -> Record[P]:
    """Store files, then commit the record if nobody else did meanwhile.

    Args:
        store: where to.
        product: key prefix from :func:`product_key`.
        basis: from what.
        files: name → finished, validated scratch file.
        properties: a frozen dataclass.
        replaces: version from :func:`find_record`, taken before the work began.

    Returns:
        The committed record. If the product already holds the same record, it is returned
        without a write, whoever wrote it.

    Raises:
        CommitConflict: another run committed something else meanwhile.
    """
    stored = {}
    for name, path in sorted(files.items()):
        sha256 = digest_of_file(path)
        key = f"{product}/{stored_name(path, sha256)}"
        store.put_file(key, path)
        stored[name] = StoredFile(key, sha256, path.stat().st_size)
    record = make_record(product, basis, stored, properties)
    commit(store, record, replaces=replaces)
    return record


def commit(store: ObjectStore, record: Record[P], *, replaces: str | None) -> None:
    """Put a record whose files are stored: a new one, or a former one that is restored.

    A refused write is looked at: our own bytes in the store mean that only the answer was
    lost, the bytes that we read before mean that the store wants to be asked again.

    Raises:
        CommitConflict: another run committed something else meanwhile.
    """
    key = f"{record.product}/{_RECORD}"
    stands = _standing(store, key)
    if stands == record.data:
        return
    _keep(store, record)
    if stands is not None:
        _note_former(store, record.product, digest_of_bytes(stands))
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            store.replace(key, record.data, expected=replaces)
        except CommitConflict:
            data, version = _standing(store, key), _version(store, key)
            if data == record.data:
                return
            if version != replaces or attempt == _ATTEMPTS:
                raise
        else:
            return


def fetch(store: ObjectStore, record: Record[P], name: str) -> Path:
    """A local path of one of the record's files, checked against its SHA-256.

    Raises:
        ProductNotFound: the record names no such file, or the store has lost it.
        ProductCorrupt: the bytes are not those that were committed.
    """
    if name not in record.files:
        raise ProductNotFound(f"product {record.product} has no file {name!r}")
    file = record.files[name]
    return store.fetch(file.key, file.sha256)


def _keep(store: ObjectStore, record: Record[P]) -> None:
    """Store the record under its digest, young again where it is there already."""
    key = _digest_key(record.digest)
    try:
        store.replace(key, record.data, expected=_version(store, key))
    except CommitConflict:
        if _standing(store, key) != record.data:
            raise


def _note_former(store: ObjectStore, product: str, digest: str) -> None:
    """Note, before it is replaced, that a record stood: one that lost a race never did."""
    key = former_key(product, digest)
    with suppress(CommitConflict):  # another run that replaces the same record
        store.replace(key, _NOTED, expected=_version(store, key))


def _digest_key(digest: str) -> str:
    return f"{_BY_DIGEST}/{digest[:2]}/{digest}.json"


def _standing(store: ObjectStore, key: str) -> bytes | None:
    try:
        return store.read(key).data
    except ProductNotFound:
        return None


def _version(store: ObjectStore, key: str) -> str | None:
    try:
        return store.read(key).version
    except ProductNotFound:
        return None
