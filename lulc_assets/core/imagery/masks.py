"""The codes of the scene classification layer (SCL) and what they mean for a vote.

What belongs here: the codes, as named constants, and which of them may vote. What does
not: reading the layer, or the network's own cloud class.

Codes: Sentinel-2 Level-2A Algorithm Theoretical Basis Document, table "Scene
classification" (0 no data … 11 snow).
"""

import numpy as np
import numpy.typing as npt

SCL_NO_DATA = 0
SCL_DEFECTIVE = 1
SCL_DARK = 2
SCL_CLOUD_SHADOW = 3
SCL_VEGETATION = 4
SCL_NOT_VEGETATED = 5
SCL_WATER = 6
SCL_UNCLASSIFIED = 7
SCL_CLOUD_MEDIUM = 8
SCL_CLOUD_HIGH = 9
SCL_CIRRUS = 10
SCL_SNOW_ICE = 11

SCL_MAX = SCL_SNOW_ICE
"""Largest legal code; a file with a larger one is no scene classification."""

SCL_CLOUDS = (SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)
"""Codes of clouds (their shadow is :data:`SCL_CLOUD_SHADOW`)."""

SCL_NOT_VOTING = (0, 1, 3, 8, 9, 10)
"""No data, defective, cloud shadow, clouds: never vote in a composite."""

SCL_VOTING = (2, 4, 5, 6, 7, 11)
"""Dark, vegetation, bare, water, unclassified, snow: vote in a composite."""

_VOTES = np.isin(np.arange(256), SCL_VOTING)


def votes(scl: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which pixels the scene classification lets vote: uint8 in, bool of the same shape out."""
    result: npt.NDArray[np.bool_] = _VOTES[scl]
    return result
