"""The maps of several tiles as one picture.

What belongs here: putting shrunk maps onto one coarse grid. What does not: mosaics at full
resolution, which are products.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid

U8 = npt.NDArray[np.uint8]

OVERVIEW_PX = 900
_MOST_EMPTY = 6.0
"""Tiles whose common frame is this many times their own area are too far apart for one picture."""


def join_maps(parts: Sequence[tuple[PixelGrid, U8]]) -> tuple[PixelGrid, U8] | None:
    """Class maps on one grid of at most :data:`OVERVIEW_PX` pixels a side, by nearest pixel.

    Args:
        parts: grid and codes, uint8, 0 = no data, which never hides a neighbour.

    Returns:
        Grid and codes; None where the maps lie in several UTM zones, or far apart.
    """
    if not parts or len({grid.epsg for grid, _ in parts}) > 1:
        return None
    frame = _frame([grid for grid, _ in parts])
    own = sum(grid.width * grid.height * grid.pixel_m**2 for grid, _ in parts)
    if frame.width * frame.height * frame.pixel_m**2 > _MOST_EMPTY * own:
        return None
    joined = np.zeros(frame.shape, np.uint8)
    for grid, classes in parts:
        rows, row_at = _lookup(frame.y0, -frame.pixel_m, frame.height, grid.y0, -grid.pixel_m,
                               grid.height)  # fmt: skip
        cols, col_at = _lookup(frame.x0, frame.pixel_m, frame.width, grid.x0, grid.pixel_m,
                               grid.width)  # fmt: skip
        found = classes[np.ix_(row_at, col_at)]
        target = joined[np.ix_(rows, cols)]
        joined[np.ix_(rows, cols)] = np.where(found > 0, found, target)
    return frame, joined


def _frame(grids: Sequence[PixelGrid]) -> PixelGrid:
    bounds = [grid.bounds for grid in grids]
    left, bottom = min(b[0] for b in bounds), min(b[1] for b in bounds)
    right, top = max(b[2] for b in bounds), max(b[3] for b in bounds)
    finest = min(grid.pixel_m for grid in grids)
    factor = max(1, math.ceil(max(right - left, top - bottom) / finest / OVERVIEW_PX))
    pixel = finest * factor
    width, height = (max(1, round(size / pixel)) for size in (right - left, top - bottom))
    return PixelGrid(grids[0].epsg, left, top, height, width, pixel)


def _lookup(
    start: float, step: float, count: int, other: float, other_step: float, other_count: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices along a frame that lie on another axis, and the index there."""
    centres = start + (np.arange(count) + 0.5) * step
    at = np.floor((centres - other) / other_step).astype(np.intp)
    inside = np.flatnonzero((at >= 0) & (at < other_count))
    return inside, at[inside]
