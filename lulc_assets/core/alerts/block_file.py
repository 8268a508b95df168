"""Planes of uint16 in one file, block by block: states of alerts and their baselines.

What belongs here: planes ↔ bytes. What does not: what the planes mean.

The file is a zip archive (not compressed itself): ``header.json`` first, then a member
``<row>_<col>`` for each block of 512 pixels that is not all 0. A member is one uint32
(little-endian) per plane, its bytes (0: all 0), then the planes one after the other, each
compressed by Blosc (byte shuffle, Zstandard). Blocks are written in their order, each by one
thread: equal planes are equal bytes, and what did not change, a block or a plane of it, is
copied as it is.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.block_archive import ArchiveReader, ArchiveWriter, block_name
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.grid import PixelGrid, Window

FORMAT = 2
ZSTD_LEVEL = 1
"""Planes are mostly zeros and slowly changing dates: level 3 saves 4 % and takes half as
long again."""

_HEADER = "header.json"
_LENGTHS = np.dtype("<u4")

U16 = npt.NDArray[np.uint16]


def pack_planes(
    planes: U16, former: bytes | None = None, touched: npt.NDArray[np.bool_] | None = None
) -> bytes | None:
    """Compress a block, in a worker thread (see ``sums_file.pack_block``); None if all is 0.

    Args:
        planes: (n, h, w) uint16.
        former: the block as it was packed before; None: all was 0.
        touched: (n,) bool, which planes may differ from ``former``; others are copied. None: all.
    """
    count = len(planes)
    kept = _split(former, count) if former is not None else [b""] * count
    anew = np.ones(count, np.bool_) if touched is None else touched
    packed = [_pack(planes[at]) if anew[at] else kept[at] for at in range(count)]
    if not any(packed):
        return None
    lengths = np.array([len(one) for one in packed], _LENGTHS)
    return b"".join([lengths.tobytes(), *packed])


def _pack(plane: U16) -> bytes:
    from numcodecs import blosc  # only a run that judges needs it

    if not plane.any():
        return b""
    how = {"cname": b"zstd", "clevel": ZSTD_LEVEL, "shuffle": blosc.SHUFFLE}
    packed: bytes = blosc.compress(np.ascontiguousarray(plane), **how)
    return packed


def _split(packed: bytes, planes: int) -> list[bytes]:
    """The planes of a packed block.

    Raises:
        ValueError: the lengths do not add up to the block.
    """
    head = planes * _LENGTHS.itemsize
    if len(packed) < head:
        raise ValueError(f"{len(packed)} bytes cannot hold {planes} planes")
    ends = head + np.cumsum(np.frombuffer(packed, _LENGTHS, planes).astype(np.int64))
    if ends[-1] != len(packed):
        raise ValueError(f"its planes end at byte {ends[-1]} of {len(packed)}")
    starts = [head, *ends[:-1].tolist()]
    return [packed[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]


class BlockWriter(ArchiveWriter):
    """Writes blocks in the order in which they are given; a context manager.

    The file gets its name when the context ends without an error.

    Args:
        path: target.
        grid: of the blocks.
        header: plain JSON; what the planes are of.
    """

    def __init__(self, path: Path, grid: PixelGrid, header: Mapping[str, Any]) -> None:
        super().__init__(path, _HEADER, {"format": FORMAT, "grid": grid.to_dict(), **header})

    def write(self, window: Window, packed: bytes | None) -> None:
        """Append a block as :func:`pack_planes` made it."""
        if packed is not None:
            self._put(block_name(window), packed)


class BlockFile(ArchiveReader):
    """Planes, open for reading; a context manager, usable from several threads.

    Attributes:
        header: what the writer was given.

    Raises:
        ProductCorrupt: no such archive, of another format or of another grid.
    """

    def __init__(self, path: Path, grid: PixelGrid) -> None:
        super().__init__(path, _HEADER, (FORMAT, grid), str(path))

    def read_packed(self, window: Window) -> bytes | None:
        """A block as it is stored; None where all is 0.

        Raises:
            ProductCorrupt: the block is damaged.
        """
        name = block_name(window)
        if name not in self._names:
            return None
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, OSError) as error:
            raise ProductCorrupt(f"{self.path}, block {name}: {error}") from error

    def read(self, window: Window, planes: int) -> U16:
        """A block, (planes, h, w) uint16; raises as :meth:`read_packed`."""
        return self.unpack(self.read_packed(window), window, planes)

    def unpack(self, packed: bytes | None, window: Window, planes: int) -> U16:
        """The planes of a block as :meth:`read_packed` gave it; raises as that."""
        from numcodecs import blosc  # see _pack

        block = np.empty((planes, window.height, window.width), np.uint16)
        if packed is None:
            block[:] = 0
            return block
        try:
            for plane, part in zip(block, _split(packed, planes), strict=True):
                if part:
                    blosc.decompress(part, plane)
                else:
                    plane[:] = 0
        except (RuntimeError, ValueError) as error:
            raise ProductCorrupt(f"{self.path}, block {block_name(window)}: {error}") from error
        return block
