"""Sums of a block without their zeros.

What belongs here: the loops that pack and unpack. What does not: compression and files
(``sums_file``).
"""

import numba
import numpy as np
import numpy.typing as npt

WORD = 16
"""Classes that a number of the presence map can name."""

U16 = npt.NDArray[np.uint16]


def presence_planes(land: int) -> int:
    """Planes of the presence map of so many classes: a word per 16, of clear and masked votes."""
    return 2 * -(-land // WORD)


@numba.njit(nogil=True, cache=True)
def pack(sums: U16, presence: U16, values: U16) -> int:
    """Leave the zeros out of sums: most pixels were ever seen as two or three classes.

    Args:
        sums: (2 · land, h, w) uint16.
        presence: (2 · words, h, w) uint16, words = ⌈land / 16⌉, overwritten: bit (c - 1) % 16 of
            word (c - 1) // 16 is set where class c has a sum, first of clear, then of masked
            votes.
        values: (2 · land · h · w,) uint16, overwritten with the sums that are not 0, class by
            class, row by row.

    Returns:
        How many values there are.
    """
    planes, height, width = sums.shape
    land, words = planes // 2, presence.shape[0] // 2
    presence[:] = 0
    at = 0
    for plane in range(planes):
        index = plane % land
        word, bit = plane // land * words + index // WORD, np.uint16(1 << (index % WORD))
        for row in range(height):
            for col in range(width):
                value = sums[plane, row, col]
                if value != 0:
                    presence[word, row, col] |= bit
                    values[at] = value
                    at += 1
    return at


@numba.njit(nogil=True, cache=True)
def unpack(presence: U16, values: U16, sums: U16) -> int:
    """Undo :func:`pack` into sums that are 0; returns how many values were used."""
    planes, height, width = sums.shape
    land, words = planes // 2, presence.shape[0] // 2
    at = 0
    for plane in range(planes):
        index = plane % land
        word, bit = plane // land * words + index // WORD, np.uint16(1 << (index % WORD))
        for row in range(height):
            for col in range(width):
                if presence[word, row, col] & bit:
                    if at < values.size:
                        sums[plane, row, col] = values[at]
                    at += 1
    return at
