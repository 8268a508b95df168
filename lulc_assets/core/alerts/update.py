"""Judging a year's scenes against the baseline, from files to files.

What belongs here: what has to be judged, threads, states as files. What does not: one block
(``blocks``), the loop over pixels (``kernel``), the difference of sets of dates (``replay``),
alerts as polygons (``polygons``) and layers (``pixels``).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile, BlockWriter
from lulc_assets.core.alerts.blocks import BlockJudge, JudgingWork
from lulc_assets.core.alerts.judge import Judge, read_kept_state, state_name
from lulc_assets.core.alerts.replay import Seen, plan_replay
from lulc_assets.core.change.dates import observations_by_date
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.progress import Progress, silent


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
            about 60 MB per thread.
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
                JudgingWork(judge, plan, identity, baseline), out_dir, threads, progress
            )
            files |= made
    return JudgedYear(files, plan.seen, len(plan.dates), seen)


def _judge_blocks(
    work: JudgingWork, folder: Path, threads: int, progress: Progress
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
        blocks = BlockJudge(work, reader, base)
        judged = stack.enter_context(closing(read_ahead(windows, _as_it_is, blocks.judge, threads)))
        for done, (window, block) in enumerate(judged, start=1):
            for name, packed in block.packed.items():
                writers[name].write(window, packed)
            seen += block.seen
            progress(done, len(windows), "blocks judged")
    return {name: writer.path for name, writer in writers.items()}, seen


def _keep(path: Path, target: Path) -> Path:
    """A state that stays as it is, under the name that a new one would have."""
    if target.resolve() != path.resolve():
        target.unlink(missing_ok=True)
        target.symlink_to(path.absolute())
    return target


def _as_it_is(window: Window) -> Window:
    return window
