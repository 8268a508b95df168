"""Folds of several chip sets kept apart on the ground: tiles overlap, and years repeat places.

What belongs here: what one partition cannot know of another: a gold window of a
neighbouring tile or of another year, and validation blocks that a small area has moved.
What does not: the split within one partition (``split``).

Gold ground with a training label is somebody's mistake and refused. A training chip on
ground that validates elsewhere is nobody's mistake and dropped.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from lulc_assets.core.chips.account import GOLD, TRAIN, VALIDATION
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import LabelLeak

ELSEWHERE = "validates elsewhere"
"""Reason in ``Chips.dropped``."""

_SHRINK_M = 0.01
"""Boxes that only touch share no pixel."""


def keep_apart(chip_sets: Sequence[Chips], room: Room | None = None) -> list[Chips]:
    """Chip sets without training chips on the validation ground of another set.

    Args:
        chip_sets: of any tiles and years, in any CRS.
        room: where the arrays of smaller sets lie; None: as in ``read_chips``.

    Returns:
        The sets in their order; ``dropped["validates elsewhere"]`` counts what was left
        out. Sets that are not split by blocks keep all their chips.

    Raises:
        LabelLeak: a pixel that trains or validates in one set is gold in another; the
            message names both chips.
    """
    for judged in chip_sets:
        for other in chip_sets:
            _refuse_gold(judged, other)
    room, grounds = room or Room(), [_validation_ground(chips) for chips in chip_sets]
    return [
        _without(chips, [g for n, g in enumerate(grounds) if n != own], room)
        for own, chips in enumerate(chip_sets)
    ]


Ground = tuple[str, npt.NDArray[np.object_]]
"""A CRS and the boxes of labelled validation pixels in it."""


def _validation_ground(chips: Chips) -> Ground:
    rows = np.flatnonzero((chips.index["split"] == VALIDATION).to_numpy())
    if chips.split_by != "blocks":
        rows = rows[:0]
    found = {}
    for row in rows:
        box = _labelled_box(chips, int(row))
        if box is not None:
            found[box.wkb] = box
    return str(chips.index.crs), np.array(list(found.values()), dtype=object)


def _labelled_box(chips: Chips, row: int) -> shapely.Polygon | None:
    """The box around the labelled pixels of a chip."""
    mask = chips.masks[row] > 0
    if not mask.any():
        return None
    left, top, pixel_m = _corner(chips, row)
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return shapely.box(
        left + cols[0] * pixel_m + _SHRINK_M,
        top - (rows[-1] + 1) * pixel_m + _SHRINK_M,
        left + (cols[-1] + 1) * pixel_m - _SHRINK_M,
        top - rows[0] * pixel_m - _SHRINK_M,
    )


def _corner(chips: Chips, row: int) -> tuple[float, float, float]:
    """Left and top of a chip, and its pixel size."""
    left, _, right, top = chips.index.geometry.iloc[row].bounds
    return left, top, (right - left) / chips.masks.shape[2]


def _without(chips: Chips, grounds: Sequence[Ground], room: Room) -> Chips:
    kept = np.ones(len(chips.index), dtype=bool)
    training = np.flatnonzero((chips.index["split"] == TRAIN).to_numpy())
    if chips.split_by != "blocks" or not training.size:
        return chips
    boxes = chips.index.geometry.to_numpy()[training]
    for crs, ground in grounds:
        if ground.size:
            here = _moved(ground, crs, str(chips.index.crs))
            kept[training[shapely.STRtree(here).query(boxes, predicate="intersects")[0]]] = False
    return chips.only(kept, ELSEWHERE, room)


def _moved(
    geometries: npt.NDArray[np.object_], source: str, target: str
) -> npt.NDArray[np.object_]:
    if source == target:
        return geometries
    move = Transformer.from_crs(source, target, always_xy=True).transform
    moved: npt.NDArray[np.object_] = shapely.transform(
        shapely.segmentize(geometries, 100.0), lambda xy: np.stack(move(*xy.T), axis=1)
    )
    return moved


def _refuse_gold(judged: Chips, other: Chips) -> None:
    """Raise if a labelled gold pixel of one set has a label in another fold of the other."""
    gold = np.flatnonzero((judged.index["split"] == GOLD).to_numpy())
    learnt = np.flatnonzero((other.index["split"] != GOLD).to_numpy())
    if not gold.size or not learnt.size:
        return
    boxes = _moved(
        judged.index.geometry.to_numpy()[gold], str(judged.index.crs), str(other.index.crs)
    )
    pairs = shapely.STRtree(other.index.geometry.to_numpy()[learnt]).query(
        boxes, predicate="intersects"
    )
    seen: set[tuple[object, ...]] = set()
    for mine, theirs in zip(gold[pairs[0]], learnt[pairs[1]], strict=True):
        places = (judged.index.geometry.iloc[mine].wkb, other.index.geometry.iloc[theirs].wkb)
        marks = (judged.masks[mine].tobytes(), other.masks[theirs].tobytes())
        if (key := (*places, *map(hash, marks))) in seen:
            continue  # the same place on another date
        seen.add(key)
        if _share_labels(judged, int(mine), other, int(theirs)):
            raise LabelLeak(
                f"gold chip {judged.index['chip_id'].iloc[mine]} and "
                f"{other.index['split'].iloc[theirs]} chip {other.index['chip_id'].iloc[theirs]} "
                "label the same ground: what judges a model must never train it; take the "
                "labels of that place out of training in all tiles and years"
            )


def _share_labels(judged: Chips, mine: int, other: Chips, theirs: int) -> bool:
    """Whether a labelled pixel centre of one chip falls on a labelled pixel of the other."""
    rows, cols = np.nonzero(judged.masks[mine])
    left, top, pixel_m = _corner(judged, mine)
    xs, ys = left + pixel_m * (cols + 0.5), top - pixel_m * (rows + 0.5)
    if judged.index.crs != other.index.crs:
        move = Transformer.from_crs(judged.index.crs, other.index.crs, always_xy=True)
        xs, ys = move.transform(xs, ys)
    left, top, pixel_m = _corner(other, theirs)
    col = np.floor((xs - left) / pixel_m).astype(np.int64)
    row = np.floor((top - ys) / pixel_m).astype(np.int64)
    height, width = other.masks.shape[1:]
    inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    return bool((other.masks[theirs][row[inside], col[inside]] > 0).any())
