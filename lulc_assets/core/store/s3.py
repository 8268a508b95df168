"""A store under a prefix of an S3 bucket, through obstore.

What belongs here: conditional writes, and a local cache of objects that readers need as files:
verified, bounded, safe for several threads and processes. What does not: credentials
(``s3_access``), what refusals mean (``s3_answers``).
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import ProductCorrupt, ProductNotFound
from lulc_assets.core.store.canonical import digest_of_file
from lulc_assets.core.store.objects import Versioned, check_key, damage
from lulc_assets.core.store.s3_access import S3Access
from lulc_assets.core.store.s3_answers import named
from lulc_assets.core.whole_files import whole_file

CACHE_BYTES = 20 * 2**30
"""Of all cached objects: some tens of tile × years of predictions."""

_IN_USE_S = 900.0
"""A file that was handed out this long ago is open by now, and stays readable when it goes."""

_PARTS_AT_ONCE = 4
"""Of one upload: with twelve a thin uplink gives each part less than its time limit allows."""


class _OtherBytes(Exception):
    """What arrived has another hash."""


class S3Store:
    """A store under a prefix. Nothing is asked of the service before the first call.

    Args:
        url: ``s3://bucket/prefix``.
        cache: local directory for objects that readers need as files; processes share it.
        access: endpoint, region and credentials.
        cache_bytes: the least recently used objects above this size are dropped.
    """

    def __init__(
        self,
        url: str,
        cache: Path,
        access: S3Access = S3Access(),  # noqa: B008 - frozen
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.url = url.rstrip("/")
        self.access = access
        self.cache = cache
        self.cache_bytes = cache_bytes

    @cached_property
    def _bucket(self) -> Any:
        return self.access.connect(self.url)

    def read(self, key: str) -> Versioned:
        """See :class:`ObjectStore`."""
        with named(self.url, check_key(key)):
            answer = self._bucket.get(key)
            return Versioned(bytes(answer.bytes()), str(answer.meta["e_tag"]))

    def size(self, key: str) -> int | None:
        """See :class:`ObjectStore`."""
        try:
            with named(self.url, check_key(key)):
                return int(self._bucket.head(key)["size"])
        except ProductNotFound:
            return None

    def put_file(self, key: str, path: Path) -> None:
        """See :class:`ObjectStore`; an object of another size is not what it should be."""
        if self.size(key) != path.stat().st_size:
            self.overwrite(key, path)

    def overwrite(self, key: str, path: Path, media_type: str = "") -> None:
        """Store a file whatever was there: for what is not named after its content.

        Args:
            key: where.
            path: file; in parts where it is large.
            media_type: with which browsers shall show it.
        """
        told: Any = {"Content-Type": media_type} if media_type else None
        with named(self.url, check_key(key)):
            self._bucket.put(key, path, attributes=told, max_concurrency=_PARTS_AT_ONCE)

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """See :class:`ObjectStore`.

        A conflict may be our own write whose answer was lost: callers read the record back.
        """
        mode: Any = "create" if expected is None else {"e_tag": expected}
        with named(self.url, check_key(key)):
            self._bucket.put(key, data, mode=mode)

    def fetch(self, key: str, sha256: str) -> Path:
        """See :class:`ObjectStore`; a damaged file of the cache is fetched again."""
        path = self.cache / check_key(key)
        if _has(path, sha256):
            with suppress(OSError):
                os.utime(path)
            return path
        found = self._download(key, path, sha256)
        if found != sha256:  # once more: what is deleted must be damaged there, not on the way
            found = self._download(key, path, sha256)
        if found != sha256:
            self.delete(key)
            raise ProductCorrupt(damage(f"{self.url}/{key}", found, sha256))
        self._make_room(path)
        return path

    def keys(self, below: str) -> Iterator[str]:
        """Keys under a prefix; for what has no record, never to find products."""
        with named(self.url, below):
            for page in self._bucket.list(below):
                yield from (str(entry["path"]) for entry in page)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with named(self.url, check_key(key)):
            self._bucket.delete(key)

    def gdal_path(self, key: str) -> str:
        """Where GDAL finds an object, within ``rasterio.Env`` of the access."""
        return f"/vsis3/{self.url.removeprefix('s3://')}/{check_key(key)}"

    def _download(self, key: str, path: Path, sha256: str) -> str:
        """Stream an object into the cache if it is whole; returns its hash."""
        hashed = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            suppress(_OtherBytes),
            named(self.url, key),
            whole_file(path, durable=False) as part,
            part.open("wb") as file,
        ):
            for chunk in self._bucket.get(key).stream():
                hashed.update(chunk)
                file.write(chunk)
            if hashed.hexdigest() != sha256:
                raise _OtherBytes
        return hashed.hexdigest()

    def _make_room(self, kept: Path) -> None:
        """Drop the least recently used files until the cache keeps its size."""
        files = []
        for path in self.cache.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file() and path != kept:
                    files.append((path.stat(), path))
        total = kept.stat().st_size + sum(stat.st_size for stat, _ in files)
        before = time.time() - _IN_USE_S
        for stat, path in sorted(files, key=lambda entry: entry[0].st_mtime):
            if total <= self.cache_bytes or stat.st_mtime > before:
                return
            with suppress(FileNotFoundError):
                path.unlink()
            total -= stat.st_size


def _has(path: Path, sha256: str) -> bool:
    try:
        return digest_of_file(path) == sha256
    except FileNotFoundError:
        return False
