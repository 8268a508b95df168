"""Whether an open raster can be read onto a grid, by everything but its pixels.

What belongs here: bands, size, CRS, orientation, pixel size and alignment. What does not:
opening and reading (``source``).
"""

import rasterio

from lulc_assets.core.errors import ImplausiblePixels, SceneGridMismatch, UnreadableRaster
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.tables.raster_blocks import require_small_blocks

COARSEST = 1.5
"""A file's pixel may be this many times its nominal ground sampling, no more: a tenfold
decimated copy under a 10 m item must not pass for 10 m data."""

FINEST = 0.5
"""A file's pixel must be at least this many target pixels: bilinear sampling of much finer
pixels would skip most of them."""

MAX_SIDE_PX = 45_000
"""Largest accepted side of a raster; a Sentinel-2 tile has 10,980 pixels at 10 m."""

BAND_DTYPES = ("uint16", "int16", "uint32", "int32", "float32", "float64")
"""Types that can hold reflectance. 8 bits cannot: 256 steps over the range of reflectance are
a picture."""

CODE_DTYPE = "uint8"
"""Type of mask layers."""

ALIGNED_PX = 1e-3
"""Two grids are the same when their pixels differ by less than this share of a pixel."""


def require_fit(
    data: rasterio.DatasetReader,
    name: str,
    grid: PixelGrid,
    gsd_m: float,
    *,
    lattice: bool,
    codes: bool = False,
) -> None:
    """Refuse a raster that cannot be read onto a grid.

    Args:
        data: the open raster.
        name: scene and href, for errors.
        grid: target grid.
        gsd_m: ground sampling that is promised, metres.
        lattice: the grid is a coarse lattice, for which a file may be too fine.
        codes: it is a mask layer, not a band.

    Raises:
        ImplausiblePixels: its numbers are of a type that cannot hold reflectance.
        UnreadableRaster: it has more than one band, or blocks too large to unpack.
        SceneGridMismatch: other CRS, rotated, absurdly large, or another pixel size than
            promised.
    """
    if data.count != 1:
        raise UnreadableRaster(f"{name} has {data.count} bands, one is expected")
    if max(data.height, data.width) > MAX_SIDE_PX:
        raise SceneGridMismatch(
            f"{name} is {data.width} × {data.height} pixels; more than {MAX_SIDE_PX} a side "
            "is not a Sentinel-2 tile"
        )
    _require_type(data.dtypes[0], name, codes=codes)
    require_small_blocks(data, name, UnreadableRaster)
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


def _require_type(dtype: str, name: str, *, codes: bool) -> None:
    if codes and dtype != CODE_DTYPE:
        raise UnreadableRaster(f"{name} holds {dtype}, not 8-bit codes")
    if not codes and dtype not in BAND_DTYPES:
        why = "an 8-bit picture is not reflectance" if dtype.endswith("int8") else "not reflectance"
        raise ImplausiblePixels(f"{name} holds {dtype}: {why}; bands are {', '.join(BAND_DTYPES)}")


def is_aligned(data: rasterio.DatasetReader, grid: PixelGrid) -> bool:
    """Whether the file's pixels are the grid's pixels (it may cover another extent)."""
    transform, step = data.transform, grid.pixel_m
    size = max(data.width, data.height)
    if max(abs(transform.a - step), abs(transform.e + step)) * size > ALIGNED_PX * step:
        return False
    col = (grid.x0 - transform.c) / step
    row = (transform.f - grid.y0) / step
    return max(abs(col - round(col)), abs(row - round(row))) <= ALIGNED_PX
