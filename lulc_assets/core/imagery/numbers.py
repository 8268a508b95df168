"""What a file says of its own numbers: their scale, and which of them are none.

What belongs here: scale, offset and no data in the file itself. What does not: what the recipe says
(``reader``), whether the numbers are reflectance at all (``plausible``).
"""

import math

import numpy as np
import numpy.typing as npt
import rasterio

from lulc_assets.core.errors import ImplausiblePixels
from lulc_assets.core.imagery.access import Access


def own_scale(
    data: rasterio.DatasetReader, access: Access, name: str
) -> tuple[np.float32, np.float32] | None:
    """Gain and shift that make the recipe's DN of a file's numbers, by the file's own scale.

    None where the file states no scale of its own (GDAL then says 1 and 0), or the recipe's: then
    the recipe decides on the offset too, because providers write that of ESA's product into files
    from which they took it out.

    Raises:
        ImplausiblePixels: the scale or offset gives no reflectance.
    """
    scale, offset = data.scales[0], data.offsets[0]
    if (scale, offset) == (1.0, 0.0) or math.isclose(scale, access.scale, rel_tol=1e-4):
        return None
    if not 0 < scale <= 1 or not -1 <= offset <= 1:
        raise ImplausiblePixels(
            f"{name} states a scale of {scale:g} and an offset of {offset:g}, which give no "
            "reflectance"
        )
    shift = offset / access.scale - access.offset_dn
    return np.float32(scale / access.scale), np.float32(shift)


def broken_numbers(
    stored: npt.NDArray,  # type: ignore[type-arg]
    nodata: tuple[float | None, ...],
) -> npt.NDArray[np.bool_] | None:
    """NaN, infinity, and no-data values other than 0 (0 is judged per pixel)."""
    broken = None
    if np.issubdtype(stored.dtype, np.floating):
        broken = ~np.isfinite(stored)
    for value in {value for value in nodata if value is not None and np.isfinite(value) and value}:
        declared = stored == value
        broken = declared if broken is None else broken | declared
    return broken
