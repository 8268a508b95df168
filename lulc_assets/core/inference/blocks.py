"""The blocks of a scene, read and predicted side by side.

What belongs here: what is computed of one block. What does not: engines, where windows lie,
how blocks become layers of a scene (``scene``).
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.filling import fill_no_data
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.blending import Blending
from lulc_assets.core.inference.engine import Layers, Outputs, Predictor, as_byte, winning_code
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.inference.windows import HaloWindow, WindowPlan, pad_to
from lulc_assets.core.scene.recipe import SceneRecipe

Observe = Callable[[HaloWindow, DnBlock], None]
"""Looks at a padded block beside the network."""

_MIRRORS = ((), (1,), (2,), (1, 2))


@dataclass(frozen=True)
class BlockResult:
    """What came out of one window.

    Attributes:
        valid: bool (h, w) of the core.
        voting: bool (h, w) of the core; only valid pixels vote.
        layers: class and probability of the core, both uint8 (h, w), 0 where not valid; None
            where no pixel may vote and nothing was computed, and with blending.
        weighted: with blending, probabilities times weights, float32 (classes, h, w) of the
            window's reach; None where nothing was computed.
    """

    valid: npt.NDArray[np.bool_]
    voting: npt.NDArray[np.bool_]
    layers: Layers | None = None
    weighted: npt.NDArray[np.float32] | None = None

    @property
    def skipped(self) -> bool:
        """Whether the network did not run."""
        return self.layers is None and self.weighted is None


def predict_windows(
    reader: SceneReader,
    place: Window,
    predictor: Predictor,
    plan: WindowPlan,
    *,
    flips: bool = False,
    blending: Blending | None = None,
    observe: Observe | None = None,
) -> Generator[tuple[HaloWindow, BlockResult], None, None]:
    """Read and predict all windows of a plan, side by side, in order.

    Args:
        reader: of the scene, open.
        place: of the predicted grid on the reader's grid.
        predictor: engine with its bundle.
        plan: windows over the predicted grid.
        flips: average over mirror images.
        blending: weights of the blocks, if they are blended.
        observe: shown every block that is not skipped, padded, by several threads at once.

    Raises:
        SceneError: the scene cannot be read.
        NotFinite: the network gave NaN or infinity; the message names the window.
    """
    outputs: Outputs = "softmax" if flips or blending else "layers"

    def read(window: HaloWindow) -> DnBlock:
        outer = window.outer
        return reader.read_dn_block(
            replace(outer, row=outer.row + place.row, col=outer.col + place.col)
        )

    def compute(window: HaloWindow, block: DnBlock) -> BlockResult:
        all_voting = votes(block.scl) & block.valid
        inner = window.core_in_outer
        found = BlockResult(block.valid[inner], all_voting[inner])
        # With blending a block is skipped only if no pixel in its reach votes: so every
        # pixel that votes has all its blocks.
        reach = _within(window.outer, blending.reach(window)) if blending else inner
        if not all_voting[reach].any():
            return found
        seen = fill_no_data(block.dn, block.valid)
        padded, where = replace(block, dn=pad_to(seen, plan.shape)), _name(reader.recipe, window)
        if observe:
            observe(window, padded)
        if blending:
            softmax = predict_softmax(predictor, padded, where, flips=flips)
            return replace(found, weighted=softmax[:, *reach] * blending.weights(window))
        if flips:
            softmax = predict_softmax(predictor, padded, where, flips=True)
            codes, winner = winning_code(softmax), as_byte(softmax.max(0))
        else:
            codes, winner = predictor.predict(padded.dn, padded.offset_dn, padded.scale, where)
        return replace(found, layers=hide_invalid(codes[inner], winner[inner], found.valid))

    with ThreadPoolExecutor(1, "read") as ahead:  # the first block, while the graph is compiled
        early = {window: ahead.submit(read, window) for window in islice(plan, 1)}
        workers = predictor.prepare(plan.shape, len(plan), outputs)

    def take(window: HaloWindow) -> DnBlock:
        return early.pop(window).result() if window in early else read(window)

    yield from read_ahead(plan, take, compute, workers)


def predict_softmax(
    predictor: Predictor, block: DnBlock, where: str, *, flips: bool
) -> npt.NDArray[np.float32]:
    """Probabilities of a padded block, float32 (classes, h, w).

    With flips their mean over the block and its three mirror images.
    """
    if not flips:
        return predictor.probabilities(block.dn, block.offset_dn, block.scale, where)
    total: npt.NDArray[np.float32] | None = None
    for axes in _MIRRORS:
        image = np.ascontiguousarray(np.flip(block.dn, axes))
        found = predictor.probabilities(image, block.offset_dn, block.scale, where)
        back = np.flip(found, axes)
        total = back.copy() if total is None else total + back
    assert total is not None
    return total / np.float32(len(_MIRRORS))


def hide_invalid(
    codes: npt.NDArray[np.uint8], winner: npt.NDArray[np.uint8], valid: npt.NDArray[np.bool_]
) -> Layers:
    """The same with 0 where nothing is seen."""
    if valid.all():
        return codes, winner
    return codes * valid, winner * valid


def _within(outer: Window, part: Window) -> tuple[slice, slice]:
    """Slices of a part in an array of the outer window."""
    row, col = part.row - outer.row, part.col - outer.col
    return slice(row, row + part.height), slice(col, col + part.width)


def _name(recipe: SceneRecipe, window: HaloWindow) -> str:
    core = window.core
    return (
        f"scene {recipe.id}, window row {core.row} col {core.col} ({core.height} × {core.width} px)"
    )
