"""The publish protocol: files under content keys first, the commit record last.

What belongs here: the one way a product comes into the store and out of it again. What
does not: what the files mean; callers validate them before they publish.

Killing a writer at any point leaves the old product whole: content-named files that no
record names are invisible. Readers follow the record, never a listing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import ProductCorrupt, ProductNotFound
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.records import Record, StoredFile, digest_of, digest_of_file

_RECORD = "record.json"
_HASH_IN_KEY = 16


def product_key(asset: str, *partition: str) -> str:
    """The key prefix of an asset's product, e.g. ``annual_map/33TVM/2023``."""
    return "/".join((asset, *partition))


def stored_name(path: Path, sha256: str | None = None) -> str:
    """The name that a finished file gets in the store: it contains its hash."""
    return f"{path.stem}-{(sha256 or digest_of_file(path))[:_HASH_IN_KEY]}{path.suffix}"


def find_record(store: ObjectStore, product: str) -> tuple[Record | None, str | None]:
    """The committed record of a product and its version, or ``(None, None)``."""
    key = f"{product}/{_RECORD}"
    if not store.exists(key):
        return None, None
    found = store.read(key)
    return Record.from_bytes(found.data, key), found.version


def read_record(store: ObjectStore, product: str) -> Record:
    """The committed record of a product.

    Raises:
        ProductNotFound: nothing was committed; the message says what to run.
        ProductCorrupt: the record does not parse.
    """
    record, _ = find_record(store, product)
    if record is None:
        asset, *partition = product.split("/")
        where = f" for {' '.join(partition)}" if partition else ""
        raise ProductNotFound(f"product {product} is not there; materialize {asset}{where} first")
    return record


def find_made(store: ObjectStore, product: str, identity: Mapping[str, Any]) -> Record | None:
    """The committed record if it was made from exactly this identity and is whole.

    A lost or damaged file gives ``None``, so that the product is made again and healed.
    """
    record, _ = find_record(store, product)
    if record is None or record.identity_digest != digest_of(identity):
        return None
    try:
        for name in record.files:
            open_file(store, record, name)
    except (ProductNotFound, ProductCorrupt):
        return None
    return record


def publish(
    store: ObjectStore,
    product: str,
    *,
    identity: Mapping[str, Any],
    files: Mapping[str, Path],
    properties: Mapping[str, Any],
    replaces: str | None,
) -> Record:
    """Store files, then commit the record if nobody else did meanwhile.

    Args:
        store: where to.
        product: key prefix from :func:`product_key`.
        identity: what the product was made from.
        files: name → finished, validated scratch file.
        properties: plain JSON values.
        replaces: version from :func:`find_record`, taken before the work began.

    Returns:
        The committed record. If the product already holds the same record, it is returned
        without a write, whoever wrote it.

    Raises:
        CommitConflict: another run committed something else meanwhile.
    """
    return publish_beside(
        store,
        product,
        None,
        identity=identity,
        files=files,
        properties=properties,
        replaces=replaces,
    )


def publish_beside(
    store: ObjectStore,
    product: str,
    former: Record | None,
    *,
    identity: Mapping[str, Any],
    files: Mapping[str, Path],
    properties: Mapping[str, Any],
    replaces: str | None,
) -> Record:
    """Like :func:`publish`, but the files of a former record stay named by the new one."""
    stored = {} if former is None else dict(former.files)
    for name, path in sorted(files.items()):
        sha256 = digest_of_file(path)
        key = f"{product}/{stored_name(path, sha256)}"
        store.put_file(key, path)
        stored[name] = StoredFile(key, sha256, path.stat().st_size)
    record = Record(product, dict(identity), stored, dict(properties))
    commit(store, record, replaces=replaces)
    return record


def commit(store: ObjectStore, record: Record, *, replaces: str | None) -> None:
    """Put a record whose files are stored: a new one, or a former one that is restored.

    Raises:
        CommitConflict: another run committed something else meanwhile.
    """
    current, _ = find_record(store, record.product)
    if current is None or current.digest != record.digest:
        store.replace(f"{record.product}/{_RECORD}", record.to_bytes(), expected=replaces)


def open_file(store: ObjectStore, record: Record, name: str) -> Path:
    """A local path of one of the record's files, checked against its SHA-256.

    Raises:
        ProductNotFound: the record names no such file, or the store has lost it.
        ProductCorrupt: the bytes are not those that were committed.
    """
    if name not in record.files:
        raise ProductNotFound(f"product {record.product} has no file {name!r}")
    return fetch_verified(store, record.files[name], record.product)


def fetch_verified(store: ObjectStore, entry: StoredFile, product: str) -> Path:
    """A local path of a stored file, checked against its SHA-256; raises as above."""
    path = store.fetch(entry.key)
    found = digest_of_file(path)
    if found != entry.sha256:
        raise ProductCorrupt(
            f"{path} does not match its commit record (SHA-256 {found[:12]}…, committed "
            f"{entry.sha256[:12]}…); materialize {product} again after removing the file"
        )
    return path
