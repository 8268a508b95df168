"""Neighbouring blocks averaged where they overlap, with the weights of a Hann window.

What belongs here: weights, and the sum of weighted probabilities, a row of blocks at a time.
What does not: where windows lie (``windows``), how a block is predicted (``blocks``).

Along an axis a border between two cores is a step from 0 to 1, the rising half of a Hann
window as wide as both halos together. The weight of a block is the step at its first border
minus the step at its last one, so that the weights of all blocks sum to one wherever blocks
lie, however small they are; where a block is as wide as two halos, it has a whole Hann window
(Pielawski and Wählby 2020, "Introducing Hann windows for reducing edge-effects in patch-based
image segmentation"). In two dimensions weights are multiplied. Nothing but the halo overlaps,
so no pixel runs through the network more often than without blending.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import Window
from lulc_assets.core.inference.engine import Layers, as_byte, winning_code
from lulc_assets.core.inference.windows import Axis, HaloWindow, WindowPlan

Weights = npt.NDArray[np.float32]

_STRIPE_ROWS = 64
"""Rows of which the winner is sought at a time: numpy copies what it searches."""


@dataclass(frozen=True)
class Taper:
    """The weights of a row or column of blocks, along one axis.

    Attributes:
        first: pixel of the grid of the first weight.
        weights: float32, above 0; that many pixels are reached.
    """

    first: int
    weights: Weights


def lay_tapers(axis: Axis, halo_px: int) -> dict[int, Taper]:
    """Weights of all blocks along an axis with a halo, by the first pixel of their core.

    Each reaches ``halo_px`` beyond its core, as far as the grid goes; at each pixel the
    weights of all sum to one.
    """
    middle = np.arange(axis.size) + 0.5
    steps = [np.ones(axis.size)]
    for border, _, _ in axis.spans[1:]:
        way = np.clip((middle - border + halo_px) / (2 * halo_px), 0, 1)
        steps.append(np.sin(np.pi / 2 * way) ** 2)
    steps.append(np.zeros(axis.size))
    found = {}
    for number, (top, bottom, _) in enumerate(axis.spans):
        first, last = max(0, top - halo_px), min(axis.size, bottom + halo_px)
        weights = (steps[number] - steps[number + 1])[first:last]
        found[top] = Taper(first, np.maximum(weights, 0).astype(np.float32))
    return found


@dataclass(frozen=True)
class Blending:
    """The weights of all blocks of a plan."""

    plan: WindowPlan

    @cached_property
    def rows(self) -> Mapping[int, Taper]:
        """Down, by the first row of a core."""
        return lay_tapers(self.plan.rows, self.plan.halo_px)

    @cached_property
    def cols(self) -> Mapping[int, Taper]:
        """Across, by the first column of a core."""
        return lay_tapers(self.plan.cols, self.plan.halo_px)

    def reach(self, window: HaloWindow) -> Window:
        """The pixels to which a block contributes: its core and the halo, within the grid."""
        down, across = self.rows[window.core.row], self.cols[window.core.col]
        return Window(down.first, across.first, len(down.weights), len(across.weights))

    def weights(self, window: HaloWindow) -> Weights:
        """Of a block, float32 (h, w) of its reach."""
        down, across = self.rows[window.core.row], self.cols[window.core.col]
        return down.weights[:, None] * across.weights[None, :]


class RowsInWork:
    """Sums of weighted probabilities over the rows that blocks still to come may change.

    Memory: (classes + 1) × 4 bytes × width × (rows of a block with both halos); a scene of
    10,980 pixels in blocks of 1,504 with ten classes needs 730 MB.

    Args:
        blending: the weights.
        classes: how many.
    """

    def __init__(self, blending: Blending, classes: int) -> None:
        self._blending = blending
        height = max(len(taper.weights) for taper in blending.rows.values())
        self._total = np.zeros((classes, height, blending.plan.cols.size), np.float32)
        self._weight = np.zeros(self._total.shape[1:], np.float32)
        self._first = 0

    def add(self, window: HaloWindow, weighted: npt.NDArray[np.float32]) -> None:
        """Add a block: its probabilities times :meth:`Blending.weights`, (classes, h, w).

        Sums depend on the order to the last bit: blocks come in the order of the plan.
        """
        reach = self._blending.reach(window)
        row = reach.row - self._first
        place = slice(row, row + reach.height), slice(reach.col, reach.col + reach.width)
        self._total[:, *place] += weighted
        self._weight[place] += self._blending.weights(window)

    def take(self, window: HaloWindow) -> tuple[slice, Layers]:
        """Rows that are done after the last block of a row; later blocks do not reach them.

        Args:
            window: the last block that was added, or skipped.

        Returns:
            The rows of the grid, none within a row of blocks, and class and probability of
            their mean: the sum divided by the weights of the blocks that were computed, which
            are less than one beside a skipped block. Meaningless where no block was.
        """
        core, plan = window.core, self._blending.plan
        if core.col + core.width < plan.cols.size:
            return slice(self._first, self._first), self._layers(0)
        later = [t.first for row, t in self._blending.rows.items() if row > core.row]
        end = min(later, default=plan.rows.size)
        done = end - self._first
        layers = self._layers(done)
        for array in (self._total, self._weight):
            kept = array.shape[-2] - done
            array[..., :kept, :] = array[..., done:, :].copy()
            array[..., kept:, :] = 0
        rows = slice(self._first, end)
        self._first = end
        return rows, layers

    def _layers(self, done: int) -> Layers:
        """Class and probability of the first rows in work."""
        codes, winner = (np.empty((done, self._weight.shape[1]), np.uint8) for _ in range(2))
        for start in range(0, done, _STRIPE_ROWS):
            rows = slice(start, min(done, start + _STRIPE_ROWS))
            total, weight = self._total[:, rows], self._weight[rows]
            codes[rows] = winning_code(total)
            highest = np.divide(total.max(0), weight, out=np.zeros_like(weight), where=weight > 0)
            winner[rows] = as_byte(highest)
        return codes, winner
