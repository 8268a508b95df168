"""Where chips lie and which fold each place belongs to.

What belongs here: the chip grid, training, validation and gold. What does not: which blocks of
ground validate (``blocks``), scenes and pixels (``cut``). A place is in one fold on all dates.

The split is by ground, in three rules:

1. Blocks of ground validate or train as a whole (``blocks``).
2. A chip that touches a validation block is a validation chip; it keeps labels inside
   validation blocks only. Of all other chips those train that keep a distance
   (``buffer_px``) from every validation pixel. No pixel of a validation block is therefore
   ever in a training chip, and with a buffer of one chip no validation chip shares a pixel
   with a training chip. (The network sees nothing beyond a chip's border, so its receptive
   field asks for no more.)
3. A chip that touches a gold pixel is a gold chip, before rule 2, and keeps gold labels only.

``random`` and ``temporal`` splits ignore rules 1 and 2: every place is planned for both
folds, and ``folds`` says which of the two a date's chip belongs to. Such splits flatter
validation; small areas have no other way to give every class to both folds.

Chips overlap; so that a pixel counts once in an evaluation, a validation or gold chip keeps
only labels that are nearer to its centre than to any other chip's.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.account import (
    BESIDE_GOLD,
    BESIDE_VALIDATION,
    FEW_LABELS,
    GOLD,
    TRAIN,
    VALIDATION,
)
from lulc_assets.core.chips.blocks import Blocks, Flags, lay_blocks
from lulc_assets.core.chips.layout import ChipLayout, lay_out
from lulc_assets.core.chips.ledger import Ledger
from lulc_assets.core.chips.place import Place
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import SplitImpossible
from lulc_assets.core.grid import PixelGrid, Window

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ChipPlan:
    """Where chips will be cut.

    Attributes:
        places: sorted by row, column and split.
        layout: sizes and rules.
        ledger: how far each labelled pixel came.
    """

    places: list[Place]
    layout: ChipLayout
    ledger: Ledger


class _Layers(NamedTuple):
    """What decides a fold, of the whole grid or of one place: labels, gold, validation."""

    train: Mask
    gold: Mask
    validation: Flags

    def cut(self, window: Window) -> "_Layers":
        at = window.slices
        return _Layers(self.train[at], self.gold[at], self.validation[at])


@dataclass(frozen=True)
class _Span:
    """Start of a chip along one axis, and the pixels nearest to its centre: [low, high)."""

    start: int
    low: int
    high: int


def plan_chips(
    grid: PixelGrid, train_mask: Mask, gold_mask: Mask, settings: ChipSettings
) -> ChipPlan:
    """All places with labels worth cutting.

    Args:
        grid: area of interest.
        train_mask: uint8 (h, w), 0 = unlabelled.
        gold_mask: likewise.
        settings: sizes, shares, seed.

    Returns:
        Training, validation and gold places; without training labels, gold places only.

    Raises:
        NoTrainingChips: the grid is smaller than the smallest chip.
        SplitImpossible: the labels cannot be split into training and validation places.
    """
    layout = lay_out(grid, settings, train_mask)
    blocks = lay_blocks(grid, layout, settings)
    if not train_mask.any() or layout.split != "blocks":
        nothing = np.zeros(grid.shape, dtype=bool)
        return _assign(grid, _Layers(train_mask, gold_mask, nothing), blocks, layout)
    for chosen in blocks.for_validation(train_mask, settings.validation_share):
        validation = blocks.pixels(chosen)
        plan = _assign(grid, _Layers(train_mask, gold_mask, validation), blocks, layout)
        if {TRAIN, VALIDATION} <= {place.split for place in plan.places}:
            return plan
    labelled = blocks.labelled(train_mask)
    raise SplitImpossible(
        f"labels cannot be split into training and validation places: they lie in {labelled} "
        f"block(s) of {layout.block_px} px, chips have {layout.size_px} px and keep "
        f"{layout.buffer_px} px apart, {int((train_mask > 0).sum())} pixels are labelled. Give "
        "smaller blocks, chips or buffer, a smaller min_labelled_share, or labels in more places; "
        'or set [chips] split = "random", whose validation flatters'
    )


def _spans(length: int, size: int, overlap: int) -> list[_Span]:
    """Chips along one axis: a regular step, the last moved back to end at the border."""
    step = size - overlap
    starts = [*range(0, length - size, step), length - size]
    # Pixel p (centre p + ½) belongs to the nearer centre; at equal distance to the first.
    borders = [(a + b + size + 1) // 2 for a, b in pairwise(starts)]
    lows, highs = [0, *borders], [*borders, length]
    return [_Span(*ends) for ends in zip(starts, lows, highs, strict=True)]


def _assign(grid: PixelGrid, layers: _Layers, blocks: Blocks, layout: ChipLayout) -> ChipPlan:
    size = layout.size_px
    kept_back = _Counts(layers.validation & (layers.train > 0))
    ledger = Ledger(layers.train, layers.gold)
    places = []
    for row in _spans(grid.height, size, layout.overlap_px):
        for col in _spans(grid.width, size, layout.overlap_px):
            window = Window(row.start, col.start, size, size)
            nearest = np.zeros((size, size), dtype=bool)
            nearest[
                row.low - row.start : row.high - row.start,
                col.low - col.start : col.high - col.start,
            ] = True
            middle = blocks.ids[
                blocks.rows[row.start + size // 2], blocks.cols[col.start + size // 2]
            ]
            near = kept_back.any_near(window, layout.buffer_px)
            found = _folds_of(layers.cut(window), nearest, near, layout)
            places += [Place(window, split, str(middle), labels) for split, labels in found.folds]
            for obstacle, pixels in found.obstacles:
                ledger.meet(window, pixels, obstacle)
    return ChipPlan(places, layout, ledger)


class _Counts:
    """A summed-area table: how many flags lie in a window, in four look-ups."""

    def __init__(self, flags: Flags) -> None:
        self._shape = flags.shape
        self._sums = np.zeros((flags.shape[0] + 1, flags.shape[1] + 1), dtype=np.int64)
        np.cumsum(np.cumsum(flags, axis=0), axis=1, out=self._sums[1:, 1:])

    def any_near(self, window: Window, distance: int) -> bool:
        """Whether a flag lies in a window or within a distance of it, in pixels."""
        top, left = max(0, window.row - distance), max(0, window.col - distance)
        bottom = min(self._shape[0], window.row + window.height + distance)
        right = min(self._shape[1], window.col + window.width + distance)
        sums = self._sums
        found = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return bool(found > 0)


class _Found(NamedTuple):
    """Folds of one place with their labels: none, one, or several; and what hinders others.

    Several: gold and another (``gold_apart`` is pixel), or both of a split that ignores place.
    """

    folds: list[tuple[str, Mask]]
    obstacles: list[tuple[str, Flags]]


def _folds_of(layers: _Layers, nearest: Flags, near_validation: bool, layout: ChipLayout) -> _Found:
    train, gold, validation = layers
    found = _Found([], [])
    if gold.any():
        own_gold = np.where(nearest, gold, 0).astype(np.uint8)
        if own_gold.any():
            found.folds.append((GOLD, own_gold))
        if layout.gold_apart == "chip":
            found.obstacles.append((BESIDE_GOLD, train > 0))
            return found
        train = np.where(gold > 0, 0, train).astype(np.uint8)
    everywhere = layout.split != "blocks"
    if validation.any() or everywhere:
        own = np.where((validation | everywhere) & nearest, train, 0).astype(np.uint8)
        if own.any():
            found.folds.append((VALIDATION, own))
    if not (everywhere or not (validation.any() or near_validation)):
        found.obstacles.append((BESIDE_VALIDATION, train > 0))
    elif train.any() and (train > 0).mean() >= layout.min_labelled_share:
        found.folds.append((TRAIN, train))
    else:
        found.obstacles.append((FEW_LABELS, train > 0))
    return found
