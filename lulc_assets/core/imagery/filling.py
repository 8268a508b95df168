"""What a network sees where a scene has no data.

What belongs here: pixels to put there. What does not: where there are none (``reader``), or what
becomes of predictions there (they are hidden by validity).

A network sees its surroundings, and 0 is a colour: black, like water. So no data is filled before
a network sees it, in chips (``core/chips``) and in prediction (``core/inference``) alike, by the
nearest pixel with data. Of the fills that were tried (0, means, mirror image) it changes the
fewest classes at every distance: ``benchmarks/no_data_edges``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt


def fill_no_data(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """The same numbers with each pixel without data replaced by the nearest pixel with data.

    Args:
        values: (bands, h, w), any dtype.
        valid: bool (h, w).

    Returns:
        ``values`` itself where all or no pixels are valid, else a copy.
    """
    from scipy.ndimage import distance_transform_edt  # only where pixels are

    if valid.all() or not valid.any():
        return values
    rows, cols = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    filled: npt.NDArray[Any] = values[:, rows, cols]
    return filled
