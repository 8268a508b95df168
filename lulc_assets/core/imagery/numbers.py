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

LEAST_REFLECTANCE = -0.2
"""Atmospheric correction leaves dark pixels a little below 0 (HLS: valid down to this); what lies
lower is the -9999 or -32768 of a writer that did not declare it."""


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


def least_number(access: Access, scale: tuple[np.float32, np.float32] | None) -> float:
    """The smallest number of a file that can be a reflectance, in the file's own steps."""
    gain, shift = scale or (1.0, 0.0)
    return float((LEAST_REFLECTANCE / access.scale - access.offset_dn - shift) / gain)


def broken_numbers(
    stored: npt.NDArray,  # type: ignore[type-arg]
    nodata: tuple[float | None, ...],
    least: float,
) -> npt.NDArray[np.bool_] | None:
    """NaN, infinity, no-data values other than 0 (0 is judged per pixel), and less than ``least``.

    None where there are none to be expected.
    """
    broken = None
    if np.issubdtype(stored.dtype, np.floating):
        broken = ~np.isfinite(stored)
    if stored.dtype.kind != "u":
        lower = stored < least
        broken = lower if broken is None else broken | lower
    for value in {value for value in nodata if value is not None and np.isfinite(value) and value}:
        declared = stored == value
        broken = declared if broken is None else broken | declared
    return broken
