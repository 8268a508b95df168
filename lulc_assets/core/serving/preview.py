"""A picture of a class map for the upload page: small, transparent where nothing is seen.

What belongs here: that picture and its corners. What does not: the page.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend

_SIDE = 768


def preview(path: Path, legend: Legend, grid: PixelGrid) -> tuple[bytes, dict[str, Any]]:
    """PNG warped to Web Mercator, and its corners in degrees (west, south, east, north)."""
    import rasterio
    from PIL import Image
    from pyproj import Transformer
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    with (
        rasterio.open(path) as source,
        WarpedVRT(source, crs="EPSG:3857", resampling=Resampling.nearest) as warped,
    ):
        shrink = max(1.0, max(warped.shape) / _SIDE)
        shape = tuple(max(1, round(side / shrink)) for side in warped.shape)
        codes = warped.read(1, out_shape=shape)
        bounds = warped.bounds
    table = np.zeros((256, 4), np.uint8)
    for code, color in legend.colormap().items():
        table[code] = color
    buffer = io.BytesIO()
    Image.fromarray(table[codes], "RGBA").save(buffer, "PNG")
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    west, south = to_degrees.transform(bounds.left, bounds.bottom)
    east, north = to_degrees.transform(bounds.right, bounds.top)
    return buffer.getvalue(), {"bounds": [west, south, east, north], "pixel_m": grid.pixel_m}
