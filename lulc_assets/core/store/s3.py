"""A store under a prefix of an S3 bucket, through obstore.

What belongs here: conditional writes, and a local cache of objects that readers need as files:
verified, bounded, safe for several threads and processes. What does not: credentials, which
come from the environment or from the caller.
"""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import CommitConflict, ProductCorrupt, ProductNotFound
from lulc_assets.core.store.canonical import digest_of_file
from lulc_assets.core.store.objects import Versioned, check_key, damage

CACHE_BYTES = 20 * 2**30
"""Of all cached objects: some tens of tile × years of predictions."""


class S3Store:
    """A store under a prefix.

    Args:
        url: ``s3://bucket/prefix``.
        cache: local directory for objects that readers need as files.
        cache_bytes: the least recently used objects above this size are dropped.
        options: configuration and credentials of ``obstore.store.S3Store``.
    """

    def __init__(
        self, url: str, cache: Path, *, cache_bytes: int = CACHE_BYTES, **options: Any
    ) -> None:
        from obstore.store import S3Store as Backend  # only where S3 is used

        self.url = url
        self.cache = cache
        self.cache_bytes = cache_bytes
        self._backend = Backend.from_url(url, **options)

    def read(self, key: str) -> Versioned:
        """See :class:`ObjectStore`."""
        try:
            answer = self._backend.get(check_key(key))
        except FileNotFoundError:
            raise self._missing(key) from None
        return Versioned(bytes(answer.bytes()), str(answer.meta["e_tag"]))

    def size(self, key: str) -> int | None:
        """See :class:`ObjectStore`."""
        try:
            return int(self._backend.head(check_key(key))["size"])
        except FileNotFoundError:
            return None

    def put_file(self, key: str, path: Path) -> None:
        """See :class:`ObjectStore`; an object of another size is not what it should be."""
        if self.size(key) != path.stat().st_size:
            self._backend.put(key, path)

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """See :class:`ObjectStore`.

        A conflict may be our own write whose answer was lost: callers read the record back.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if expected is None else {"e_tag": expected}
        try:
            self._backend.put(check_key(key), data, mode=mode)
        except (AlreadyExistsError, PreconditionError):
            raise CommitConflict(
                f"{key} was committed by another run meanwhile; nothing was overwritten"
            ) from None

    def fetch(self, key: str, sha256: str) -> Path:
        """See :class:`ObjectStore`; a damaged file of the cache is fetched again."""
        path = self.cache / check_key(key)
        if _has(path, sha256):
            with suppress(OSError):
                os.utime(path)
            return path
        found = self._download(key, path, sha256)
        if found != sha256:
            self._backend.delete(key)
            raise ProductCorrupt(damage(f"{self.url}/{key}", found, sha256))
        self._make_room(path)
        return path

    def _download(self, key: str, path: Path, sha256: str) -> str:
        """Stream an object into the cache if it is whole; returns its hash."""
        try:
            answer = self._backend.get(check_key(key))
        except FileNotFoundError:
            raise self._missing(key) from None
        hashed = hashlib.sha256()
        with _part_of(path) as part:
            with part.open("wb") as file:
                for chunk in answer.stream():
                    hashed.update(chunk)
                    file.write(chunk)
            if hashed.hexdigest() == sha256:
                part.replace(path)
        return hashed.hexdigest()

    def _make_room(self, kept: Path) -> None:
        """Drop the least recently used files until the cache keeps its size."""
        files = [(p.stat(), p) for p in self.cache.rglob("*") if p.is_file() and p != kept]
        total = kept.stat().st_size + sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda entry: entry[0].st_mtime):
            if total <= self.cache_bytes:
                return
            with suppress(FileNotFoundError):
                path.unlink()
            total -= stat.st_size

    def _missing(self, key: str) -> ProductNotFound:
        return ProductNotFound(f"{self.url}: nothing is stored under {key}")


def _has(path: Path, sha256: str) -> bool:
    try:
        return digest_of_file(path) == sha256
    except FileNotFoundError:
        return False


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".writing-{uuid.uuid4().hex}")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
