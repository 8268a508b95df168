"""A pixel with the neighbours that it hears.

What belongs here: which pixels a trace has to read. What does not: what they say (``grading``,
``core/alerts/kernel``).
"""

from lulc_assets.core.errors import PointOutside
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX


def pixel_with_neighbours(grid: PixelGrid, row: int, col: int) -> tuple[Window, Window]:
    """The block that a pixel lies in, and the pixel with its neighbours in that block.

    Neighbours in another block are not heard: blocks are judged one by one.

    Raises:
        PointOutside: there is no such pixel.
    """
    if not (0 <= row < grid.height and 0 <= col < grid.width):
        raise PointOutside(f"row {row}, column {col} is outside {grid.height} × {grid.width}")
    (block,) = (one for one in grid.blocks(BLOCK_PX) if _holds(one, row, col))
    top, left = max(row - 1, block.row), max(col - 1, block.col)
    bottom = min(row + 2, block.row + block.height)
    right = min(col + 2, block.col + block.width)
    return block, Window(top, left, bottom - top, right - left)


def part_of_block(block: Window, near: Window) -> tuple[slice, slice]:
    """Rows and columns of a window within the block that holds it."""
    top, left = near.row - block.row, near.col - block.col
    return slice(top, top + near.height), slice(left, left + near.width)


def _holds(window: Window, row: int, col: int) -> bool:
    inside = window.row <= row < window.row + window.height
    return inside and window.col <= col < window.col + window.width
