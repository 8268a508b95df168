"""A window of one scene as readers hand it on: reflectance or digital numbers, with validity.

What belongs here: shapes, types and meaning of what was read. What does not: reading (``reader``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SceneBlock:
    """A window of one scene.

    Attributes:
        reflectance: float32 (bands, h, w), 0–1, in the order of the recipe's roles;
            0 where not valid.
        valid: bool (h, w).
        scl: uint8 (h, w), scene classification codes; 0 outside the file.
    """

    reflectance: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]
    scl: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DnBlock:
    """A window of one scene in digital numbers, for whom the arithmetic comes later.

    Where a number is above 0, reflectance = (dn + offset_dn) · scale, clipped to 0–1; else 0.

    Attributes:
        dn: uint16 (bands, h, w), in the order of the recipe's roles; 0 where not valid.
        valid: bool (h, w).
        scl: uint8 (h, w), as in :class:`SceneBlock`.
        offset_dn: of all bands.
        scale: reflectance of one.
    """

    dn: npt.NDArray[np.uint16]
    valid: npt.NDArray[np.bool_]
    scl: npt.NDArray[np.uint8]
    offset_dn: float
    scale: float
