"""The codes of the scene classification layer (SCL) and what they mean for a vote.

What belongs here: the codes, as named constants, which of them may vote, and what the bits
of HLS Fmask are in these codes. What does not: reading the layer, or the network's own
cloud class.

Codes: Sentinel-2 Level-2A Algorithm Theoretical Basis Document, table "Scene
classification" (0 no data … 11 snow). Bits: HLS Product User Guide v2.0, table "Fmask"
(1 cloud, 2 adjacent to cloud or shadow, 3 cloud shadow, 4 snow or ice, 5 water; 255 fill).
"""

import numpy as np
import numpy.typing as npt

SCL_NO_DATA = 0
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
"""Largest legal code; a file with a larger one is not a scene classification."""

SCL_CLOUDS = (SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)
"""Codes of clouds (their shadow is :data:`SCL_CLOUD_SHADOW`)."""

SCL_VOTING = (2, 4, 5, 6, 7, 11)
"""Dark, vegetation, bare, water, unclassified, snow vote in a composite; no data, defective
(code 1), cloud shadow and clouds never do."""

_VOTES = np.isin(np.arange(256), SCL_VOTING)


def votes(scl: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which pixels the scene classification lets vote: uint8 in, bool of the same shape out."""
    result: npt.NDArray[np.bool_] = _VOTES[scl]
    return result


FMASK_FILL = 255
_FMASK_CLOUD, _FMASK_ADJACENT, _FMASK_SHADOW, _FMASK_SNOW, _FMASK_WATER = (
    1 << bit for bit in range(1, 6)
)


def _fmask_table() -> npt.NDArray[np.uint8]:
    bits = np.arange(256)
    table = np.full(256, SCL_UNCLASSIFIED, np.uint8)
    # From the weakest statement to the strongest; a later one replaces an earlier one.
    for bit, code in (
        (_FMASK_WATER, SCL_WATER),
        (_FMASK_SNOW, SCL_SNOW_ICE),
        (_FMASK_ADJACENT, SCL_CLOUD_MEDIUM),
        (_FMASK_SHADOW, SCL_CLOUD_SHADOW),
        (_FMASK_CLOUD, SCL_CLOUD_HIGH),
    ):
        table[(bits & bit) > 0] = code
    table[FMASK_FILL] = SCL_NO_DATA
    return table


_FMASK_TO_SCL = _fmask_table()


def scl_from_fmask(fmask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """HLS Fmask as SCL codes, uint8 of the same shape.

    Bits 1–3 (cloud, adjacent, shadow) give codes that do not vote; water and snow keep
    their meaning; clear land is "unclassified", which votes; 255 is no data.
    """
    result: npt.NDArray[np.uint8] = _FMASK_TO_SCL[fmask]
    return result
