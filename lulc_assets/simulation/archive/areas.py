"""The area of interest of a simulated tile: which ones there can be.

What belongs here: an area on its tile's grid, and what makes it impossible. What does not:
what is simulated there (``spec``).
"""

from dataclasses import dataclass

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid, tile_grid

_SWIR_ALIGN_PX = 2
LEAST_SIZE_PX = 32
"""In less, lakes and woods are smaller than the patches that they are made of."""


@dataclass(frozen=True)
class SimulatedTile:
    """One tile and its area of interest, a window of the tile's own 10 m grid."""

    tile: str
    grid: PixelGrid


def check_area(tile: SimulatedTile) -> None:
    """Refuse an area that leaves its tile or cuts a 20 m pixel.

    Raises:
        InvalidProject: it does; the message names the tile.
    """
    whole = tile_grid(tile.tile)
    try:
        window = whole.window_of(tile.grid)
    except ValueError as error:
        raise InvalidProject(f"area of {tile.tile} is not on the tile's grid: {error}") from error
    inside = (
        window.row >= 0
        and window.col >= 0
        and window.row + window.height <= whole.height
        and window.col + window.width <= whole.width
    )
    numbers = (window.row, window.col, window.height, window.width)
    if not inside or any(n % _SWIR_ALIGN_PX for n in numbers):
        raise InvalidProject(
            f"area of {tile.tile} ({window}) must lie inside the tile and be even in its "
            "offsets and size, so that 10 m and 20 m pixels share borders"
        )


def check_size(size_px: int) -> None:
    """Refuse a side that no landscape fits into.

    Raises:
        InvalidProject: it is odd or too small.
    """
    if size_px < LEAST_SIZE_PX or size_px % _SWIR_ALIGN_PX:
        raise InvalidProject(
            f"size {size_px} must be an even number of pixels, {LEAST_SIZE_PX} or more"
        )
