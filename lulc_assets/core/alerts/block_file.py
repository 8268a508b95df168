"""Planes of uint16 in one file, block by block: states of alerts and their baselines.

What belongs here: planes ↔ bytes. What does not: what the planes mean.

The file is a zip archive (not compressed itself): ``header.json`` first, then a member
``<row>_<col>`` for each block of 512 pixels that is not all 0, compressed by Blosc (byte
shuffle, Zstandard). Blocks are written in their order, each by one thread: equal planes are
equal bytes, and a block that did not change is copied as it is.
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

FORMAT = 1
ZSTD_LEVEL = 1
"""Planes are mostly zeros and slowly changing dates: level 3 saves 4 % and takes half as
long again."""

_HEADER = "header.json"

U16 = npt.NDArray[np.uint16]


def pack_planes(planes: U16) -> bytes | None:
    """Compress a block, in a worker thread (see ``sums_file.pack_block``); None if all is 0."""
    from numcodecs import blosc  # only a run that judges needs it

    if not planes.any():
        return None
    how = {"cname": b"zstd", "clevel": ZSTD_LEVEL, "shuffle": blosc.SHUFFLE}
    packed: bytes = blosc.compress(np.ascontiguousarray(planes), **how)
    return packed


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
        shape = (planes, window.height, window.width)
        packed = self.read_packed(window)
        return np.zeros(shape, np.uint16) if packed is None else self._unpack(packed, shape, window)

    def _unpack(self, packed: bytes, shape: tuple[int, int, int], window: Window) -> U16:
        from numcodecs import blosc  # see pack_planes

        block = np.empty(shape, np.uint16)
        try:
            blosc.decompress(packed, block)
        except (RuntimeError, ValueError) as error:
            raise ProductCorrupt(f"{self.path}, block {block_name(window)}: {error}") from error
        return block
