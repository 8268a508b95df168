"""Judging a year's scenes against the baseline, block by block, from files to files.

What belongs here: reading, judging and writing states in threads. What does not: the loop
over pixels (``kernel``), what has to be judged (``replay``), alerts as polygons
(``polygons``) and layers (``layers``).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.alerts.baseline import BaselineBlock, BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile, BlockWriter, pack_planes
from lulc_assets.core.alerts.ladder import AlertSettings, year_start
from lulc_assets.core.alerts.replay import KeptState, ReplayPlan, Seen, plan_replay
from lulc_assets.core.change.dates import day_number, observations_by_date, quarter_of
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.reading import BlockReader, Stack
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.canonical import digest_of

DATES_AT_ONCE = 16
"""Dates of a block that are decoded before they are judged: 12 MB a thread."""

U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Judge:
    """What judges: baseline, evidence and settings, as one identity.

    Attributes:
        year: of the alerts.
        grid: of the tile.
        baseline: file of last year's map, see ``baseline.write_baseline``.
        evidence: learnt from validation data.
        settings: of the ladder.
        context: what else the states must agree in: the digest of the bundle, say.
    """

    year: int
    grid: PixelGrid
    baseline: Path
    evidence: Evidence
    settings: AlertSettings
    context: Mapping[str, Any] = field(default_factory=dict)

    def identity(self, baseline: BaselineFile) -> str:
        """Digest of all that a state depends on besides its scenes."""
        return digest_of(
            {
                "year": self.year,
                "baseline": {"year": baseline.year, **baseline.identity},
                "parts": [part.name for part in baseline.parts],
                "evidence": self.evidence.digest,
                "settings": self.settings.identity(),
                "context": dict(self.context),
            }
        )


@dataclass(frozen=True)
class JudgedYear:
    """States after an update.

    Attributes:
        states: name → file: ``latest`` and, for each quarter that is over, ``q1``…
        seen: dates that the latest state has seen.
        judged: dates that were judged now; of an update only those from the first new one on.
        pixels_seen: clear views among them.
    """

    states: Mapping[str, Path]
    seen: Seen
    judged: int
    pixels_seen: int


def judge_year(
    judge: Judge,
    scenes: Sequence[PredictedScene],
    out_dir: Path,
    *,
    kept: Mapping[str, Path] | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> JudgedYear:
    """Bring the states of a year to a set of scenes.

    The order of the scenes does not matter, nor does a scene given twice, nor whether kept
    states are used: the files are equal, byte by byte.

    Args:
        judge: baseline, evidence and settings.
        scenes: all scenes of the year that count, the ones seen before too.
        out_dir: gets ``state_<name>.zip``.
        kept: states of a former update, by name; those of another bundle, baseline, evidence
            or settings are refused.
        threads: blocks at work at the same time; the result does not depend on it. Memory:
            about 60 MB a thread.
        progress: told after each block.

    Raises:
        InvalidProduct: a scene is of another year, a kept state is of another judge, the
            baseline is not of the year before, or a prediction does not fit the grid.
        ProductCorrupt: a kept state or the baseline cannot be read.
        UnreadableRaster: a prediction cannot be read.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        baseline = stack.enter_context(BaselineFile(judge.baseline, judge.grid))
        if baseline.year != judge.year - 1:
            raise InvalidProduct(
                f"alerts of {judge.year} need the map of {judge.year - 1} as their baseline; "
                f"{judge.baseline} is of {baseline.year}"
            )
        identity = judge.identity(baseline)
        states = {
            name: read_kept_state(path, judge.grid, identity) for name, path in (kept or {}).items()
        }
        plan = plan_replay(observations_by_date(scenes), states, judge.year)
        files = {
            name: _keep(state.path, out_dir / state_name(name)) for name, state in plan.kept.items()
        }
        seen = 0
        if plan.names:
            made, seen = _judge_blocks(
                _Judging(judge, plan, identity, baseline), out_dir, threads, progress
            )
            files |= made
    return JudgedYear(files, plan.seen, len(plan.dates), seen)


def state_name(name: str) -> str:
    """File name of a state."""
    return f"state_{name}.zip"


def read_kept_state(path: Path, grid: PixelGrid, identity: str | None = None) -> KeptState:
    """A kept state, with the dates that it has seen.

    Raises:
        InvalidProduct: it is of another bundle, baseline, evidence or settings.
        ProductCorrupt: it cannot be read.
    """
    with BlockFile(path, grid) as state:
        header = state.header
    try:
        found, seen = header["judge"], tuple((day, dict(scenes)) for day, scenes in header["seen"])
    except (KeyError, TypeError, ValueError) as error:
        raise ProductCorrupt(f"state {path} does not say what it has seen: {error}") from error
    if identity is not None and found != identity:
        raise InvalidProduct(
            f"state {path} was judged with another bundle, baseline, evidence or settings than "
            "are wanted now; judge the year anew (leave the kept states out)"
        )
    return KeptState(path, seen)


