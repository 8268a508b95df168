"""Whether an open raster can be read onto a grid, by everything but its pixels.

What belongs here: bands, size, CRS, orientation, pixel size and alignment. What does not:
opening and reading (``source``).
"""

import rasterio

from lulc_assets.core.errors import SceneGridMismatch, UnreadableRaster
from lulc_assets.core.grid import PixelGrid

COARSEST = 1.5
"""A file's pixel may be this many times its nominal ground sampling, no more: a tenfold
decimated copy under a 10 m item must not pass for 10 m data."""

FINEST = 0.5
"""A file's pixel must be at least this many target pixels: bilinear sampling of much finer
pixels would skip most of them."""

MAX_SIDE_PX = 45_000
"""Largest accepted side of a raster; a Sentinel-2 tile has 10,980 pixels at 10 m."""

ALIGNED_PX = 1e-3
"""Two grids are the same when their pixels differ by less than this share of a pixel."""


def require_fit(
    data: rasterio.DatasetReader, name: str, grid: PixelGrid, gsd_m: float, *, lattice: bool
) -> None:
    """Refuse a raster that cannot be read onto a grid.

    Args:
        data: the open raster.
        name: scene and href, for errors.
        grid: target grid.
        gsd_m: ground sampling that is promised, metres.
        lattice: the grid is a coarse lattice, for which a file may be too fine.

    Raises:
        UnreadableRaster: it has more than one band.
        SceneGridMismatch: other CRS, rotated, absurdly large, or another pixel size than
            promised.
    """
    if data.count != 1:
        raise UnreadableRaster(f"{name} has {data.count} bands, one is expected")
    if max(data.height, data.width) > MAX_SIDE_PX:
        raise SceneGridMismatch(
            f"{name} is {data.width} × {data.height} pixels; more than {MAX_SIDE_PX} a side "
            "is no Sentinel-2 tile"
        )
    epsg = data.crs.to_epsg() if data.crs else None
    if epsg != grid.epsg:
        raise SceneGridMismatch(f"{name} is in EPSG:{epsg}, the tile's grid is in EPSG:{grid.epsg}")
    transform = data.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise SceneGridMismatch(f"{name} is rotated or not north-up: {tuple(transform)[:6]}")
    pixel_m = max(transform.a, -transform.e)
    if pixel_m > COARSEST * gsd_m:
        raise SceneGridMismatch(
            f"{name} has pixels of {pixel_m:g} m where {gsd_m:g} m are promised: a decimated "
            "copy? It can only be read as an overview"
        )
    if not lattice and min(transform.a, -transform.e) < FINEST * grid.pixel_m:
        raise SceneGridMismatch(
            f"{name} has pixels of {pixel_m:g} m, too fine for a {grid.pixel_m:g} m grid"
        )


def is_aligned(data: rasterio.DatasetReader, grid: PixelGrid) -> bool:
    """Whether the file's pixels are the grid's pixels (it may cover another extent)."""
    transform, step = data.transform, grid.pixel_m
    size = max(data.width, data.height)
    if max(abs(transform.a - step), abs(transform.e + step)) * size > ALIGNED_PX * step:
        return False
    col = (grid.x0 - transform.c) / step
    row = (transform.f - grid.y0) / step
    return max(abs(col - round(col)), abs(row - round(row))) <= ALIGNED_PX
