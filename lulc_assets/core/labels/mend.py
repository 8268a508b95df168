"""Geometries that are mended on request, and the account of it.

What belongs here: making invalid polygons valid, leaving out what has no area. What does
not: the checks that refuse them otherwise (``schema``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely


@dataclass(frozen=True)
class Mended:
    """What was done to one geometry.

    Attributes:
        label_id: of the label.
        problem: what was wrong with it, as GEOS says.
        area_change: new area over old area − 1; NaN where the label was left out.
    """

    label_id: str
    problem: str
    area_change: float

    @property
    def dropped(self) -> bool:
        """Whether nothing was left of it."""
        return bool(np.isnan(self.area_change))


def mend_geometries(
    geometries: npt.NDArray[np.object_], label_ids: Sequence[str]
) -> tuple[npt.NDArray[np.object_], list[Mended]]:
    """Make polygons valid; what has no area becomes None.

    Self-intersections are resolved by ring structure (``shapely.make_valid``, method
    "structure"): a figure of eight keeps both loops, a spike disappears. Geometries of
    other kinds (points, lines) are returned as they are: their area was never drawn.

    Args:
        geometries: (n,) shapely geometries, None where missing.
        label_ids: of the same rows, for the account.

    Returns:
        The geometries, two-dimensional, and one entry for each that was changed.
    """
    mended = np.asarray(shapely.force_2d(geometries), dtype=object)
    broken = ~shapely.is_valid(mended) | shapely.is_empty(mended) | (mended == None)  # noqa: E711
    account = []
    for row in np.flatnonzero(broken):
        before = mended[row]
        problem = "missing" if before is None else shapely.is_valid_reason(before)
        after = None if before is None else _polygonal(shapely.make_valid(
            before, method="structure", keep_collapsed=False
        ))  # fmt: skip
        mended[row] = after
        change = np.nan
        if after is not None:
            change = after.area / before.area - 1 if before.area > 0 else np.inf
        account.append(Mended(label_ids[int(row)], problem.split("[")[0], float(change)))
    return mended, account


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """The parts of a geometry that have an area, or None."""
    parts = [part for part in shapely.get_parts(geometry) if part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)
