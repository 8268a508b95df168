"""What the pixels say about the radiometric offset, against what the metadata say.

What belongs here: the evidence and the verdict. What does not: the metadata's side
(``core/catalog/offsets``).

With the offset stored, a DN is reflectance · 10000 + 1000: almost nothing lies much below
1000, and water, which is black in B12, lies just above. Without it, shadows, water and
vegetation lie far below. A dark percentile near 1000 proves nothing (a real Saharan tile
without offset has 1012 in B02). Hence, for a stated offset of s DN (s = 1000 where it is
to be tested whether there is one at all):

* absent: 0.1 % or more of the valid DN of a band lie below s − 200, or the median B12 of
  500 or more water pixels lies below s − 500;
* present: that median lies in s − 100 … s + 300;
* otherwise, or where the two disagree, the pixels cannot tell, and the metadata stand.

Where the numbers come from: docs/imagery.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter

from lulc_assets.core.errors import OffsetContradicted, OffsetUndecidable
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.masks import SCL_NO_DATA, SCL_WATER
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.scene.recipe import SceneRecipe

USUAL_DN = 1000
DARK_MARGIN_DN = 200
DARK_SHARE = 0.001
WATER_PIXELS = 500
WATER_ABSENT_MARGIN_DN = 500
WATER_PRESENT_DN = (-100, 300)
"""Where the median B12 of water lies, from the offset, when the offset is stored."""

LATTICE_PX = 512
PATCH_PX = 1024
"""Side of the piece that is looked at where a file has no overviews."""

Verdict = Literal["absent", "present", "cannot tell"]


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
    dn: Mapping[str, npt.NDArray[np.float32]],
    scl: npt.NDArray[np.uint8],
    offset_dn: int = -USUAL_DN,
) -> OffsetEvidence:
    """Whether digital numbers hold an offset.

    Args:
        dn: role → stored DN, (h, w), 0 where nothing is stored; without ``swir2`` among them
            water says nothing.
        scl: SCL codes, uint8 (h, w).
        offset_dn: the offset in question, as it would have to be added.
    """
    stored = -offset_dn
    dark = _dark_evidence(dn, scl, stored)
    nothing = np.zeros(scl.shape, np.float32)
    water = _water_evidence(dn.get("swir2", nothing), scl, stored)
    verdicts = {each.verdict for each in (dark, water)} - {"cannot tell"}
    reason = f"{dark.reason}; {water.reason}"
    if len(verdicts) == 1:
        return OffsetEvidence(verdicts.pop(), reason)
    return OffsetEvidence("cannot tell", reason)


def _dark_evidence(
    dn: Mapping[str, npt.NDArray[np.float32]], scl: npt.NDArray[np.uint8], stored: int
) -> OffsetEvidence:
    limit = stored - DARK_MARGIN_DN
    shares = {}
    for role, values in dn.items():
        valid = values[(values > 0) & (scl != SCL_NO_DATA)]
        shares[role] = float((valid < limit).mean()) if valid.size else 0.0
    role = max(shares, key=lambda name: shares[name])
    reason = f"{100 * shares[role]:.2f} % of {role} lie below {limit} DN"
    return OffsetEvidence("absent" if shares[role] >= DARK_SHARE else "cannot tell", reason)


def _water_evidence(
    swir2: npt.NDArray[np.float32], scl: npt.NDArray[np.uint8], stored: int
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


def read_evidence(recipe: SceneRecipe, grid: PixelGrid) -> OffsetEvidence:
    """Look at a scene's pixels on a lattice over the grid (overviews where there are some).

    Where the files have no overviews a piece in the middle is read instead.

    Raises:
        SceneError: the scene cannot be read.
    """
    lattice = lattice_of(grid, LATTICE_PX)
    with SceneReader(recipe, lattice, overview=True) as reader:
        if not reader.skips_pixels:
            return _look(reader, recipe)
    with SceneReader(recipe, lattice_of(_middle(grid), LATTICE_PX), overview=True) as reader:
        return _look(reader, recipe)


def require_offset(recipe: SceneRecipe, grid: PixelGrid) -> OffsetEvidence:
    """Refuse a scene whose pixels contradict its metadata, or do not prove what they must.

    Returns:
        The evidence, where it does not contradict.

    Raises:
        OffsetContradicted: with both pieces of evidence.
        OffsetUndecidable: the stated offset needs proof, and the pixels give none.
        SceneError: the scene cannot be read.
    """
    evidence = read_evidence(recipe, grid)
    stated = recipe.offset_dn != 0
    if evidence.verdict == ("absent" if stated else "present"):
        raise OffsetContradicted(
            f"scene {recipe.id}: the metadata say an offset of {recipe.offset_dn} DN "
            f"({recipe.offset_reason}), the pixels say it is {evidence.verdict} "
            f"({evidence.reason}); ask the provider, or leave the scene out"
        )
    if recipe.offset_needs_proof and evidence.verdict != "present":
        raise OffsetUndecidable(
            f"scene {recipe.id}: {recipe.offset_reason}; they cannot tell ({evidence.reason})"
        )
    return evidence


def _look(reader: SceneReader, recipe: SceneRecipe) -> OffsetEvidence:
    window = Window(0, 0, reader.grid.height, reader.grid.width)
    scl = reader.read_mask(window)
    dn = {role: reader.read_dn(role, window).dn for role in recipe.roles}
    # Overviews average: a pixel beside no data may be darkened by it, so it is not asked.
    inside = minimum_filter(scl, size=3, mode="nearest") != SCL_NO_DATA
    trusted = np.where(inside, scl, SCL_NO_DATA).astype(np.uint8)
    return judge_offset(dn, trusted, recipe.offset_dn or -USUAL_DN)


def _middle(grid: PixelGrid) -> PixelGrid:
    height, width = min(grid.height, PATCH_PX), min(grid.width, PATCH_PX)
    return grid.cut(Window((grid.height - height) // 2, (grid.width - width) // 2, height, width))
