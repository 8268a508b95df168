"""What the pixels say about the radiometric offset.

What belongs here: the evidence of one scene and the verdict. What does not: the metadata's side
(``core/catalog/offsets``), other scenes of the tile (``offset_neighbours``), what follows
(``checking``).

With the offset stored, a DN is reflectance · 10000 + 1000: almost nothing lies much below
1000, and what is black lies just above: water in B12, dense vegetation in red and blue. Without it,
shadows, water and vegetation lie far below. A dark percentile near 1000 proves nothing (a real
Saharan tile without offset has 1012 in B02). Hence, for a stated offset of s DN (s = 1000 where
it is to be tested whether there is one at all):

* absent: 0.1 % or more of the valid DN of a band lie below s − 200, or the median B12 of
  500 or more water pixels lies below s − 500;
* present: that median lies in s − 100 … s + 300; or, of 100 or more pixels that SCL calls
  vegetation and that would be dense without the offset, the median of red and of blue lies in
  s − 100 … s + 500;
* otherwise, or where they disagree, the pixels cannot tell, and the metadata stand unproven.

Where the numbers come from: docs/imagery.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.imagery.masks import SCL_NO_DATA, SCL_VEGETATION, SCL_WATER

USUAL_DN = 1000
DARK_MARGIN_DN = 200
DARK_SHARE = 0.001
WATER_PIXELS = 500
WATER_ABSENT_MARGIN_DN = 500
WATER_PRESENT_DN = (-100, 300)
"""Where the median B12 of water lies, from the offset, when the offset is stored."""

DENSE_PIXELS = 100
DENSE_NDVI = 0.8
DENSE_NIR_DN = 2000
"""Vegetation is dense where NDVI and near infrared reach these once the offset is taken out."""

DENSE_SWIR_SHARE = 0.5
"""Dense vegetation is wet: its B12 is at most this share of its near infrared."""

DENSE_PRESENT_DN = (-100, 500)
"""Where the median red and blue of dense vegetation lie, from the offset, when it is stored."""

Verdict = Literal["absent", "present", "cannot tell"]
Bands = Mapping[str, npt.NDArray[np.float32]]
"""Role → stored numbers in steps of 0.0001 reflectance, (h, w), 0 where nothing is stored."""


@dataclass(frozen=True)
class OffsetEvidence:
    """What the pixels say.

    Attributes:
        verdict: of the offset that was asked for.
        reason: the numbers behind it, in a sentence.
    """

    verdict: Verdict
    reason: str


def judge_offset(
    dn: Bands, scl: npt.NDArray[np.uint8], offset_dn: float = -USUAL_DN
) -> OffsetEvidence:
    """Whether digital numbers hold an offset.

    Args:
        dn: see :data:`Bands`; without ``swir2`` among them water says
            nothing.
        scl: SCL codes, uint8 (h, w).
        offset_dn: the offset in question, as it would have to be added.
    """
    stored = -offset_dn
    if not any(((values > 0) & (scl != SCL_NO_DATA)).any() for values in dn.values()):
        return OffsetEvidence("cannot tell", "no pixel with data was seen")
    dark = _dark_evidence(dn, scl, stored)
    found = [dark, _water_evidence(dn.get("swir2", np.zeros(scl.shape, np.float32)), scl, stored)]
    if dn.keys() >= {"red", "blue", "nir", "swir2"}:
        found.append(_vegetation_evidence(dn, scl, stored))
    verdicts = {each.verdict for each in found} - {"cannot tell"}
    reason = "; ".join(each.reason for each in found)
    if len(verdicts) == 1:
        return OffsetEvidence(verdicts.pop(), reason)
    return OffsetEvidence("cannot tell", reason)


def _dark_evidence(dn: Bands, scl: npt.NDArray[np.uint8], stored: float) -> OffsetEvidence:
    limit = stored - DARK_MARGIN_DN
    shares = {}
    for role, values in dn.items():
        valid = values[(values > 0) & (scl != SCL_NO_DATA)]
        shares[role] = float((valid < limit).mean()) if valid.size else 0.0
    role = max(shares, key=lambda name: shares[name])
    reason = f"{100 * shares[role]:.2f} % of {role} lie below {limit:.0f} DN"
    return OffsetEvidence("absent" if shares[role] >= DARK_SHARE else "cannot tell", reason)


def _water_evidence(
    swir2: npt.NDArray[np.float32], scl: npt.NDArray[np.uint8], stored: float
) -> OffsetEvidence:
    water = swir2[(scl == SCL_WATER) & (swir2 > 0)]
    if water.size < WATER_PIXELS:
        return OffsetEvidence("cannot tell", f"only {water.size} water pixels")
    median = float(np.median(water))
    reason = f"median swir2 of {water.size} water pixels is {median:.0f} DN"
    low, high = (stored + margin for margin in WATER_PRESENT_DN)
    if median < stored - WATER_ABSENT_MARGIN_DN:
        return OffsetEvidence("absent", reason)
    return OffsetEvidence("present" if low <= median <= high else "cannot tell", reason)


def _vegetation_evidence(dn: Bands, scl: npt.NDArray[np.uint8], stored: float) -> OffsetEvidence:
    plants = (scl == SCL_VEGETATION) & np.all([values > 0 for values in dn.values()], axis=0)
    red, blue, nir, swir2 = (dn[r][plants] - stored for r in ("red", "blue", "nir", "swir2"))
    dense = (nir - red >= DENSE_NDVI * np.abs(nir + red)) & (nir >= DENSE_NIR_DN)
    dense &= swir2 <= DENSE_SWIR_SHARE * nir
    count = int(np.count_nonzero(dense))
    if count < DENSE_PIXELS:
        return OffsetEvidence("cannot tell", f"only {count} pixels of dense vegetation")
    medians = {name: float(np.median(v[dense])) for name, v in (("red", red), ("blue", blue))}
    shown = " and ".join(f"{name} {value + stored:.0f}" for name, value in medians.items())
    reason = f"medians of {count} pixels of dense vegetation are {shown} DN"
    low, high = DENSE_PRESENT_DN
    inside = all(low <= value <= high for value in medians.values())
    return OffsetEvidence("present" if inside else "cannot tell", reason)
