"""The kept sums of a part of a year, in one file.

What belongs here: sums ↔ bytes. What does not: what the sums mean (``kernel``) and when they
may be used (``update``).

The file is a zip archive (not compressed itself) with, for each block of 512 pixels that any
scene saw, ``<row>_<col>/maps`` (which classes have a sum, in words of 16 bits, and the four
tallies: (6, h, w) uint16 for up to 16 classes) and ``<row>_<col>/values`` (the sums that are not
0), both compressed by Blosc: byte shuffle and Zstandard. ``state.json`` comes first and says
what was counted. Blocks are written in their order, each by one thread: equal sums are equal
bytes.
"""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.block_archive import ArchiveReader, ArchiveWriter, block_name
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.grid import PixelGrid, Window

FORMAT = 1
ZSTD_LEVEL = 1
"""Sums are noise in their low bytes: level 3 saves 6 % and takes twice the time."""

_HEADER = "state.json"
_TALLIES = 4
"""Dates of a pixel, disjoint: clear ground, clear cloud, masked ground, masked cloud, where
"clear" and "masked" is what SCL says and "ground" and "cloud" what the network sees."""
_LAND = 9
"""Classes of land where the header does not say: it does so only where they are others."""

U16 = npt.NDArray[np.uint16]


@dataclass
class BlockSums:
    """Sums of a block.

    Attributes:
        sums: (2 · land, h, w) uint16: by class where SCL lets a pixel vote, then where it masks it.
        tallies: (4, h, w) uint16: clear ground, clear cloud, masked ground, masked cloud.
    """

    sums: U16
    tallies: U16

    @classmethod
    def empty(cls, window: Window, land: int) -> "BlockSums":
        """Sums of no scene, of so many classes of land."""
        shape = (window.height, window.width)
        return cls(np.zeros((2 * land, *shape), np.uint16), np.zeros((_TALLIES, *shape), np.uint16))


@dataclass(frozen=True)
class PackedBlock:
    """A compressed block; None where no scene saw a pixel."""

    window: Window
    maps: bytes | None
    values: bytes


def pack_block(window: Window, block: BlockSums) -> PackedBlock:
    """Compress a block; to be called in a worker thread.

    There Blosc uses one thread and releases the interpreter lock. In the main thread it may
    use several, and the order in which they end would show in the bytes.
    """
    from numcodecs import blosc  # only a run that composes needs it

    from lulc_assets.core.compositing.packing import pack, presence_planes  # numba

    if not block.tallies.any():
        return PackedBlock(window, None, b"")
    words = presence_planes(block.sums.shape[0] // 2)
    maps = np.empty((words + _TALLIES, window.height, window.width), np.uint16)
    maps[words:] = block.tallies
    values = np.empty(block.sums.size, np.uint16)
    count = pack(block.sums, maps[:words], values)
    how = {"cname": b"zstd", "clevel": ZSTD_LEVEL, "shuffle": blosc.SHUFFLE}
    return PackedBlock(
        window,
        blosc.compress(maps, **how),
        blosc.compress(values[:count], **how) if count else b"",
    )


class SumsWriter(ArchiveWriter):
    """Writes blocks one after the other, in the order in which they are given.

    The file gets its name when the context ends without an error.

    Args:
        path: target.
        grid: of the sums.
        datatakes: pass → scene id → digest of its prediction: all that was counted.
        unit: what a vote adds, ``probability`` or ``vote``.
        land: classes of land.
    """

    def __init__(
        self,
        path: Path,
        grid: PixelGrid,
        datatakes: Mapping[str, Mapping[str, str]],
        unit: str,
        land: int,
    ) -> None:
        header = {
            "format": FORMAT, "grid": grid.to_dict(), "datatakes": datatakes, "unit": unit,
            **({} if land == _LAND else {"land": land}),
        }  # fmt: skip
        super().__init__(path, _HEADER, header)

    def write(self, packed: PackedBlock) -> None:
        """Append a block."""
        if packed.maps is not None:
            name = block_name(packed.window)
            self._put(f"{name}/maps", packed.maps)
            self._put(f"{name}/values", packed.values)


class SumsFile(ArchiveReader):
    """Kept sums, open for reading; a context manager, usable from several threads.

    Attributes:
        datatakes: pass → scene id → digest of its prediction.
        unit: what a vote adds.
        land: classes of land.

    Raises:
        ProductCorrupt: no such archive, of another format or of another grid.
    """

    def __init__(self, path: Path, grid: PixelGrid) -> None:
        expected, needed = (FORMAT, grid), ("datatakes", "unit")
        super().__init__(path, _HEADER, expected, f"kept sums {path}", needed)
        self.datatakes: dict[str, dict[str, str]] = self.header["datatakes"]
        self.unit: str = self.header["unit"]
        self.land: int = self.header.get("land", _LAND)

    def read(self, window: Window) -> BlockSums:
        """The sums of one block of the file.

        Raises:
            ProductCorrupt: the block is damaged.
        """
        block, name = BlockSums.empty(window, self.land), block_name(window)
        if f"{name}/maps" in self._names:
            with self._named_damage(name):
                self._fill(block, name)
        return block

    def read_tallies(self, window: Window) -> U16:
        """The tallies of one block, (4, h, w) uint16; raises as :meth:`read`."""
        name = block_name(window)
        if f"{name}/maps" not in self._names:
            return np.zeros((_TALLIES, window.height, window.width), np.uint16)
        with self._named_damage(name):
            maps = self._read_maps(name, window.height, window.width)
            return np.ascontiguousarray(maps[-_TALLIES:])

    @contextmanager
    def _named_damage(self, name: str) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, KeyError) as error:
            raise ProductCorrupt(f"kept sums {self.path}, block {name}: {error}") from error

    def _read_maps(self, name: str, height: int, width: int) -> U16:
        from numcodecs import blosc  # see pack_block

        from lulc_assets.core.compositing.packing import presence_planes  # numba

        maps = np.empty((presence_planes(self.land) + _TALLIES, height, width), np.uint16)
        blosc.decompress(self._archive.read(f"{name}/maps"), maps)
        return maps

    def _fill(self, block: BlockSums, name: str) -> None:
        from numcodecs import blosc  # see pack_block

        from lulc_assets.core.compositing.packing import unpack  # numba

        maps = self._read_maps(name, *block.tallies.shape[1:])
        packed = self._archive.read(f"{name}/values")
        values = np.frombuffer(blosc.decompress(packed) if packed else b"", np.uint16)
        if unpack(maps[:-_TALLIES], values, block.sums) != values.size:
            raise ValueError("the sums do not fit their classes")
        block.tallies[:] = maps[-_TALLIES:]
