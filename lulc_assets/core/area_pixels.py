"""Which pixels of a tile count for an area of interest.

What belongs here: an area's polygons on the grid of a tile. What does not: reading the polygons
and the tiles that cover them (``aoi``), who owns a pixel (``grid``).
"""

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.aoi import in_metres
from lulc_assets.core.grid import PixelGrid, owned_mask

MARGIN_DEGREES = 0.1
"""Of the part of an area that is projected: far from its zone a projection has no sense."""


def counted_mask(tile: str, grid: PixelGrid, area: BaseGeometry | None) -> npt.NDArray[np.bool_]:
    """Pixels that the tile owns and whose centre lies in the area, shape (h, w), bool.

    Tiles that own neighbouring ground count each pixel of the area once.

    Args:
        tile: MGRS square.
        grid: of the tile's products.
        area: polygons in longitude and latitude (``aoi.read_area``); None: the whole grid.
    """
    owned = owned_mask(tile, grid)
    return owned if area is None else owned & inside_mask(grid, area)


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
