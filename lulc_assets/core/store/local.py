"""A store in a directory of a POSIX file system, for the processes of one machine.

What belongs here: reading and writing that survive a kill and a power cut. Exclusion is
``flock``: writers on several machines need the S3 store.
"""

import fcntl
import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lulc_assets.core.errors import CommitConflict, ProductCorrupt, ProductNotFound
from lulc_assets.core.store.canonical import digest_of_bytes, digest_of_file
from lulc_assets.core.store.objects import Versioned, check_key, damage
from lulc_assets.core.whole_files import sync_to_disk, whole_file

_SHARED = 0o666
"""The process's umask decides who else may read and write, as for any other file."""


class LocalStore:
    """A store in a directory.

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
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise self._missing(key) from None
        return Versioned(data, digest_of_bytes(data))

    def size(self, key: str) -> int | None:
        """See :class:`ObjectStore`."""
        path = self._path(key)
        return path.stat().st_size if path.is_file() else None

    def put_file(self, key: str, path: Path) -> None:
        """See :class:`ObjectStore`."""
        target = self._path(key)
        if target.is_file() and filecmp.cmp(path, target, shallow=False):
            with suppress(PermissionError):  # another user's
                os.utime(target)  # young again: nothing takes it away before the record names it
            return
        with self._replacing(target) as part:
            shutil.copyfile(path, part)

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """See :class:`ObjectStore`."""
        target = self._path(key)
        with self._locked(key):
            current = self.read(key).version if target.exists() else None
            if current != expected:
                raise CommitConflict(
                    f"{key} was committed by another run meanwhile; nothing was overwritten"
                )
            with self._replacing(target) as part:
                part.write_bytes(data)

    def fetch(self, key: str, sha256: str) -> Path:
        """See :class:`ObjectStore`."""
        path = self._path(key)
        if not path.is_file():
            raise self._missing(key)
        found = digest_of_file(path)
        if found != sha256:
            with suppress(OSError):
                path.unlink()
            raise ProductCorrupt(damage(str(path), found, sha256))
        return path

    def _missing(self, key: str) -> ProductNotFound:
        return ProductNotFound(f"{self.root}: nothing is stored under {key}")

    @contextmanager
    def _replacing(self, target: Path) -> Iterator[Path]:
        """A file to write that takes the target's place whole; new folders are on disk too."""
        missing = [path for path in (target.parent, *target.parent.parents) if not path.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as part:
            yield part
        for folder in missing:
            sync_to_disk(folder.parent)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock of one key; the kernel frees it when the process dies."""
        lock = self.root / ".locks" / hashlib.sha256(key.encode()).hexdigest()[:32]
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(lock, os.O_CREAT | os.O_RDWR, _SHARED)
        except PermissionError:  # made by another user: the lock of a file need not be writable
            handle = os.open(lock, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
