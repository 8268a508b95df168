"""Sums of a block without their zeros.

What belongs here: the loops that pack and unpack. What does not: compression and files
(``sums_file``).
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.kernel import LAND

U16 = npt.NDArray[np.uint16]


@numba.njit(nogil=True, cache=True)
def pack(sums: U16, presence: U16, values: U16) -> int:
    """Leave the zeros out of sums: most pixels were ever seen as two or three classes.

    Args:
        sums: (18, h, w) uint16.
        presence: (2, h, w) uint16, overwritten: bit c - 1 is set where class c has a sum,
            for clear and for masked votes.
        values: (18 · h · w,) uint16, overwritten with the sums that are not 0, class by
            class, row by row.

    Returns:
        How many values there are.
    """
    planes, height, width = sums.shape
    presence[:] = 0
    at = 0
    for plane in range(planes):
        kind, bit = plane // LAND, np.uint16(1 << (plane % LAND))
        for row in range(height):
            for col in range(width):
                value = sums[plane, row, col]
                if value != 0:
                    presence[kind, row, col] |= bit
                    values[at] = value
                    at += 1
    return at


@numba.njit(nogil=True, cache=True)
def unpack(presence: U16, values: U16, sums: U16) -> int:
    """Undo :func:`pack` into sums that are 0; returns how many values were used."""
    planes, height, width = sums.shape
    at = 0
    for plane in range(planes):
        kind, bit = plane // LAND, np.uint16(1 << (plane % LAND))
        for row in range(height):
            for col in range(width):
                if presence[kind, row, col] & bit:
                    if at < values.size:
                        sums[plane, row, col] = values[at]
                    at += 1
    return at
