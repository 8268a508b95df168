"""Copying a chip into its place in a batch, flipped.

What belongs here: the hot loop. What does not: which chips, and in which order
(``dataset``). The function releases the interpreter lock, so that batches are copied in
threads beside the training step.
"""

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(nogil=True, cache=True)
def copy_flipped(
    source: npt.NDArray[np.generic],
    target: npt.NDArray[np.generic],
    upside_down: int,
    mirrored: int,
) -> None:
    """Copy ``source`` (bands, h, w) into ``target`` of the same shape, both C-contiguous.

    Args:
        source: of any numeric dtype.
        target: is overwritten.
        upside_down: 1 to reverse rows.
        mirrored: 1 to reverse columns.
    """
    bands, height, width = source.shape
    for band in range(bands):
        for row in range(height):
            line = source[band, height - 1 - row if upside_down else row]
            if mirrored:
                for col in range(width):
                    target[band, row, col] = line[width - 1 - col]
            else:
                for col in range(width):
                    target[band, row, col] = line[col]
