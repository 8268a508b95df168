"""The loops of the vote in memory: of nine classes, general and fixed, and of any number.

What belongs here: summing and deciding of one block, timed side by side. What does not: files.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.predictions import make_block
from benchmarks.weighted_mode import of_nine
from lulc_assets.core.compositing import kernel

U8 = npt.NDArray[np.uint8]
Scenes = tuple[U8, U8, U8]


def compare_loops(size: int, scenes: int, counts: Sequence[int], repeats: int) -> dict[str, Any]:
    """Milliseconds of each number of classes, and of nine fixed; the shortest of some turns.

    Processor time of one thread, the turns of all one after the other: what else the machine does
    slows all of them alike.
    """
    works: dict[str, Callable[[], object]] = {}
    for land in counts:
        block = make_block(size, scenes, land)
        works[f"general_{land}"] = partial(_vote, kernel, block, land)
    nine = make_block(size, scenes, of_nine.LAND)
    works["fixed_9"] = partial(_vote, of_nine, nine, of_nine.LAND)
    same = zip(_vote(kernel, nine, of_nine.LAND), _vote(of_nine, nine, of_nine.LAND), strict=True)
    if not all(np.array_equal(ours, former) for ours, former in same):
        raise AssertionError("the general loops vote otherwise than those of nine classes")
    taken: dict[str, float] = {}
    for turn in range(repeats + 1):
        for name, work in works.items():
            started = time.thread_time()
            work()
            spent = time.thread_time() - started
            if turn:  # the first one compiles
                taken[name] = min(spent, taken.get(name, spent))
    return {
        "milliseconds": {name: 1000 * spent for name, spent in taken.items()},
        "ratio_to_fixed_9": taken["fixed_9"] / taken[f"general_{of_nine.LAND}"],
    }


def _vote(loops: Any, block: Scenes, land: int) -> tuple[U8, U8, U8]:
    height, width = block[0].shape[1:]
    sums = np.zeros((2 * land, height, width), np.uint16)
    tallies = np.zeros((4, height, width), np.uint16)
    loops.add_scenes(*block, 1, False, sums, tallies)
    flagged = np.zeros((1, height, width), bool)
    weights = np.full((1, land + 2), 256, np.int64)
    voted: tuple[U8, U8, U8] = loops.decide(sums[None], tallies[None], weights, flagged, False)
    return voted
