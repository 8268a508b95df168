"""Copying chips into their places in a batch, flipped.

What belongs here: the hot loop. What does not: which chips, and in which order
(``dataset``). The function releases the interpreter lock for a whole batch, so that batches are
copied in threads beside the training step.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(nogil=True, cache=True)
def copy_chips(
    source: npt.NDArray[Any],
    rows: npt.NDArray[np.int64],
    flips: npt.NDArray[np.int64],
    target: npt.NDArray[Any],
    places: npt.NDArray[np.int64],
) -> None:
    """Copy images ``source[rows]`` to ``target[places]``, each flipped as wanted.

    Args:
        source: images of a set, shape (chips, bands, h, w), any numeric dtype, C-contiguous.
        rows: which of them, shape (n,).
        flips: 1 to reverse the rows of an image, 1 to reverse its columns; shape (n, 2).
        target: shape (batch, bands, h, w), dtype of the source, C-contiguous; written to.
        places: where each image goes, shape (n,).
    """
    _, bands, height, width = source.shape
    last = np.uintp(width - 1)
    for n in range(len(rows)):
        upside_down, mirrored = flips[n]
        for band in range(bands):
            image, into = source[rows[n], band], target[places[n], band]
            for row in range(height):
                line = image[height - 1 - row if upside_down else row]
                # Unsigned places cannot be negative: without that check, vectors are moved.
                if mirrored:
                    for col in range(np.uintp(width)):
                        into[row, col] = line[last - col]
                else:
                    for col in range(np.uintp(width)):
                        into[row, col] = line[col]
