"""Geometries that are mended on request, and the account of it.

What belongs here: making invalid polygons valid, leaving out what has no area. What does
not: the checks that refuse them otherwise (``schema``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.errors import InvalidGeometry

_MOST_CROSSINGS = 5_000
"""Mending makes a polygon of each crossing: a star of 601 points has 90,000 and took 22 s."""
_SEGMENTS = 256
"""Looked at together; each may cross all others."""


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
    "structure"): a figure of eight keeps both loops, a spike disappears. Of a collection, as
    clips leave it, the polygons are kept. Points and lines are returned as they are: their
    area was never drawn.

    Args:
        geometries: (n,) shapely geometries, None where missing.
        label_ids: of the same rows, for the account.

    Returns:
        The geometries, two-dimensional, and one entry for each that was changed.

    Raises:
        InvalidGeometry: a polygon crosses itself so often that no mending could be what was
            meant.
    """
    mended = np.asarray(shapely.force_2d(geometries), dtype=object)
    collected = shapely.get_type_id(mended) == shapely.GeometryType.GEOMETRYCOLLECTION
    broken = ~shapely.is_valid(mended) | shapely.is_empty(mended) | shapely.is_missing(mended)
    account = []
    for row in np.flatnonzero(broken | collected):
        before = mended[row]
        problem = _problem(before)
        if collected[row] and problem == "Valid Geometry":
            problem = "GeometryCollection"
        after = None if before is None else _made_valid(before, label_ids[int(row)])
        if after is None and collected[row] and not shapely.is_empty(before):
            continue  # points and lines only: to be named as that
        mended[row] = after
        change = np.nan
        if after is not None:
            change = after.area / before.area - 1 if before.area > 0 else np.inf
        account.append(Mended(label_ids[int(row)], problem.split("[")[0], float(change)))
    return mended, account


def _problem(geometry: shapely.Geometry | None) -> str:
    """In a word or two; an empty geometry is valid, which tells nobody what is wrong with it."""
    if geometry is None:
        return "missing"
    empty = geometry.geom_type != "GeometryCollection" and shapely.is_empty(geometry)
    return "empty geometry" if empty else str(shapely.is_valid_reason(geometry))


def _made_valid(geometry: shapely.Geometry, label_id: str) -> shapely.Geometry | None:
    if shapely.is_valid(geometry):
        return _polygonal(geometry)
    crossings = _crossings(geometry)
    if crossings > _MOST_CROSSINGS:
        raise InvalidGeometry(
            f"label {label_id}: its outline crosses itself more than {_MOST_CROSSINGS:,} times; "
            "it cannot be mended: draw it again"
        )
    return _polygonal(shapely.make_valid(geometry, method="structure", keep_collapsed=False))


def _crossings(geometry: shapely.Geometry) -> int:
    """Pairs of segments that cross, counted until there are too many."""
    found = 0
    for part in shapely.get_parts(geometry):
        points = shapely.get_coordinates(part)
        if len(points) < 2:
            continue
        segments = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
        tree = shapely.STRtree(segments)
        for start in range(0, len(segments), _SEGMENTS):
            pairs = tree.query(segments[start : start + _SEGMENTS], predicate="crosses")
            found += pairs.shape[1] // 2
            if found > _MOST_CROSSINGS:
                return found
    return found


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """The parts of a geometry that have an area, or None."""
    parts = [part for part in shapely.get_parts(geometry) if part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)
