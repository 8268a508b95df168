"""An object store with two backends: a local directory and S3.

What belongs here: reading, writing and conditionally replacing one object under a key.
What does not: what a product is (``records.py``) and how it is published (``publish.py``).

A version is an opaque token of what an object held when it was read. Conditional writes
compare it: the loser of two concurrent writers gets ``CommitConflict`` and changes nothing.
"""

import fcntl
import filecmp
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lulc_assets.core.errors import CommitConflict, ProductNotFound, StoreError

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class Versioned:
    """The bytes of an object and the version token they were read at."""

    data: bytes
    version: str


class ObjectStore(Protocol):
    """What publishing needs of a store; keys are ``/``-separated names without ``..``."""

    def read(self, key: str) -> Versioned:
        """The object's bytes and version; raises ProductNotFound."""
        ...

    def exists(self, key: str) -> bool:
        """Whether an object has the key."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Store a file under a key that names its content; an existing object is kept."""
        ...

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """Write if the object still has version ``expected`` (``None``: if it is absent).

        Raises:
            CommitConflict: another writer was first.
        """
        ...

    def fetch(self, key: str) -> Path:
        """A local file with the object's bytes, for readers that need a path."""
        ...


def check_key(key: str) -> str:
    """Return the key if it is a plain relative name.

    Raises:
        StoreError: it is empty, absolute, hidden, or climbs out of the store.
    """
    if not _KEY.fullmatch(key):
        raise StoreError(f"store key {key!r} is not a plain relative name (letters, digits, . _ -)")
    return key


class LocalStore:
    """A store in a directory of a POSIX file system.

    Args:
        root: the directory; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def read(self, key: str) -> Versioned:
        """See :class:`ObjectStore`."""
        try:
            data = self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ProductNotFound(f"{self.root}: nothing is stored under {key}") from None
        return Versioned(data, hashlib.sha256(data).hexdigest())

    def exists(self, key: str) -> bool:
        """See :class:`ObjectStore`."""
        return self._path(key).is_file()

    def put_file(self, key: str, path: Path) -> None:
        """See :class:`ObjectStore`."""
        target = self._path(key)
        # The bytes are compared: a damaged object under a content key is healed.
        if not (target.is_file() and filecmp.cmp(path, target, shallow=False)):
            with self._scratch(target) as scratch:
                shutil.copyfile(path, scratch)
                _sync(scratch)
                scratch.replace(target)

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """See :class:`ObjectStore`."""
        target = self._path(key)
        with self._locked(key):
            current = self.read(key).version if target.exists() else None
            if current != expected:
                raise CommitConflict(
                    f"{key} was committed by another run meanwhile; nothing was overwritten"
                )
            with self._scratch(target) as scratch:
                scratch.write_bytes(data)
                _sync(scratch)
                scratch.replace(target)

    def fetch(self, key: str) -> Path:
        """See :class:`ObjectStore`."""
        path = self._path(key)
        if not path.is_file():
            raise ProductNotFound(f"{self.root}: nothing is stored under {key}")
        return path

    @contextmanager
    def _scratch(self, target: Path) -> Iterator[Path]:
        """A file name beside the target that vanishes unless it is renamed."""
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=target.parent)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock of one key; the kernel frees it when the process dies."""
        lock = self.root / ".locks" / hashlib.sha256(key.encode()).hexdigest()[:32]
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


class S3Store:
    """A store under a prefix of an S3 bucket, through obstore.

    Args:
        url: ``s3://bucket/prefix``.
        cache: local directory for objects that readers need as files.
        options: configuration and credentials of ``obstore.store.S3Store``.
    """

    def __init__(self, url: str, cache: Path, **options: Any) -> None:
        from obstore.store import S3Store as Backend  # only where S3 is used

        self.url = url
        self.cache = cache
        self._backend = Backend.from_url(url, **options)

    def read(self, key: str) -> Versioned:
        """See :class:`ObjectStore`."""
        try:
            answer = self._backend.get(check_key(key))
        except FileNotFoundError:
            raise ProductNotFound(f"{self.url}: nothing is stored under {key}") from None
        return Versioned(bytes(answer.bytes()), str(answer.meta["e_tag"]))

    def exists(self, key: str) -> bool:
        """See :class:`ObjectStore`."""
        try:
            self._backend.head(check_key(key))
        except FileNotFoundError:
            return False
        return True

    def put_file(self, key: str, path: Path) -> None:
        """See :class:`ObjectStore`."""
        if not self.exists(key):
            self._backend.put(key, path)

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """See :class:`ObjectStore`."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            if expected is None:
                self._backend.put(check_key(key), data, mode="create")
            else:
                self._backend.put(check_key(key), data, mode={"e_tag": expected})
        except (AlreadyExistsError, PreconditionError):
            raise CommitConflict(
                f"{key} was committed by another run meanwhile; nothing was overwritten"
            ) from None

    def fetch(self, key: str) -> Path:
        """See :class:`ObjectStore`; content-named objects are downloaded once."""
        path = self.cache / check_key(key)
        if not path.exists():
            data = self.read(key).data
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_name(f".writing-{os.getpid()}-{path.name}")
            scratch.write_bytes(data)
            scratch.replace(path)
        return path


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
