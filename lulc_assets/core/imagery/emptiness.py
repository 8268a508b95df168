"""Areas of a band that were never written, told from pixels that are dark.

What belongs here: what zeros look like that nobody measured. What does not: reading (``source``),
what follows for a pixel (``reader``).

A writer that fails, or a block that is not there, leaves 0 in whole areas with straight edges. A
dark pixel that the producer clipped to 0 is alone or in a ragged patch. An area is taken for never
written where zeros fill a square of :data:`SQUARE_PX`, or a line of :data:`LINE_PX` along a row or
column (lines of a detector or strip). The test is local, so that any window gives the crop of the
whole.

Over water and in shadow real values lie around 0, and providers that take the offset out clip
whole lakes to 0: there zeros prove nothing but in the bands of :data:`LIT_ROLES`. The cirrus band
is black wherever there is no cirrus.
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.imagery.masks import SCL_CLOUD_SHADOW, SCL_DARK, SCL_WATER

SQUARE_PX = 9
"""Pixels of the file: GDAL's smallest block is 16."""

LINE_PX = 65
MARGIN_PX = LINE_PX - 1
"""What must be read around a window."""

LIT_ROLES = ("coastal", "blue", "green")
"""Bands in which the air itself is bright."""

ALWAYS_BLACK_ROLE = "cirrus"
_BLACK = np.isin(np.arange(256), (SCL_DARK, SCL_CLOUD_SHADOW, SCL_WATER))

_SHAPES = (
    np.ones((SQUARE_PX, SQUARE_PX), bool),
    np.ones((1, LINE_PX), bool),
    np.ones((LINE_PX, 1), bool),
)


def solid_zeros(zero: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which zeros lie in a solid area or line of zeros, bool (h, w) like ``zero``."""
    from scipy.ndimage import binary_opening  # only where pixels are

    solid = np.zeros_like(zero)
    if zero.any():
        for shape in _SHAPES:
            solid |= binary_opening(zero, shape)
    return solid


def may_be_black(role: str, scl: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Where a band's value may well be 0, by the scene classification, bool (h, w)."""
    if role in LIT_ROLES or role == ALWAYS_BLACK_ROLE:
        return np.full(scl.shape, role == ALWAYS_BLACK_ROLE)
    result: npt.NDArray[np.bool_] = _BLACK[scl]
    return result
