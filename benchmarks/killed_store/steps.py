"""The steps of a writer, counted: what it writes to a folder, and its requests to a bucket.

What belongs here: where a process can be stopped. What does not: what is written, what must
stand afterwards (``trials``).

A step is a moment before or after a write, a sync, a rename or a request. A write is torn in
two and a large upload in its parts, so that there are moments at which half of it is there.
"""

import builtins
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.s3 import S3Store

_CHANGES = ("rename", "replace", "link", "chmod", "mkdir", "remove", "utime")
"""Audit events of the module ``os``, which come before the call."""
_TORN_BYTES = 400
"""Copied at once; files of a trial are a little larger."""
_LARGE_BYTES = 5 * 2**20
"""Above it obstore sends a file in parts."""


class Countdown:
    """Calls ``over`` with the name of the step that a count ends at; never again after.

    Args:
        step: how many come before.
        over: what happens then.
    """

    def __init__(self, step: int, over: Callable[[str], None]) -> None:
        self.left, self.over = step, over

    def tick(self, name: str) -> None:
        """A step comes."""
        self.left -= 1
        if self.left == -1:
            self.over(name)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call with a step before it and one after it."""

        def counted(*args: Any, **options: Any) -> Any:
            self.tick(f"before {name}")
            done = call(*args, **options)
            self.tick(f"after {name}")
            return done

        return counted


def count_steps(store: ObjectStore, countdown: Countdown) -> None:
    """From now on the steps of this process count; there is no way back."""
    if isinstance(store, S3Store):
        store.__dict__["_bucket"] = _CountedBucket(store._bucket, countdown)
    else:
        _count_files(countdown)


class _CountedBucket:
    """A connection to a bucket of which each request is a step."""

    def __init__(self, bucket: Any, countdown: Countdown) -> None:
        self._bucket, self._countdown = bucket, countdown

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._bucket, name)
        return self._countdown.around(name, found) if callable(found) else found

    def put(self, key: str, file: Any, **options: Any) -> Any:
        if isinstance(file, Path) and file.stat().st_size > _LARGE_BYTES:
            file = _CountedParts(file, self._countdown)
        return self._countdown.around("put", self._bucket.put)(key, file, **options)


class _CountedParts(io.FileIO):
    """A file of which each part that is read for sending is a step."""

    def __init__(self, path: Path, countdown: Countdown) -> None:
        super().__init__(path, "rb")
        self._countdown = countdown

    def read(self, size: int | None = -1, /) -> bytes:
        self._countdown.tick("before part")
        return super().read(-1 if size is None else size)


class _TornFile(io.FileIO):
    """A file that takes what is written to it in two halves."""

    def __init__(self, path: Any, countdown: Countdown) -> None:
        super().__init__(path, "wb")
        self._write = countdown.around("write", super().write)

    def write(self, data: Any, /) -> int:
        half = len(data) // 2
        return int(self._write(data[:half])) + int(self._write(data[half:]))


def _count_files(countdown: Countdown) -> None:
    really_open, copy = open, countdown.around("write", os.sendfile)

    def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if mode == "wb":
            return _TornFile(file, countdown)
        return really_open(file, mode, *args, **options)

    def copied(out: int, source: int, offset: int | None, count: int) -> int:
        return int(copy(out, source, offset, min(count, _TORN_BYTES)))

    def audited(event: str, args: tuple[Any, ...]) -> None:
        called = event.removeprefix("os.")
        if called in _CHANGES and event != called:
            countdown.tick(f"before {called}")
        elif event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
            countdown.tick("before open")

    io.open = opened
    os.fsync = countdown.around("fsync", os.fsync)
    os.sendfile = copied  # type: ignore[assignment]
    sys.addaudithook(audited)
    assert builtins.open is really_open, "shutil copies with sendfile, not by what is opened"
