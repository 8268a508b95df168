"""When a block of a year need not see its further scenes: its map will hardly change.

What belongs here: the bound that nothing can pass, the odds below it, and the decision for a
block. What does not: predicting, and the votes themselves (``kernel``).

Which pixels a further scene may add a vote to is known before it is predicted, from its scene
classification. A pixel whose lead exceeds all votes that can still come keeps its class, whatever
they are. For the others the odds of a change are counted on a tile and year that was predicted
whole, by what is known of a pixel at that moment. The bound is for the plain vote (the weighted
mode); a mask that is overruled later can undo it, which is part of the measured price.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEADS = 17
"""Steps of the lead among all scores: 0, 1/16, …, 1."""

VIEWS = 16
"""Votes so far, and votes that can still come, are told apart up to 15."""

CERTAIN = 255

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Standing:
    """What is known of the pixels of a block when some scenes were counted.

    Attributes:
        winner: (h, w) code so far, 0 where nobody voted.
        lead: (h, w) score of the winner less that of the next class.
        total: (h, w) all scores.
        votes: (h, w) votes so far.
        left: (h, w) scenes to come in which SCL lets the pixel vote.
    """

    winner: I64
    lead: I64
    total: I64
    votes: I64
    left: I64

    @classmethod
    def of(cls, scores: I64, votes: I64, left: I64) -> "Standing":
        """From scores by class.

        Args:
            scores: (land, h, w), weighted, in 1/256 of a probability of 1/255.
            votes: (h, w).
            left: (h, w).
        """
        two = np.partition(scores, len(scores) - 2, axis=0)[-2:]
        winner = np.where(two[1] > 0, scores.argmax(axis=0) + 1, 0)
        return cls(winner, two[1] - two[0], scores.sum(axis=0), votes, left)

    def can_change(self, heaviest: int) -> npt.NDArray[np.bool_]:
        """Pixels whose class further scenes could change, (h, w).

        Args:
            heaviest: largest class weight, in 1/256; equal scores may go to the other class.
        """
        found: npt.NDArray[np.bool_] = self.lead <= self.left * CERTAIN * heaviest
        return found & (self.left > 0)

    @property
    def cells(self) -> tuple[I64, I64, I64]:
        """Where each pixel stands in the table of odds."""
        lead = (LEADS - 1) * self.lead // np.maximum(self.total, 1)
        return lead, np.minimum(self.votes, VIEWS - 1), np.minimum(self.left, VIEWS - 1)


@dataclass(frozen=True)
class ChangeOdds:
    """How often pixels in such a standing changed their class until the year's end.

    Attributes:
        changed: (17, 16, 16) pixels, by lead, votes so far and votes that can still come.
        seen: likewise, all of them.
    """

    changed: I64
    seen: I64

    @classmethod
    def count(cls, standings: Sequence[Standing], final: Sequence[I64]) -> "ChangeOdds":
        """From standings on the way, and the codes (h, w) that each of them came to."""
        changed, seen = (np.zeros((LEADS, VIEWS, VIEWS), np.int64) for _ in range(2))
        for standing, codes in zip(standings, final, strict=True):
            np.add.at(seen, standing.cells, 1)
            np.add.at(changed, standing.cells, standing.winner != codes)
        return cls(changed, seen)

    def of(self, standing: Standing, heaviest: int) -> F64:
        """Probability of a change of each pixel, (h, w); 0 where nothing can change it.

        Half a change is added to what was counted, of one pixel more: a standing that was never
        seen is a coin toss.
        """
        rates = (self.changed + 0.5) / (self.seen + 1)
        found: F64 = rates[standing.cells]
        return np.where(standing.can_change(heaviest), found, 0.0)


def may_stop(standing: Standing, odds: ChangeOdds | None, heaviest: int, bound: float) -> bool:
    """Whether a block may do without its further scenes.

    Args:
        standing: of its pixels.
        odds: None: only what cannot change counts as settled.
        heaviest: largest class weight, in 1/256.
        bound: largest share of the block's pixels that may be expected to change, 0–1.
    """
    if odds is None:
        return float(standing.can_change(heaviest).mean()) <= bound
    return float(odds.of(standing, heaviest).mean()) <= bound


def order_by_gain(clear: npt.NDArray[np.bool_], enough: int = VIEWS) -> list[int]:
    """Scenes in the order of what each adds: most pixels that have few clear views so far.

    Args:
        clear: (scenes, h, w), where SCL lets a pixel vote.
        enough: views from which on another one adds nothing.

    Returns:
        Numbers of all scenes; equal ones in their own order. A first view is worth 1, a second
        1/2, an n-th 1/n.
    """
    views = np.zeros(clear.shape[1:], np.int64)
    waiting, order = list(range(len(clear))), []
    while waiting:
        worth = np.where(views < enough, 1 / (views + 1), 0.0)
        gains = [float(worth[clear[number]].sum()) for number in waiting]
        best = waiting.pop(int(np.argmax(gains)))
        views += clear[best]
        order.append(best)
    return order
