"""How the votes of a year become a map: four strategies behind one interface.

What belongs here: what a strategy keeps of the votes and how it decides. What does not: the
loops (``kernel``), reading and files.

- ``weighted_mode``: the largest weighted sum of probabilities wins (Karra et al. 2021).
- ``plain_mode``: the most votes win, whatever their probability.
- ``mean_probability``: the largest mean probability wins, where a scene that was surest of
  another class counts 0 (only the winner's probability is stored); all classes weigh 1.
- ``latest``: the last clear view decides.

All but ``latest`` are made from sums, so that a scene can be added or taken away later. A learned
vote (``vote_head``) refines the weighted mode where it can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.sums_file import BlockSums
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import Window
from lulc_assets.core.legend import KARRA_10, Legend

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decision:
    """The layers of a block, each (h, w) uint8.

    Attributes:
        winner: class code, 0 where nobody voted.
        share: 255 = all; see the strategy's ``share_title``.
        count: votes, 255 = 255 or more.
        left_to_plain: pixels with a vote that a learned vote did not decide.
        changed: pixels to which a learned vote gave another class than the plain vote.
    """

    winner: U8
    share: U8
    count: U8
    left_to_plain: int = 0
    changed: int = 0


@dataclass(frozen=True)
class PartVotes:
    """The votes of a part of a year in one block, with the flags of that year.

    Attributes:
        weights: by class code, int64, in 1/256.
        sums: of the block.
        flagged: (h, w) bool: masked votes count there.
    """

    weights: npt.NDArray[np.int64]
    sums: BlockSums
    flagged: Flags


class Strategy(Protocol):
    """What composing needs of a strategy."""

    @property
    def unit(self) -> str | None:
        """What a vote adds to the kept sums; None: no sums can be kept."""

    @property
    def share_title(self) -> str:
        """What the second layer says."""

    def empty(self, window: Window) -> BlockSums:
        """A block that no scene was counted in."""

    def add(self, block: BlockSums, stack: Stack, sign: int) -> None:
        """Count observations, given by time, in a block (1), or retract them (-1)."""

    def decide(self, parts: Sequence[PartVotes]) -> Decision:
        """The layers of a block from all parts that count, by time."""


@dataclass(frozen=True)
class SumStrategy:
    """Decides by sums.

    Attributes:
        unit: ``probability`` or ``vote``.
        mean: whether the second layer is the mean probability.
        share_title: what the second layer says.
        land: classes that vote.
    """

    unit: str
    mean: bool
    share_title: str
    land: int = 0

    def empty(self, window: Window) -> BlockSums:
        """See :class:`Strategy`."""
        return BlockSums.empty(window, self.land)

    def add(self, block: BlockSums, stack: Stack, sign: int) -> None:
        """See :class:`Strategy`."""
        from lulc_assets.core.compositing.kernel import add_scenes  # numba

        plain = self.unit == "vote"
        layers = (stack.classes, stack.probabilities, stack.masks)
        add_scenes(*layers, sign, plain, block.sums, block.tallies)

    def decide(self, parts: Sequence[PartVotes]) -> Decision:
        """See :class:`Strategy`."""
        from lulc_assets.core.compositing.kernel import decide  # numba

        return Decision(
            *decide(
                _stacked([part.sums.sums for part in parts]),
                _stacked([part.sums.tallies for part in parts]),
                np.stack([part.weights for part in parts]),
                _stacked([part.flagged for part in parts]),
                self.mean,
            )
        )


@dataclass(frozen=True)
class LearnedStrategy:
    """The weighted mode, refined by a learned vote.

    Attributes:
        plain: the weighted mode.
        head: the learned vote.
    """

    plain: Strategy
    head: VoteHead
    share_title: str = "255 x score of the class / all scores; the class is a learned vote's"

    @property
    def unit(self) -> str | None:
        """See :class:`Strategy`."""
        return self.plain.unit

    def empty(self, window: Window) -> BlockSums:
        """See :class:`Strategy`."""
        return self.plain.empty(window)

    def add(self, block: BlockSums, stack: Stack, sign: int) -> None:
        """See :class:`Strategy`."""
        self.plain.add(block, stack, sign)

    def decide(self, parts: Sequence[PartVotes]) -> Decision:
        """See :class:`Strategy`."""
        from lulc_assets.core.compositing.vote_head_kernel import decide_learned  # numba

        found = self.plain.decide(parts)
        left, changed = decide_learned(
            _stacked([part.sums.sums for part in parts]),
            _stacked([part.sums.tallies for part in parts]),
            _stacked([part.flagged for part in parts]),
            np.stack([part.weights for part in parts]),
            np.ascontiguousarray(self.head.weights.T, np.float64),
            self.head.needed,
            self.head.known,
            found.winner,
            found.share,
        )
        return replace(found, left_to_plain=left, changed=changed)


_VIEWS = 4
"""Planes of :class:`LatestStrategy`."""


@dataclass(frozen=True)
class LatestStrategy:
    """The last clear view decides; nothing is kept, the year is read again each time.

    Its "sums" are (4, h, w): class and probability of the last clear view of ground, and of
    the last view of ground whatever SCL says.
    """

    land: int
    unit: None = None
    share_title: str = "255 x probability of the last clear view"

    def empty(self, window: Window) -> BlockSums:
        """See :class:`Strategy`."""
        return BlockSums.empty(window, _VIEWS // 2)

    def add(self, block: BlockSums, stack: Stack, sign: int) -> None:
        """See :class:`Strategy`; nothing can be retracted."""
        from lulc_assets.core.compositing.kernel import add_latest  # numba

        if sign != 1:
            raise ValueError("the latest view cannot be retracted")
        layers = (stack.classes, stack.probabilities, stack.masks)
        add_latest(*layers, self.land, block.sums, block.tallies)

    def decide(self, parts: Sequence[PartVotes]) -> Decision:
        """See :class:`Strategy`."""
        shape = parts[0].flagged.shape
        winner, share = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
        votes = np.zeros(shape, np.int64)
        for part in parts:
            views = np.where(part.flagged, part.sums.sums[2:], part.sums.sums[:2])
            seen = views[0] > 0
            winner[seen], share[seen] = views[0][seen], views[1][seen]
            votes += part.sums.tallies[0] + part.sums.tallies[2] * part.flagged
        count = np.minimum(votes, 255).astype(np.uint8)
        return Decision(winner.astype(np.uint8), share.astype(np.uint8), count)


_SUMS: Mapping[str, SumStrategy] = {
    "weighted_mode": SumStrategy("probability", False, "255 x winning score / all scores"),
    "plain_mode": SumStrategy("vote", False, "255 x votes of the class / all votes"),
    "mean_probability": SumStrategy("probability", True, "255 x mean probability of the class"),
}


def strategy_of(
    settings: CompositeSettings, legend: Legend = KARRA_10, head: VoteHead | None = None
) -> Strategy:
    """The strategy that the settings name, for the classes of a legend.

    Args:
        settings: name and parts of the year.
        legend: of the predictions.
        head: a learned vote that refines the weighted mode.

    Raises:
        InvalidProject: the strategy is another one, and cannot be refined.
        InvalidProduct: the head is of another legend or of other parts of the year.
    """
    if head is not None:
        head.require(legend, tuple(part.name for part in settings.parts()))
        if settings.strategy != "weighted_mode":
            raise InvalidProject(
                f"[vote] learned refines the strategy weighted_mode, not {settings.strategy}; "
                "change [composite] strategy or leave it off"
            )
    land = len(legend.land)
    named = _SUMS.get(settings.strategy)
    plain = LatestStrategy(land) if named is None else replace(named, land=land)
    return refined(plain, head)


def refined(plain: Strategy, head: VoteHead | None) -> Strategy:
    """A strategy that keeps sums of probabilities, refined by a learned vote if there is one."""
    return plain if head is None else LearnedStrategy(plain, head)


def flag_tallies(tallies: Sequence[U16], settings: CompositeSettings, legend: Legend) -> Flags:
    """Where the masks of a whole year are wrong, from the tallies of all its parts.

    Args:
        tallies: (4, h, w) uint16 each.
        settings: thresholds.
        legend: of the predictions that were counted.

    Returns:
        (h, w) bool.
    """
    from lulc_assets.core.compositing.kernel import flag_pixels  # numba

    return flag_pixels(_stacked(tallies), settings.flag_rule(legend))


def _stacked(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """All in one array; of a single one a view, since a copy would cost as much as the vote."""
    return arrays[0][np.newaxis] if len(arrays) == 1 else np.stack(arrays)
