"""Files on http(s) and s3 by byte ranges: guarded, checked, retried, and then given to GDAL.

What belongs here: getting the right bytes or an error. What does not: decoding (GDAL does,
through ``SingleFile``), or which places are allowed (``href``, ``session``).

GDAL's own HTTP client is not used: it follows redirects to any host, resolves names after
every check that we could make, does not retry dropped and truncated answers, and remembers
failures. Here an answer counts only when it is 206 with exactly the range that was asked
for, of a file that did not change meanwhile; everything else is retried or an error.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from uuid import uuid4

from rasterio.abc import MultiByteRangeResourceContainer

from lulc_assets.core.errors import SceneError, UnreadableRaster
from lulc_assets.core.imagery.ranges import RangeSource

HEAD_BYTES = 65_536
"""First request of a file: the header of a COG with its tile offsets."""

CHUNK_BYTES = 65_536
"""Small reads (headers, tile offsets) are rounded to chunks of this size and kept."""

MAX_CHUNKS = 128
MERGE_GAP_BYTES = 16_384
"""Ranges closer than this become one request: cheaper than another round trip."""

MAX_MERGED_BYTES = 8 * 2**20
MAX_RANGE_BYTES = 256 * 2**20
"""A block that claims to be larger is not a block: headers are other people's text too."""

MAX_CONNECTIONS = 8
"""Requests in flight at once, for the whole process."""


class RemoteFile:
    """A remote file as GDAL needs it; after the first error it gives nothing any more.

    GDAL keeps decoded blocks, and takes what it has for good when a callback fails. So the
    error is kept, and whoever reads must call :meth:`raise_error` after each use of GDAL.
    """

    def __init__(self, source: RangeSource):
        """Ask for the head of the file.

        Raises:
            SceneError: it cannot be had.
        """
        self.name = f"{uuid4().hex}.tif"
        self._source = source
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.error: SceneError | None = None
        self._chunks[0] = source.fetch(0, HEAD_BYTES)
        self.size = source.size

    def raise_error(self) -> None:
        """Raise what went wrong in a callback.

        Raises:
            SceneError: something did.
        """
        if self.error is not None:
            raise self.error

    def whole(self) -> bytes | None:
        """All bytes, if the first request brought them; else None."""
        head = self._chunks[0]
        return head if len(head) == self.size else None

    def read(self, start: int, stop: int) -> bytes:
        """Bytes of a range, fewer at the end of the file; empty after an error."""
        stop = min(stop, self.size)
        if start >= stop:
            return b""
        try:
            self.raise_error()
            if stop - start > CHUNK_BYTES:
                return self._fetch(start, stop)
            first, last = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
            data = b"".join(self._chunk(number) for number in range(first, last + 1))
            return data[start - first * CHUNK_BYTES : stop - first * CHUNK_BYTES]
        except Exception as error:  # an exception must not reach GDAL's callback
            self._keep(error)
            return b""

    def read_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Bytes of many ranges, near ones in one request, requests side by side."""
        wanted = [(offset, offset + size) for offset, size in zip(offsets, sizes, strict=True)]
        try:
            self.raise_error()
            merged = list(merge_ranges(wanted))
            if len(merged) == 1:
                parts = [self._fetch(*merged[0])]
            else:
                parts = list(_pool().map(lambda span: self._fetch(*span), merged))
            return [self._cut(span, merged, parts) for span in wanted]
        except Exception as error:  # an exception must not reach GDAL's callback
            self._keep(error)
            return [b""] * len(wanted)

    def _keep(self, error: Exception) -> None:
        if not isinstance(error, SceneError):
            error = UnreadableRaster(f"{self._source.name}: {type(error).__name__}: {error}")
        self.error = error

    def _cut(
        self,
        span: tuple[int, int],
        merged: Sequence[tuple[int, int]],
        parts: Sequence[bytes],
    ) -> bytes:
        for (start, stop), data in zip(merged, parts, strict=True):
            if start <= span[0] and span[1] <= stop:
                found = data[span[0] - start : span[1] - start]
                if len(found) == span[1] - span[0]:
                    return found
        # GDAL would decode what happens to lie in its buffer.
        raise UnreadableRaster(f"{self._source.name}: the file ends before its last block")

    def _fetch(self, start: int, stop: int) -> bytes:
        """A range from the head if it lies in it: small files are read with one request."""
        if stop - start > MAX_RANGE_BYTES:
            raise UnreadableRaster(
                f"{self._source.name}: its header asks for a block of {stop - start} bytes"
            )
        head = self._chunks.get(0, b"")
        return head[start:stop] if stop <= len(head) else self._source.fetch(start, stop)

    def _chunk(self, number: int) -> bytes:
        with self._lock:
            if number in self._chunks:
                self._chunks.move_to_end(number)
                return self._chunks[number]
        start = number * CHUNK_BYTES
        data = self._source.fetch(start, min(start + CHUNK_BYTES, self.size))
        with self._lock:
            self._chunks[number] = data
            while len(self._chunks) > MAX_CHUNKS:
                self._chunks.popitem(last=False)
        return data


def merge_ranges(wanted: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Half-open ranges that cover the wanted ones, in order, near ones joined."""
    start = stop = -1
    for low, high in sorted(set(wanted)):
        if start >= 0 and low - stop <= MERGE_GAP_BYTES and high - start <= MAX_MERGED_BYTES:
            stop = max(stop, high)
            continue
        if start >= 0:
            yield start, stop
        start, stop = low, high
    if start >= 0:
        yield start, stop


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_CONNECTIONS, thread_name_prefix="ranges")


os.register_at_fork(after_in_child=_pool.cache_clear)


class SingleFile(MultiByteRangeResourceContainer):  # type: ignore[misc]
    """Shows one remote file, and nothing beside it, to GDAL under a meaningless name."""

    def __init__(self, remote: RemoteFile):
        self._remote = remote

    def open(self, path: str, mode: str = "r", **kwargs: object) -> "_Cursor":
        """A cursor on the file; nothing else exists."""
        if path != self._remote.name or "w" in mode:
            raise FileNotFoundError(path)
        return _Cursor(self._remote)

    def isfile(self, path: str) -> bool:
        """Whether it is the file."""
        return path == self._remote.name

    def isdir(self, path: str) -> bool:
        """There are no folders."""
        return False

    def ls(self, path: str) -> list[str]:
        """There are no neighbours, so that no side-car is read."""
        return []

    def mtime(self, path: str) -> int:
        """Unknown."""
        return 0

    def rm(self, path: str) -> None:
        """Nothing is ever removed."""
        raise PermissionError(path)

    def size(self, path: str) -> int:
        """Bytes of the file."""
        return self._remote.size


class _Cursor:
    """A position in a remote file; GDAL may hold several. Callbacks never raise."""

    def __init__(self, remote: RemoteFile):
        self._remote = remote
        self._position = 0

    def __enter__(self) -> "_Cursor":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held."""

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._remote.size)[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        stop = self._remote.size if size < 0 else self._position + size
        data = self._remote.read(self._position, stop)
        self._position += len(data)
        return data

    def get_byte_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        return self._remote.read_ranges(offsets, sizes)