@dataclass(frozen=True)
class _Judging:
    """One update at work."""

    judge: Judge
    plan: ReplayPlan
    identity: str
    baseline: BaselineFile

    def header(self, judged: int) -> dict[str, Any]:
        seen = [[day, dict(scenes)] for day, scenes in self.plan.seen_after(judged)]
        return {"judge": self.identity, "seen": seen}


def _judge_blocks(
    work: _Judging, folder: Path, threads: int, progress: Progress
) -> tuple[dict[str, Path], int]:
    grid, plan = work.judge.grid, work.plan
    windows = list(grid.blocks(BLOCK_PX))
    seen = 0
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                BlockWriter(folder / state_name(name), grid, work.header(count))
            )
            for name, count in plan.names
        }
        reader = stack.enter_context(
            BlockReader(grid, threads, plan.dates, work.judge.evidence.legend)
        )
        base = stack.enter_context(BlockFile(plan.base.path, grid)) if plan.base else None
        blocks = _Blocks(work, reader, base)
        judged = stack.enter_context(closing(read_ahead(windows, _as_it_is, blocks.judge, threads)))
        for done, (window, block) in enumerate(judged, start=1):
            for name, packed in block.packed.items():
                writers[name].write(window, packed)
            seen += block.seen
            progress(done, len(windows), "blocks judged")
    return {name: writer.path for name, writer in writers.items()}, seen


@dataclass(frozen=True)
class _Judged:
    """A block after its dates: packed states by name, and views that were clear."""

    packed: Mapping[str, bytes | None]
    seen: int


class _Blocks:
    """Judges one block after the other, in any thread."""

    def __init__(self, work: _Judging, reader: BlockReader, base: BlockFile | None) -> None:
        settings, year = work.judge.settings, work.judge.year
        self._work = work
        self._reader = reader
        self._base = base
        self._tables = _Tables(
            work.judge.evidence.ratios,
            settings.hazard_table(),
            settings.clear_days(year),
            settings.rule(),
            year_start(year),
        )

    def judge(self, window: Window, _: Window) -> _Judged:
        """All new dates of a block; decoding is part of it."""
        from lulc_assets.core.alerts.kernel import PLANES  # numba

        work = self._work
        packed = self._base.read_packed(window) if self._base else None
        names: dict[int, list[str]] = {}
        for name, count in work.plan.names:
            names.setdefault(count, []).append(name)
        state: U16 | None = None
        baseline: BaselineBlock | None = None
        found: dict[str, bytes | None] = dict.fromkeys(names.get(0, ()), packed)
        seen = 0
        dates = work.plan.dates
        for start in range(0, len(dates), DATES_AT_ONCE):
            chunk = dates[start : start + DATES_AT_ONCE]
            stack = self._reader.read(chunk, window)
            for place, take in enumerate(chunk):
                if stack.classes[place].any():
                    if state is None or baseline is None:
                        state = self._unpacked(packed, window, PLANES)
                        baseline = work.baseline.read(window)
                    new = self._tables.see(stack, place, take.date, baseline, work.baseline, state)
                    packed = _CHANGED if new else packed
                    seen += new
                if due := names.get(start + place + 1):
                    if packed is _CHANGED and state is not None:
                        packed = pack_planes(state)
                    found |= dict.fromkeys(due, packed)
        return _Judged(found, seen)

    def _unpacked(self, packed: bytes | None, window: Window, planes: int) -> U16:
        if packed is None or self._base is None:
            return np.zeros((planes, window.height, window.width), np.uint16)
        return self._base.read(window, planes)


_CHANGED = b"changed"
"""In place of a block's bytes while its state is ahead of them."""


@dataclass(frozen=True)
class _Tables:
    """What the loop reads."""

    ratios: npt.NDArray[np.int16]
    hazards: npt.NDArray[np.int16]
    clear_days: npt.NDArray[np.int64]
    rule: npt.NDArray[np.int64]
    start: int

    def see(
        self,
        stack: Stack,
        place: int,
        day: str,
        baseline: BaselineBlock,
        file: BaselineFile,
        state: U16,
    ) -> int:
        """Let a block see one date; how many pixels did."""
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
                state,
            )
        )


def _keep(path: Path, target: Path) -> Path:
    """A state that stays as it is, under the name that a new one would have."""
    if target.resolve() != path.resolve():
        target.unlink(missing_ok=True)
        target.symlink_to(path.absolute())
    return target


def _as_it_is(window: Window) -> Window:
    return window
