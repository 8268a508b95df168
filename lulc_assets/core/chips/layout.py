"""The sizes and rules that chip settings come to in one area.

What belongs here: what is chosen where settings leave it open, from the size of the area and the
amount of labels. What does not: where chips lie then (``split``).

Three kinds of area, by the shorter side:

- large, from eight chips of ``size_m`` on: such chips, and a buffer of one around validation;
- small: chips of an eighth of the side and no buffer;
- tiny, smaller than one chip of ``size_m`` (5 km): chips of 32 px that overlap by up to three
  quarters, so that a polygon is seen in many surroundings; gold kept apart pixel by pixel; and
  one labelled pixel is enough for a chip. With fewer, larger chips most labels of such an area
  were given up to the split, to gold, or for want of neighbours. Where a class lies in fewer than
  :data:`CLASS_BLOCKS` blocks, blocks of ground would give it to one fold only: the split is then
  random, chip by chip and date by date, and ``leak`` says what that costs.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.settings import (
    OVERLAP_SHARE,
    SIZE_STEP_PX,
    ChipSettings,
    GoldApart,
    Split,
)
from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.grid import PixelGrid

SMALL_AREA_CHIPS = 8
"""An area with fewer chips a side is small: full chips would leave too few places to split."""

CLASS_BLOCKS = 8
"""Of fewer blocks, a draw of 15 % leaves a class without validation in more than one of four."""

TINY_OVERLAPS_PX = (24, 16, 8)
"""Of 32 px. The first is taken that leaves at most ``TINY_PLACES`` places with labels."""

TINY_PLACES = 1300
"""An area of 300 × 300 px labelled wall to wall has 1225 at an overlap of 24 px: a training of
a few minutes. Larger areas have as many at a smaller overlap."""

_MIN_LABELLED_SHARE = 0.05
_LEAK = (
    "validation chips lie on ground that also trains: what validation shows is flattered, and so "
    "is the calibration that is fitted on it; gold is apart"
)

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ChipLayout:
    """The sizes that settings come to on a grid, in pixels, and the rules.

    Attributes:
        size_px: side of a chip.
        overlap_px: of neighbours.
        block_px: side of a block of ground.
        buffer_px: least distance of a training chip from a validation pixel.
        split: see ``ChipSettings``.
        gold_apart: likewise.
        min_labelled_share: likewise.
        leak: what a split that ignores place costs, for people; empty for ``blocks``.
    """

    size_px: int
    overlap_px: int
    block_px: int
    buffer_px: int
    split: Split = "blocks"
    gold_apart: GoldApart = "chip"
    min_labelled_share: float = _MIN_LABELLED_SHARE
    leak: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return dict(vars(self))


def lay_out(grid: PixelGrid, settings: ChipSettings, train_mask: Mask | None = None) -> ChipLayout:
    """Sizes and rules on a grid: as set, else as the area asks.

    A grid smaller than a chip gets the largest multiple of 32 that fits; the overlap shrinks
    with it.

    Args:
        grid: area of interest.
        settings: what is set.
        train_mask: uint8 (h, w), 0 = unlabelled; None: as if there were few labels.

    Raises:
        NoTrainingChips: not even 32 pixels fit.
    """
    shorter = min(grid.shape)
    fits = shorter // SIZE_STEP_PX * SIZE_STEP_PX
    if fits == 0:
        raise NoTrainingChips(
            f"an area of {grid.height} × {grid.width} px is smaller than the smallest chip "
            f"({SIZE_STEP_PX} px); widen the area of interest"
        )
    full = max(1, round(settings.size_m / grid.pixel_m / SIZE_STEP_PX)) * SIZE_STEP_PX
    eighth = max(1, shorter // SMALL_AREA_CHIPS // SIZE_STEP_PX) * SIZE_STEP_PX
    tiny = shorter < full
    wanted = settings.size_px or min(full, eighth)
    size = min(wanted, fits)
    buffer = settings.buffer_px
    if buffer is None:
        buffer = size if shorter >= SMALL_AREA_CHIPS * full else 0
    share = settings.min_labelled_share
    if share is None:
        share = 0.0 if tiny else _MIN_LABELLED_SHARE
    layout = ChipLayout(
        size,
        _overlap(settings, size, wanted, train_mask if tiny else None, tiny=tiny),
        settings.block_px or 2 * size,
        buffer,
        gold_apart=settings.gold_apart or ("pixel" if tiny else "chip"),
        min_labelled_share=share,
    )
    split = settings.split
    if split is None:  # whoever sets blocks or a buffer wants them
        unset = settings.block_px is None and settings.buffer_px is None
        few = (
            tiny
            and unset
            and (train_mask is None or _fewest_blocks(train_mask, layout) < CLASS_BLOCKS)
        )
        split = "random" if few else "blocks"
    return replace(layout, split=split, leak="" if split == "blocks" else _LEAK)


def _overlap(
    settings: ChipSettings, size: int, wanted: int, train_mask: Mask | None, *, tiny: bool
) -> int:
    if settings.overlap_px is not None:
        return settings.overlap_px * size // wanted
    if settings.overlap_m is not None:
        return round(size * settings.overlap_m / settings.size_m)
    if not tiny:
        return round(size * OVERLAP_SHARE)
    choices = [size * px // SIZE_STEP_PX for px in TINY_OVERLAPS_PX]
    if train_mask is None:
        return choices[0]
    few = [px for px in choices if _places(train_mask, size, size - px) <= TINY_PLACES]
    return (few or choices[-1:])[0]


def _places(train_mask: Mask, size: int, step: int) -> int:
    """About how many chips of a regular step hold a label."""
    cells = np.add.reduceat(train_mask > 0, np.arange(0, train_mask.shape[0], step), axis=0)
    cells = np.add.reduceat(cells, np.arange(0, train_mask.shape[1], step), axis=1)
    reach = size // step
    windows = np.lib.stride_tricks.sliding_window_view(cells > 0, (reach, reach))
    return int(windows.any(axis=(2, 3)).sum())


def _fewest_blocks(train_mask: Mask, layout: ChipLayout) -> int:
    """Blocks with labels of the class that has them in the fewest."""
    rows, cols = np.nonzero(train_mask)
    codes = train_mask[rows, cols].astype(np.int64)
    places = np.stack([codes, rows // layout.block_px, cols // layout.block_px], axis=1)
    found = np.unique(places, axis=0)[:, 0]
    return int(np.unique(found, return_counts=True)[1].min(initial=CLASS_BLOCKS))
