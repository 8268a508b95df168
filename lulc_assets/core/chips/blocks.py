"""Blocks of ground, and which of them validate.

What belongs here: the squares and the choice among them. What does not: chips and the folds of
places (``split``).

Blocks are squares of the CRS itself, so that neighbouring tiles of a UTM zone agree on them; a hash
of a block's index and the seed draws those that validate. Chance evens out over many blocks only: a
draw that gives validation less than half or more than twice its share of the labels, or of those of
a class, is mended for that area alone, and areas that overlap it need not agree with it. Validation
chooses the epoch and fits the bias of every class: what it hardly shows, it decides by luck. (Two
tiles of 5 km, four classes, 15 % of 98 blocks drawn by hash: of the one class of narrow fields,
2.3 % of the labels, all in one place; the network that they chose drew .5 % of its gold pixels.)
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.folds import draw_uniform
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.grid import PixelGrid

_SHARE_FACTOR = 2.0
"""How far labels in validation may be from their share before the draw is mended."""

Flags = npt.NDArray[np.bool_]
Mask = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """Blocks of ground on a grid.

    Attributes:
        rows: (h,) position of each pixel row in ``ids`` and ``draws``.
        cols: (w,) likewise.
        ids: (r, c) names.
        draws: (r, c) float64, uniform in 0–1, by hash.
    """

    rows: npt.NDArray[np.intp]
    cols: npt.NDArray[np.intp]
    ids: npt.NDArray[np.object_]
    draws: Shares

    def pixels(self, chosen: Flags) -> Flags:
        """Blocks (r, c) as pixels (h, w)."""
        spread: Flags = chosen[self.rows][:, self.cols]
        return spread

    def labelled(self, labels: Mask) -> int:
        """Number of blocks with a labelled pixel."""
        return int((self._count(labels).sum(axis=1) > 0).sum())

    def for_validation(self, labels: Mask, share: float) -> Iterator[Flags]:
        """Blocks (r, c) to validate on, best first.

        The drawn ones as they are, or mended; should those leave one of the folds without a chip,
        those below the other thresholds of the draw that come nearest to the share.

        Args:
            labels: that train or validate, uint8 (h, w), 0 = unlabelled; not empty.
            share: that validation should have of them.
        """
        counts = self._count(labels)
        draws = self.draws.ravel()
        drawn = draws < share
        wanted = _Wanted.of(counts, share)
        if wanted.met_by(drawn):
            yield drawn.reshape(self.draws.shape)
        else:
            yield wanted.mend(drawn, np.argsort(draws)).reshape(self.draws.shape)
        total = counts.sum(axis=1)
        ordered = np.sort(draws[total > 0])
        below = np.array([total[draws < draw].sum() for draw in ordered[1:]]) / total.sum()
        for place in np.argsort(np.abs(below - share), kind="stable"):
            yield self.draws < ordered[place + 1]

    def _count(self, labels: Mask) -> npt.NDArray[np.int64]:
        """Labelled pixels of each block and class, (r · c, classes)."""
        rows, cols = np.nonzero(labels)
        numbers = self.rows[rows] * self.draws.shape[1] + self.cols[cols]
        codes = labels[rows, cols].astype(np.int64)
        classes = int(codes.max(initial=1))
        cells = np.bincount(numbers * classes + codes - 1, minlength=self.draws.size * classes)
        return cells.reshape(self.draws.size, classes)


@dataclass(frozen=True)
class _Wanted:
    """What validation should have, of each class that is there and of all labels together.

    Attributes:
        parts: (blocks, classes + 1), what each block has of them, 0–1.
        shares: (classes + 1,); 0 for a class that lies in one block, which can only train.
    """

    parts: Shares
    shares: Shares

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64], share: float) -> "_Wanted":
        columns = np.column_stack([counts[:, counts.sum(axis=0) > 0], counts.sum(axis=1)])
        apart = (columns > 0).sum(axis=0) > 1
        return cls(columns / columns.sum(axis=0), np.where(apart, share, 0.0))

    def met_by(self, chosen: Flags) -> bool:
        """Whether each share is between half and twice what it should be."""
        found = self.parts[chosen].sum(axis=0)
        low, high = self.shares / _SHARE_FACTOR, self.shares * _SHARE_FACTOR
        return bool(((found >= low) & (found <= high)).all())

    def mend(self, chosen: Flags, order: npt.NDArray[np.intp]) -> Flags:
        """Take in or give up one block after the other, each time the one that helps most.

        Args:
            chosen: (blocks,), to begin with.
            order: of blocks; the first of several that help alike is taken.
        """
        chosen = chosen.copy()
        missing = self.shares - self.parts[chosen].sum(axis=0)
        while True:
            change = np.where(chosen[:, None], -self.parts, self.parts)
            left = ((missing - change) ** 2).sum(axis=1)[order].round(12)
            best = order[int(np.argmin(left))]
            if left.min() >= round(float((missing**2).sum()), 12):
                return chosen
            chosen[best] = not chosen[best]
            missing = missing - change[best]


def lay_blocks(grid: PixelGrid, layout: ChipLayout, settings: ChipSettings) -> Blocks:
    """The blocks of a grid, with their draws."""
    side_m = layout.block_px * grid.pixel_m
    xs = grid.x0 + grid.pixel_m * (np.arange(grid.width) + 0.5)
    ys = grid.y0 - grid.pixel_m * (np.arange(grid.height) + 0.5)
    east, cols = np.unique(np.floor(xs / side_m).astype(np.int64), return_inverse=True)
    north, rows = np.unique(np.floor(ys / side_m).astype(np.int64), return_inverse=True)
    ids = np.array([[f"{n}_{e}" for e in east] for n in north], dtype=object)
    draws = np.array(
        [
            [draw_uniform(f"{settings.seed}:{grid.epsg}:{side_m:g}:{name}") for name in line]
            for line in ids
        ]
    )
    return Blocks(rows, cols, ids, draws)
