"""All that a click on the map page reads, side by side in one file per map.

What belongs here: the file, its writer and the layers that go into it. What does not: its reader
(``web/src/voteblocks.ts``), the vote.

The votes behind a pixel lie in three layers of the map and three of every scene. Read from those,
a click on a year of 20 scenes takes 63 requests; from this file it takes one. The file holds, for
each block of :data:`BLOCK_PX` pixels a side, one zlib stream: layer after layer, row by row, a byte
per pixel; blocks at the right and lower border are smaller. Before them stand the lengths of all
streams, row of blocks after row of blocks, as unsigned 32-bit integers, low byte first.
"""

import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX as READ_PX
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.whole_files import whole_file

BLOCK_PX = 128
"""Side of a block: small enough that a click moves little, large enough to compress well."""

VERSION = 1
_LENGTH = np.dtype("<u4")


def lengths_bytes(grid: PixelGrid) -> int:
    """Size of the lengths at the beginning of a file."""
    return -(-grid.height // BLOCK_PX) * -(-grid.width // BLOCK_PX) * _LENGTH.itemsize


def write_vote_blocks(
    path: Path, layers: Sequence[Path], grid: PixelGrid, threads: int = 1
) -> Path:
    """Write the blocks of some layers; same layers, same bytes.

    Args:
        path: target; appears whole.
        layers: one-band GeoTIFFs of uint8, in the order in which a reader expects them.
        grid: of every layer.
        threads: that read and compress.

    Returns:
        The path.

    Raises:
        UnreadableRaster: a layer is missing or damaged.
        InvalidProduct: a layer is not of uint8.
    """

    def pack(window: Window) -> list[list[bytes]]:
        """The streams of a window, by row and column of blocks."""
        values = np.stack([_read(layer, window) for layer in layers])
        rows, cols = range(0, window.height, BLOCK_PX), range(0, window.width, BLOCK_PX)
        return [
            [zlib.compress(values[:, r : r + BLOCK_PX, c : c + BLOCK_PX].tobytes()) for c in cols]
            for r in rows
        ]

    lengths: list[int] = []
    with (
        whole_file(path, durable=False) as part,
        part.open("wb") as file,
        ThreadPoolExecutor(threads) as pool,
    ):
        file.seek(lengths_bytes(grid))
        for top in range(0, grid.height, READ_PX):
            strip = [window for window in grid.blocks(READ_PX) if window.row == top]
            packed = list(pool.map(pack, strip))
            for row in range(len(packed[0])):
                for stream in (stream for window in packed for stream in window[row]):
                    lengths.append(len(stream))
                    file.write(stream)
        file.seek(0)
        file.write(np.array(lengths, _LENGTH).tobytes())
    return path


def _read(layer: Path, window: Window) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    values = read_raster(layer, window)
    if values.dtype != np.uint8:
        raise InvalidProduct(f"{layer} is of {values.dtype}; the map page reads uint8 only")
    return values
