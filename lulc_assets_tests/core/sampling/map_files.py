"""Class maps on disk that several tests share."""

import rasterio

from lulc_assets.core.grid import PixelGrid

from .samples import blocky_map, small_grid


def write_map(path, codes, grid: PixelGrid, **options):
    """Write a class map as a GeoTIFF."""
    profile = {
        "driver": "GTiff",
        "dtype": codes.dtype,
        "count": 1,
        "height": grid.height,
        "width": grid.width,
        "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform,
        "nodata": 0,
        **options,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(codes, 1)
    return path


def patchy_map(path, seed=0, size=100, classes=(1, 2, 5, 7), holes=True, tile="33TVL", offset=5000):
    """A map of blocks with a hole of no data; returns path, codes and grid."""
    grid = small_grid(size, size, tile=tile, offset=offset)
    codes = blocky_map(grid, list(classes), seed)
    if holes:
        codes[: size // 10, : size // 10] = 0
    return write_map(path, codes, grid), codes, grid
