"""The unavoidable parts of a consensus, each alone.

What belongs here: decoding layers, decoding and encoding sums, encoding the map. What does
not: the consensus itself, which is measured as users call it; how a part is timed
(``measuring``).
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import Window as RasterWindow

from benchmarks.measuring import seconds
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.layers import Layers
from lulc_assets.core.compositing.strategies import Decision
from lulc_assets.core.compositing.sums_file import SumsFile, SumsWriter, pack_block
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX, read_raster
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.legend import KARRA_10


def decode_layers(paths: Sequence[Path], grid: PixelGrid, threads: int) -> float:
    """Seconds to decode files block by block with plain rasterio, files open once per thread."""
    local = threading.local()
    opened = []

    def read(window: Window) -> None:
        with gdal_env():
            if not hasattr(local, "files"):
                local.files = [rasterio.open(path) for path in paths]
                opened.extend(local.files)
            part = RasterWindow(window.col, window.row, window.width, window.height)
            out = np.empty((window.height, window.width), np.uint8)
            for file in local.files:
                file.read(1, window=part, out=out)

    with ThreadPoolExecutor(threads) as pool:
        found = seconds(lambda: list(pool.map(read, grid.blocks(BLOCK_PX))))
    for file in opened:
        file.close()
    return found


def paths_of(scenes: Sequence[PredictedScene]) -> list[Path]:
    """The files of scenes."""
    return [path for scene in scenes for path in scene.fetch()]


def decode_sums(path: Path, grid: PixelGrid, threads: int) -> float:
    """Seconds to decode kept sums."""
    with SumsFile(path, grid) as sums, ThreadPoolExecutor(threads) as pool:
        return seconds(lambda: list(pool.map(sums.read, grid.blocks(BLOCK_PX))))


def encode_sums(path: Path, grid: PixelGrid, threads: int, scratch: Path) -> float:
    """Seconds to encode sums: decoding them first is taken off, thread by thread."""
    spent: list[float] = []

    def encode(window: Window) -> Any:
        block = sums.read(window)
        started = time.perf_counter()
        packed = pack_block(window, block)
        spent.append(time.perf_counter() - started)
        return packed

    with SumsFile(path, grid) as sums, ThreadPoolExecutor(threads) as pool:
        packed = list(pool.map(encode, grid.blocks(BLOCK_PX)))
        with SumsWriter(
            scratch / "again.zip", grid, sums.datatakes, sums.unit, sums.land
        ) as writer:

            def write_all() -> None:
                for block in packed:
                    writer.write(block)

            written = seconds(write_all)
    return sum(spent) / threads + written


def encode_map(folder: Path, grid: PixelGrid, threads: int, scratch: Path) -> float:
    """Seconds to encode the three layers of a map that lies in ``folder``."""
    layers = Layers(grid, KARRA_10)
    winner, share, count = (
        read_raster(folder / f"{n}.tif") for n in ("class", "vote_share", "observations")
    )
    layers.put(Window(0, 0, grid.height, grid.width), Decision(winner, share, count))
    return seconds(lambda: layers.write(scratch, "share", threads))
