"""Patches of sparse pixels: which of them touch.

What belongs here: connected components of some pixels of a large grid, in memory that grows
with these pixels and not with the grid. What does not: what a patch means.
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.symbols import signed

I64 = npt.NDArray[np.int64]


@numba.njit(nogil=True, cache=True)
def label_patches(places: I64, keys: I64, width: int) -> I64:
    """Number the patches of pixels that touch along edges and share a key.

    Args:
        places: (n,) int64, flat indices into a grid, ascending.
        keys: (n,) int64; pixels of different keys never join.
        width: columns of the grid.

    Returns:
        (n,) int64: patch of each pixel, 0 … count − 1, numbered by their first pixels.
    """
    count = places.size
    parent = np.arange(count)
    above = 0
    for at in range(count):
        place = places[at]
        beside = at > 0 and places[at - 1] == place - 1 and place % width > 0
        if beside and keys[at - 1] == keys[at]:
            _join(parent, at - 1, at)
        while above < at and places[above] < place - width:
            above += 1
        if above < at and places[above] == place - width and keys[above] == keys[at]:
            _join(parent, above, at)
    labels = np.empty(count, np.int64)
    found = 0
    for at in range(count):
        root = _root(parent, at)
        if root == at:
            labels[at] = found
            found += 1
        else:
            labels[at] = labels[root]
    return labels


@numba.njit(nogil=True, cache=True)
def _root(parent: I64, at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = signed(parent[at])
    return at


@numba.njit(nogil=True, cache=True)
def _join(parent: I64, one: int, other: int) -> None:
    """The root of a patch is its first pixel."""
    first, second = _root(parent, one), _root(parent, other)
    if first < second:
        parent[second] = first
    elif second < first:
        parent[first] = second
