"""One place from which chips are cut.

What belongs here: its data. What does not: how places are found (``split``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import Window


@dataclass(frozen=True)
class Place:
    """One place from which chips are cut on every date.

    Attributes:
        window: the chip's pixels in the grid.
        split: ``train``, ``val`` or ``gold``.
        block_id: block of ground under the chip's centre.
        labels: uint8 (s, s), labels of this fold, before any date's clouds.
    """

    window: Window
    split: str
    block_id: str
    labels: npt.NDArray[np.uint8]
