"""Counting how letters follow each other on pixels whose history is known.

What belongs here: loops over observations, into exact counts. What does not: probabilities
(``evidence``). Counts of several tiles, years or batches add up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import QUARTERS, numbers_and_quarters
from lulc_assets.core.change.symbols import (
    BINS,
    LEVELS,
    known_at,
    letter_of,
    level_of,
    signed,
    view_of,
)
from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.seasons import Part

FORGET_DAYS = 60
"""After so many days without a view the last one says nothing about the next: haze and
snow are gone, and what grows looks different."""

UNKNOWN = 65_535
"""In place of a day of change: nothing is known of the pixel."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LetterCounts:
    """What pixels looked like; shapes for the nine classes of land of the default legend.

    Attributes:
        pairs: (9, 4, 82, 81) int64, of pixels that had not changed: by baseline class, quarter,
            last letter (0 = none) and letter.
        changed: likewise, of pixels after their change; the first view after it has no last
            one.
        familiar: (9, 4, 9, 3) int64: by baseline class and quarter, views of pixels to which
            each class was strange, half known or familiar.
        views: (9, 4) int64: views.
    """

    pairs: Counts
    changed: Counts
    familiar: Counts
    views: Counts

    @classmethod
    def empty(cls, land: int) -> "LetterCounts":
        """Nothing counted yet, of so many classes of land."""
        letters = land * BINS * LEVELS
        pairs = (land, QUARTERS, letters + 1, letters)
        return cls(
            np.zeros(pairs, np.int64),
            np.zeros(pairs, np.int64),
            np.zeros((land, QUARTERS, land, LEVELS), np.int64),
            np.zeros((land, QUARTERS), np.int64),
        )

    def __add__(self, other: "LetterCounts") -> "LetterCounts":
        return LetterCounts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def __iter__(self) -> Iterator[Counts]:
        yield from (self.pairs, self.changed, self.familiar, self.views)


def count_letters(
    stack: Stack,
    days: Sequence[str],
    baseline: U8,
    familiar: U16,
    parts: Sequence[Part],
    changed_on: U16,
    land: int,
    flagged: npt.NDArray[np.bool_] | None = None,
) -> LetterCounts:
    """Count the observations of a block.

    Args:
        stack: observations, (n, h, w), one per date.
        days: their dates, ISO, ascending.
        baseline: (h, w) uint8, map of the year before; 0 is left out.
        familiar: (parts + 1, h, w) uint16, see :func:`~.symbols.familiar_planes`.
        parts: of the year that familiar classes are kept by.
        changed_on: (h, w) uint16: day number of the change of each pixel within these dates;
            0: it is known to have kept its class; ``UNKNOWN``: it is left out.
        land: classes of land.
        flagged: (h, w) bool: masked views count there; None: nowhere.
    """
    counts = LetterCounts.empty(land)
    numbers, quarters = numbers_and_quarters(days)
    shape = baseline.shape
    known = np.stack([known_at(day, parts, familiar) for day in days])
    trusted = np.zeros(shape, np.bool_) if flagged is None else flagged
    use = np.where((changed_on < UNKNOWN) & (baseline <= land), baseline, 0).astype(np.uint8)
    _count(
        stack.classes, stack.probabilities, stack.masks, numbers, quarters, use, known, trusted,
        changed_on, *counts,
    )  # fmt: skip
    return counts


@numba.njit(nogil=True, cache=True)
def _count(
    classes: U8,
    probabilities: U8,
    masks: U8,
    numbers: Counts,
    quarters: Counts,
    baseline: U8,
    known: npt.NDArray[np.uint32],
    trusted: npt.NDArray[np.bool_],
    changed_on: U16,
    pairs: Counts,
    changed: Counts,
    familiar: Counts,
    views: Counts,
) -> None:
    scenes, height, width = classes.shape
    land = pairs.shape[0]
    for row in range(height):
        for col in range(width):
            code = signed(baseline[row, col]) - 1
            if code < 0:
                continue
            turn = signed(changed_on[row, col])
            last, last_on = 0, signed(0)
            for scene in range(scenes):
                if masks[scene, row, col] == 0 and not trusted[row, col]:
                    continue
                seen = view_of(
                    signed(classes[scene, row, col]), signed(probabilities[scene, row, col]), land
                )
                if seen == 0:
                    continue
                after = 0 < turn <= numbers[scene]
                if numbers[scene] - last_on > FORGET_DAYS or (after and last_on < turn):
                    last = 0
                quarter = quarters[scene]
                word = signed(known[scene, row, col])
                letter = letter_of(seen, word)
                if after:
                    changed[code, quarter, last, letter - 1] += 1
                else:
                    pairs[code, quarter, last, letter - 1] += 1
                    views[code, quarter] += 1
                    for other in range(land):
                        familiar[code, quarter, other, level_of(other, word)] += 1
                last, last_on = letter, numbers[scene]
