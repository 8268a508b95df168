"""Writing the archive's rasters: cloud-optimised GeoTIFFs with reproducible bytes.

What belongs here: one way of writing. It is not the pipeline's: an archive that was
written by the code under test would prove nothing.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio

from lulc_assets.core.grid import PixelGrid

BLOCK_PX = 512
COG_OPTIONS = {
    "compress": "DEFLATE",
    "predictor": 2,
    "blocksize": BLOCK_PX,
    "num_threads": 1,
}
"""Of the driver: one thread, because the order of blocks must not depend on their number."""


def write_raster(
    path: Path, values: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], grid: PixelGrid, how: str
) -> None:
    """Write one band as a COG: DEFLATE, predictor 2, 512-pixel blocks, overviews, no data 0.

    Args:
        path: file to make.
        values: shape of the grid, uint8 or uint16.
        grid: where the pixels lie.
        how: overview resampling, ``average`` or ``mode``.
    """
    with rasterio.open(
        path,
        "w",
        driver="COG",
        **band_profile(grid, values.dtype),
        overview_resampling=how,
        **COG_OPTIONS,
    ) as target:
        target.write(values, 1)


def band_profile(grid: PixelGrid, dtype: npt.DTypeLike) -> dict[str, Any]:
    """What rasterio needs to know of one band on a grid; no data is 0."""
    return {
        "width": grid.width,
        "height": grid.height,
        "count": 1,
        "dtype": dtype,
        "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform,
        "nodata": 0,
    }


def half_grid(grid: PixelGrid) -> PixelGrid:
    """The 20 m grid of the same area."""
    return PixelGrid(
        grid.epsg, grid.x0, grid.y0, grid.height // 2, grid.width // 2, grid.pixel_m * 2
    )
