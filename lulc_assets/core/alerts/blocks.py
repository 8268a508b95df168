"""One block through its new dates: decode, judge, pack.

What belongs here: what a thread does with a block. What does not: threads and files
(``update``), the loop over pixels (``kernel``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile, pack_planes
from lulc_assets.core.alerts.judge import Judge
from lulc_assets.core.alerts.ladder import year_start
from lulc_assets.core.alerts.replay import ReplayPlan
from lulc_assets.core.change.dates import day_number, quarter_of
from lulc_assets.core.change.remembered import RememberedBlock
from lulc_assets.core.compositing.reading import BlockReader, Stack
from lulc_assets.core.grid import Window

DATES_AT_ONCE = 16
"""Dates of a block that are decoded before they are judged: 12 MB per thread."""

U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class JudgingWork:
    """One update at work."""

    judge: Judge
    plan: ReplayPlan
    identity: str
    baseline: BaselineFile

    def header(self, judged: int) -> dict[str, Any]:
        """What a state says of itself after so many of the new dates."""
        seen = [[day, dict(scenes)] for day, scenes in self.plan.seen_after(judged)]
        return {"judge": self.identity, "seen": seen}


@dataclass(frozen=True)
class JudgedBlock:
    """A block after its dates: packed states by name, and views that were clear."""

    packed: Mapping[str, bytes | None]
    seen: int


class BlockJudge:
    """Judges one block after the other, in any thread."""

    def __init__(self, work: JudgingWork, reader: BlockReader, base: BlockFile | None) -> None:
        self._work = work
        self._reader = reader
        self._base = base
        self._tables = JudgingTables.of(work.judge)

    def judge(self, window: Window, _: Window) -> JudgedBlock:
        """All new dates of a block; decoding is part of it."""
        from lulc_assets.core.alerts.kernel import PLANES  # numba

        work = self._work
        former = packed = self._base.read_packed(window) if self._base else None
        names: dict[int, list[str]] = {}
        for name, count in work.plan.names:
            names.setdefault(count, []).append(name)
        state: U16 | None = None
        baseline: RememberedBlock | None = None
        found: dict[str, bytes | None] = dict.fromkeys(names.get(0, ()), packed)
        seen, touched = 0, np.zeros(PLANES, np.bool_)
        dates = work.plan.dates
        for start in range(0, len(dates), DATES_AT_ONCE):
            chunk = dates[start : start + DATES_AT_ONCE]
            stack = self._reader.read(chunk, window)
            for place, take in enumerate(chunk):
                if stack.classes[place].any():
                    if state is None or baseline is None:
                        state = self._unpacked(former, window, PLANES)
                        baseline = work.baseline.read(window)
                    new = self._tables.see(
                        stack, place, take.date, baseline, work.baseline, state, touched
                    )
                    packed = _CHANGED if new else packed
                    seen += new
                if due := names.get(start + place + 1):
                    if packed is _CHANGED and state is not None:
                        former = packed = pack_planes(state, former, touched)
                        touched[:] = False
                    found |= dict.fromkeys(due, packed)
        return JudgedBlock(found, seen)

    def _unpacked(self, packed: bytes | None, window: Window, planes: int) -> U16:
        if packed is None or self._base is None:
            return np.zeros((planes, window.height, window.width), np.uint16)
        return self._base.unpack(packed, window, planes)


_CHANGED = b"changed"
"""In place of a block's bytes while its state is ahead of them."""


@dataclass(frozen=True)
class JudgingTables:
    """What the loop reads of a judge."""

    ratios: npt.NDArray[np.int16]
    hazards: npt.NDArray[np.int16]
    clear_days: npt.NDArray[np.int64]
    rule: npt.NDArray[np.int64]
    confirmed: npt.NDArray[np.int64]
    gains: npt.NDArray[np.int64]
    start: int

    @classmethod
    def of(cls, judge: Judge) -> "JudgingTables":
        """The tables of a judge."""
        settings, legend = judge.settings, judge.evidence.legend
        return cls(
            judge.evidence.ratios,
            settings.hazard_table(),
            settings.clear_days(judge.year),
            settings.rule(),
            settings.confirmed_at(legend),
            settings.gains(legend),
            year_start(judge.year),
        )

    def see(
        self,
        stack: Stack,
        place: int,
        day: str,
        baseline: RememberedBlock,
        file: BaselineFile,
        state: U16,
        touched: npt.NDArray[np.bool_],
    ) -> int:
        """Let a block see one date; how many pixels did (see ``kernel.see_date``)."""
        from lulc_assets.core.alerts.kernel import see_date  # numba
        from lulc_assets.core.change.symbols import known_at  # numba

        return int(
            see_date(
                stack.classes[place],
                stack.probabilities[place],
                stack.masks[place],
                day_number(date.fromisoformat(day)),
                quarter_of(day),
                self.start,
                baseline.classes,
                known_at(day, file.parts, baseline.familiar),
                baseline.flagged,
                self.ratios,
                self.hazards,
                self.clear_days,
                self.rule,
                self.confirmed,
                self.gains,
                state,
                touched,
            )
        )
