"""Files that readers see whole or not at all.

What belongs here: writing under another name beside the target, and the rename. What does not:
objects and commit records (``store``), which add a condition to it.

A rename within a folder is atomic. It survives a power cut only if the bytes reached the disk
before it, and the entry of the folder after it.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A name to write to that becomes ``path`` when the block ends without an error.

    Args:
        path: target; its folder exists. What lies there is replaced.
        durable: False for scratch files, which are made again after a power cut or are
            synced by the store that takes them.

    Yields:
        A free name in the same folder with the same suffix. What is left of it after an error
        is removed.
    """
    part = name_part(path)
    try:
        yield part
        put_in_place(part, path, durable=durable)
    finally:
        part.unlink(missing_ok=True)


def name_part(path: Path) -> Path:
    """A hidden name beside a target that no other writer of it uses; suffix as the target's."""
    return path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(4)}.part{path.suffix}")


def put_in_place(part: Path, path: Path, *, durable: bool = True) -> None:
    """Give a finished file its name, see :func:`whole_file`; both lie in one folder."""
    if durable:
        sync_to_disk(part)
    part.replace(path)
    if durable:
        sync_to_disk(path.parent)


def sync_to_disk(path: Path) -> None:
    """Bring a file's bytes, or a folder's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
