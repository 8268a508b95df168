"""Which pixels of a tile the figures count, and what that depends on.

What belongs here: the tiles that make one map, and their seams as a project has them. What does
not: the rule itself (``core/seams``), figures (``report``, ``regions``).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from lulc_assets.core.seams import counted_mask, gained_boxes, hidden_boxes
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.steps.workbench import Workbench


def beside(work: Workbench, tile: str) -> tuple[str, ...]:
    """The tiles that make one map with a tile: those of its first region, else it alone."""
    regions = work.project.regions_of(tile)
    return tuple(work.project.regions[regions[0]].tiles) if regions else (tile,)


def counted_pixels(work: Workbench, tile: str, tiles: Iterable[str] = ()) -> npt.NDArray[np.bool_]:
    """Pixels of the tile's grid that figures count, in the area of interest, (h, w) bool.

    Args:
        work: with the project.
        tile: of the project.
        tiles: that make one map, in which each place counts once (``core/seams``); without
            them those :func:`beside` it.
    """
    return counted_mask(tile, work.grids(tiles or beside(work, tile)), work.area)


def counted_identity(work: Workbench, of: Iterable[str], tiles: Iterable[str]) -> dict[str, object]:
    """What :func:`counted_pixels` of some tiles depends on beyond their own grids.

    For an identity; empty without an area of interest and without windows that overlap.

    Args:
        work: with the project.
        of: the tiles.
        tiles: that make one map with them.
    """
    found: dict[str, object] = {}
    if work.project.aoi:
        found["area"] = digest_of_source(work.project.path_of(work.project.aoi))
    grids = work.grids(tiles)
    seams = {one: [hidden_boxes(one, grids), gained_boxes(one, grids)] for one in sorted(of)}
    if any(boxes for each in seams.values() for boxes in each):
        found["seams"] = seams
    return found
