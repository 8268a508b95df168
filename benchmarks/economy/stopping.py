"""A year's vote that stops early, block by block, on predictions that were all made.

What belongs here: which scenes a block would have used, and the map that follows. What does not:
the bound itself (``core/compositing/early_stop``), seconds (``costs``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.early_stop import ChangeOdds, Standing, may_stop, order_by_gain
from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import PartVotes, flag_tallies, strategy_of
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.legend import Legend

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Year:
    """All predictions of a tile and year, by date.

    Attributes:
        grid: of the layers.
        stack: (n, h, w) layers of the passes.
        settings: of the vote; one season.
        legend: of the codes.
    """

    grid: PixelGrid
    stack: Stack
    settings: CompositeSettings
    legend: Legend

    @property
    def heaviest(self) -> int:
        """Largest class weight, in 1/256."""
        return int(self.settings.weight_table(legend=self.legend).max())


@dataclass(frozen=True)
class Stopped:
    """A map that stopped early.

    Attributes:
        classes: (h, w) codes.
        used: scenes that each block predicted, by block.
        predicted: blocks of scenes that were predicted, wholly masked ones not counted.
        possible: those that today's recipe predicts.
    """

    classes: U8
    used: list[int]
    predicted: int
    possible: int


def vote(year: Year, chosen: Stack) -> U8:
    """The plain vote of some passes."""
    settings = replace(year.settings, seasons="none")
    strategy = strategy_of(settings, year.legend)
    block = strategy.empty(Window(0, 0, *chosen.classes.shape[1:]))
    strategy.add(block, chosen, 1)
    flagged = flag_tallies([block.tallies], settings, year.legend)
    weights = settings.weight_table(legend=year.legend)
    return strategy.decide([PartVotes(weights, block, flagged)]).winner


def count_odds(year: Year, block_px: int, order: str) -> ChangeOdds:
    """Odds of a change, from all standings of a year on the way to its end."""
    standings, final = [], []
    for _, block in _blocks(year, block_px):
        clear = block.masks > 0
        end = vote(year, block).astype(np.int64)
        for _, standing in _standings(year, block, _order(clear, order)):
            standings.append(standing)
            final.append(end)
    return ChangeOdds.count(standings, final)


def stop_early(
    year: Year, block_px: int, order: str, odds: ChangeOdds | None, bound: float
) -> Stopped:
    """The map of a year whose blocks stop where they may; a negative bound never stops."""
    classes = np.zeros(year.grid.shape, np.uint8)
    used, predicted, possible = [], 0, 0
    for window, block in _blocks(year, block_px):
        clear = block.masks > 0
        # Blocks without a pixel that may vote are never inferred, see core/inference/blocks.
        worth = np.atleast_1d(clear.any(axis=(1, 2)))
        numbers = [number for number in _order(clear, order) if worth[number]]
        count = len(numbers)
        for done, standing in _standings(year, block, numbers):
            if bound >= 0 and may_stop(standing, odds, year.heaviest, bound):
                count = done
                break
        chosen = sorted(numbers[:count])
        layers = (layer[chosen] for layer in (block.classes, block.probabilities, block.masks))
        classes[window.slices] = vote(year, Stack(*layers)) if chosen else 0
        used.append(count)
        predicted += count
        possible += int(worth.sum())
    return Stopped(classes, used, predicted, possible)


def _order(clear: npt.NDArray[np.bool_], order: str) -> list[int]:
    return order_by_gain(clear) if order == "gain" else list(range(len(clear)))


def _blocks(year: Year, block_px: int) -> Iterator[tuple[Window, Stack]]:
    for window in year.grid.blocks(block_px):
        rows, cols = window.slices
        layers = (year.stack.classes, year.stack.probabilities, year.stack.masks)
        yield window, Stack(*(np.ascontiguousarray(one[:, rows, cols]) for one in layers))


def _standings(year: Year, block: Stack, order: list[int]) -> Iterator[tuple[int, Standing]]:
    """Number of scenes counted, and the standing, before each further scene."""
    land = len(year.legend.land)
    weights: npt.NDArray[np.int64] = year.settings.weight_table(legend=year.legend)
    shape = block.classes.shape[1:]
    scores = np.zeros((land, *shape), np.int64)
    votes = np.zeros(shape, np.int64)
    left = (block.masks > 0)[order].sum(axis=0).astype(np.int64)
    places = np.indices(shape)
    for done, number in enumerate(order):
        if done:
            yield done, Standing.of(scores, votes, left)
        codes, clear = block.classes[number].astype(np.int64), block.masks[number] > 0
        counts = clear & (codes > 0) & (codes <= land)
        amount = weights.take(codes[counts]) * block.probabilities[number][counts]
        np.add.at(scores, (codes[counts] - 1, places[0][counts], places[1][counts]), amount)
        votes += counts
        left -= clear
