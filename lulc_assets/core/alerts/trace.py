"""How a pixel of a state came about: each date again, by the very same loop.

What belongs here: from a judge, its scenes and its state to the dates of one pixel. What does not:
the loop (``kernel``), the votes behind a yearly map (``core/lineage``), printing.

A pixel hears what its eight neighbours say, and they hear nobody for that: a window of three by
three, cut at the edges of the block, gives what the block gave.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile
from lulc_assets.core.alerts.blocks import JudgingTables
from lulc_assets.core.alerts.judge import Judge, read_kept_state
from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.change.dates import day_number, observations_by_date
from lulc_assets.core.change.near import part_of_block, pixel_with_neighbours
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.change.remembered import RememberedBlock
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.grid import Window
from lulc_assets.core.legend import Legend


@dataclass(frozen=True)
class AlertDate:
    """What one date did to a pixel.

    Attributes:
        date: ``YYYY-MM-DD``.
        code: class that the network saw, 0 = no data.
        probability: of that class, 0–255.
        seen: whether the date counted: land, and not masked.
        moved: log odds of change that it moved the pixel by, with the days since the last view.
        chance: probability of change after it.
        supports: supporting dates so far.
        step: after it.
    """

    date: str
    code: int
    probability: int
    seen: bool
    moved: float
    chance: float
    supports: int
    step: str


@dataclass(frozen=True)
class AlertTrace:
    """A pixel of the alerts of a year.

    Attributes:
        row: in the grid of the tile.
        col: likewise.
        from_code: class of last year's map, 0: none, and never an alert.
        dates: of the year, by date.
        agrees: whether the dates give what the state holds.
    """

    row: int
    col: int
    from_code: int
    dates: tuple[AlertDate, ...]
    agrees: bool

    def to_dict(self, legend: Legend) -> dict[str, Any]:
        """Plain JSON types; class names beside codes."""
        dates = [{**asdict(one), "class": _name(one.code, legend)} for one in self.dates]
        known = {"from_class": _name(self.from_code, legend), "dates": dates}
        return {"row": self.row, "col": self.col, "agrees": self.agrees, **known}


def trace_alert(
    judge: Judge, scenes: Sequence[PredictedScene], state: Path, row: int, col: int
) -> AlertTrace:
    """Judge a pixel again, date by date, and compare it with the state.

    Args:
        judge: that judged the state.
        scenes: of the year, all that the state has seen.
        state: the latest.
        row: of the pixel.
        col: of the pixel.

    Raises:
        PointOutside: there is no such pixel.
        InvalidProduct: the state is of another judge.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    from lulc_assets.core.alerts import kernel  # numba

    grid = judge.grid
    block, near = pixel_with_neighbours(grid, row, col)
    at = (row - near.row, col - near.col)
    takes, tables = observations_by_date(scenes), JudgingTables.of(judge)
    planes = np.zeros((kernel.PLANES, near.height, near.width), np.uint16)
    dates, touched = [], np.zeros(kernel.PLANES, np.bool_)
    with (
        BaselineFile(judge.baseline, grid) as file,
        BlockReader(grid, 1, takes, judge.evidence.legend) as reader,
    ):
        read_kept_state(state, grid, judge.identity(file))
        known = _part(file.read(block), block, near)
        stack = reader.read(takes, near)
        for place, take in enumerate(takes):
            before = int(planes[kernel.LOGIT][at])
            tables.see(stack, place, take.date, known, file, planes, touched)
            after = int(planes[kernel.LOGIT][at])
            dates.append(
                AlertDate(
                    date=take.date,
                    code=int(stack.classes[place][at]),
                    probability=int(stack.probabilities[place][at]),
                    seen=int(planes[kernel.SEEN_ON][at]) == day_number(take.date),
                    moved=round((after - before) / LOG_ONE, 3),
                    chance=_chance(after + judge.settings.floor),
                    supports=int(planes[kernel.LAST][at]) >> 8,
                    step=Step(int(planes[kernel.STATUS][at]) & 15).name.lower(),
                )
            )
    with BlockFile(state, grid) as kept:
        stored = kept.read(block, kernel.PLANES)[:, row - block.row, col - block.col]
    agrees = bool((stored == planes[:, at[0], at[1]]).all())
    return AlertTrace(row, col, int(known.classes[at]), tuple(dates), agrees)


def _part(known: RememberedBlock, block: Window, near: Window) -> RememberedBlock:
    cut = part_of_block(block, near)
    familiar = np.ascontiguousarray(known.familiar[(slice(None), *cut)])
    return RememberedBlock(known.classes[cut].copy(), known.flagged[cut].copy(), familiar)


def _chance(logit: int) -> float:
    return round(float(1 / (1 + np.exp(-logit / LOG_ONE))), 4)


def _name(code: int, legend: Legend) -> str:
    return legend.by_code(code).name if code else "no_data"
