"""An area of interest on a grid, and in which tile's square points lie.

What belongs here: an area's polygons on a grid, ownership of any points. What does not: reading
the polygons and the tiles that cover them (``aoi``), ownership of a tile's own pixels (``grid``),
which of several tiles counts where they meet (``seams``).
"""

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.aoi import in_metres
from lulc_assets.core.grid import PixelGrid, square_bounds
from lulc_assets.core.utm import meridian_eastings, zone_limits

MARGIN_DEGREES = 0.1
"""Of the part of an area that is projected: far from its zone a projection has no sense."""


def inside_mask(grid: PixelGrid, area: BaseGeometry) -> npt.NDArray[np.bool_]:
    """Pixels whose centre lies in the area, shape (h, w), bool."""
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    left, bottom, right, top = to_degrees.transform_bounds(*grid.bounds)
    near = shapely.box(
        left - MARGIN_DEGREES, bottom - MARGIN_DEGREES, right + MARGIN_DEGREES, top + MARGIN_DEGREES
    )
    part = shapely.intersection(area, near)
    if part.is_empty:
        return np.zeros(grid.shape, bool)
    mask: npt.NDArray[np.bool_] = rasterio.features.geometry_mask(
        [in_metres(part, grid.epsg)], grid.shape, grid.transform, all_touched=False, invert=True
    )
    return mask


def owned_points(
    tile: str, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which points lie on ground of a tile, as ``grid.owned_mask`` says it of pixel centres.

    Args:
        tile: MGRS square.
        xs: eastings in the tile's projection, any shape.
        ys: northings, likewise.

    Returns:
        Of the same shape, bool. Of all tiles at most one owns a point.
    """
    left, bottom, right, top = square_bounds(tile)
    inside = (xs >= left) & (xs < right) & (ys >= bottom) & (ys < top)
    if not inside.any():
        return inside
    hemisphere = "N" if tile[2] >= "N" else "S"
    for limit, side in zip(zone_limits(tile), (1, -1), strict=True):
        found = ys[inside]
        border = meridian_eastings(int(tile[:2]), hemisphere, limit, found)
        inside[inside] = xs[inside] >= border if side > 0 else xs[inside] < border
    return inside
