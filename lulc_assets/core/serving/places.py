"""How many requests are served at once, and which results are kept.

What belongs here: places at the engine and their queue, the folder of results. What does not: HTTP.
"""

import asyncio
import re
import secrets
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

RESULT_ID = re.compile(r"[0-9a-f]{32}")


class Busy(Exception):
    """All places are taken; try again later."""


class Places:
    """So many at once, so many waiting, and no more.

    Args:
        at_once: that are served.
        waiting: that wait; the next one is refused.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._most = at_once + waiting
        self._free = asyncio.Semaphore(at_once)
        self.taken = 0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """A place, waited for.

        Raises:
            Busy: as many as may be are served or wait already.
        """
        if self.taken >= self._most:
            raise Busy
        self.taken += 1
        try:
            async with self._free:
                yield
        finally:
            self.taken -= 1


class Results:
    """A folder for each result; the oldest goes when there are too many.

    Args:
        folder: of them all.
        kept: how many stay.
    """

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder, self._kept = folder, kept
        self._known: OrderedDict[str, Path] = OrderedDict()

    def new(self) -> tuple[str, Path]:
        """An id that nobody guesses, and an empty folder; not listed before :meth:`keep`."""
        name = secrets.token_hex(16)
        place = self._folder / name
        place.mkdir(parents=True)
        return name, place

    def keep(self, name: str) -> None:
        """List a finished result."""
        self._known[name] = self._folder / name
        while len(self._known) > self._kept:
            _, oldest = self._known.popitem(last=False)
            shutil.rmtree(oldest, ignore_errors=True)

    def drop(self, name: str) -> None:
        """Remove a result, or what there is of one."""
        self._known.pop(name, None)
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def find(self, name: str, file: str) -> Path | None:
        """A file of a listed result."""
        place = self._known.get(name)
        if place is None or file not in ("class.tif", "probability.tif", "item.json", "class.png"):
            return None
        path = place / file
        return path if path.is_file() else None
