"""The grid of NASA's Harmonized Landsat Sentinel-2 (HLS) tiles.

What belongs here: where HLS pixels lie. What does not: its names and bits (``core/catalog``,
``core/imagery/masks``).

HLS keeps the MGRS tiles of Sentinel-2 at 30 m, and writes the northern UTM zone with
negative northings for tiles south of the equator (HLS Product User Guide v2.0, section 5,
"UTM coordinate system"; the sample item of 19LDD has EPSG:32619 and y = −1,599,960).
"""

from lulc_assets.core.grid import PixelGrid, tile_grid

HLS_PIXEL_M = 30.0
_SOUTH_TO_NORTH = 100
_SOUTH_FALSE_NORTHING_M = 10_000_000


def hls_grid(tile: str) -> PixelGrid:
    """The 30 m HLS grid of an MGRS tile, 3660 × 3660 pixels, always in a northern zone.

    Raises:
        InvalidTileKey: the key does not name an MGRS square.
    """
    fine = tile_grid(tile)
    south = fine.epsg >= 32700
    size = round(fine.width * fine.pixel_m / HLS_PIXEL_M)
    return PixelGrid(
        fine.epsg - _SOUTH_TO_NORTH if south else fine.epsg,
        fine.x0,
        fine.y0 - _SOUTH_FALSE_NORTHING_M if south else fine.y0,
        size,
        size,
        HLS_PIXEL_M,
    )
