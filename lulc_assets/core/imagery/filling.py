"""What a network sees where a scene has no data.

What belongs here: pixels to put there. What does not: where there are none (``reader``), or what
becomes of predictions there (they are hidden by validity).

A network sees its surroundings, and 0 is a colour: black, like water. So no data is filled before a
network sees it, in training (``core/chips``) and inference (``core/inference``) alike, by mirroring
at the nearest pixel with data: texture and edges go on as if the ground did. Measured against
other fills: ``benchmarks/no_data_edges``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt


def fill_no_data(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """The same numbers with each pixel without data replaced by its mirror image.

    The mirror is the nearest pixel with data; where the image has no data either, or lies
    outside, that nearest pixel itself is taken.

    Args:
        values: (bands, h, w), any dtype.
        valid: bool (h, w).

    Returns:
        ``values`` itself where all or no pixels are valid, else a copy.
    """
    if valid.all() or not valid.any():
        return values
    hole_rows, hole_cols = np.nonzero(~valid)
    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    near_rows, near_cols = (axis[hole_rows, hole_cols] for axis in nearest)
    rows, cols = 2 * near_rows - hole_rows, 2 * near_cols - hole_cols
    height, width = valid.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    inside[inside] = valid[rows[inside], cols[inside]]
    rows, cols = np.where(inside, rows, near_rows), np.where(inside, cols, near_cols)
    filled = values.copy()
    filled[:, hole_rows, hole_cols] = values[:, rows, cols]
    return filled
