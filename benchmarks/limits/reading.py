"""Decoding a scene's files with nothing but rasterio: what no reader can leave out."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import rasterio
import rasterio.windows

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.scene.recipe import SceneRecipe

BLOCK_PX = 1024
"""Side of the windows that are read; ours has the same."""


def read_plain(recipe: SceneRecipe, grid: PixelGrid, threads: int) -> float:
    """Decode the same windows of the same files with nothing but rasterio."""
    total = 0.0
    with gdal_env(), ExitStack() as stack:
        files = [stack.enter_context(rasterio.open(b.href)) for b in recipe.bands.values()]
        pool = stack.enter_context(ThreadPoolExecutor(threads))
        for window in grid.blocks(BLOCK_PX):
            spans = [_span(window, round(file.transform.a / grid.pixel_m)) for file in files]
            if threads == 1:
                parts = [f.read(1, window=span) for f, span in zip(files, spans, strict=True)]
            else:
                parts = list(pool.map(_read_span, files, spans))
            total += float(parts[0][0, 0])
    return total


def _read_span(file: rasterio.DatasetReader, span: rasterio.windows.Window) -> Any:
    with gdal_env():
        return file.read(1, window=span)


def _span(window: Window, factor: int) -> rasterio.windows.Window:
    top, left = window.row // factor, window.col // factor
    bottom = -(-(window.row + window.height) // factor)
    right = -(-(window.col + window.width) // factor)
    return rasterio.windows.Window(left, top, right - left, bottom - top)
