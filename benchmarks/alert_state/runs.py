"""What is timed: alerts updated by a scene, and their state read and written.

Each runs in a fresh process, which imports this module by name. Its peak memory is the kernel's
count of that process.
"""

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.limits.consensus import decode_layers, paths_of
from benchmarks.measuring import seconds
from benchmarks.simulated.predictions import make_grid, make_scenes, scenes_in
from lulc_assets.core.alerts.baseline import BaselineSource, write_baseline
from lulc_assets.core.alerts.block_file import BlockFile, BlockWriter, pack_planes
from lulc_assets.core.alerts.judge import Judge
from lulc_assets.core.alerts.ladder import AlertSettings
from lulc_assets.core.alerts.update import judge_year
from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.symbols import BINS, LEVELS
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.legend import KARRA_10

YEAR = 2022
BASELINE, LATEST = "baseline.zip", "state_latest.zip"
QUARTERS = CompositeSettings(seasons="quarters")


def make_year(folder: Path, size: int, former: int, scenes: int, threads: int) -> None:
    """A baseline from the map of some scenes of the year before, and others judged against it.

    Needs the scenes of :func:`make_scenes`; the last one is left for the update.
    """
    every, grid = scenes_in(folder), make_grid(size)
    settings = CompositeSettings(seasons="quarters", threads=threads)
    found = compose_year(every[:former], grid, settings, folder / "map")
    source = BaselineSource(YEAR - 1, folder / "map" / "class.tif", found.sums)
    write_baseline(source, grid, settings, folder / BASELINE)
    judge_year(_judge(folder, size), every[former:-1], folder / "before", threads=threads)


def run_update(folder: Path, size: int, former: int, threads: int) -> float:
    """Seconds to update the states by the last scene."""
    _warm_up(folder)
    kept = {
        path.stem.removeprefix("state_"): path for path in (folder / "before").glob("state_*.zip")
    }
    scenes, judge = scenes_in(folder)[former:], _judge(folder, size)
    return seconds(lambda: judge_year(judge, scenes, folder / "update", kept=kept, threads=threads))


def run_limit(folder: Path, size: int, threads: int) -> Mapping[str, float]:
    """Seconds to read the state before and write that after, and to decode what is judged."""
    _warm_up(folder)
    grid = make_grid(size)
    windows = list(grid.blocks(BLOCK_PX))
    with BlockFile(folder / "before" / LATEST, grid) as state:
        read = seconds(lambda: _all(windows, lambda w: state.read(w, _planes()), threads))
    with BlockFile(folder / "update" / LATEST, grid) as state:
        decode = seconds(lambda: _all(windows, lambda w: state.read(w, _planes()), threads))
        both = seconds(lambda: _copy(state, windows, folder / "copy.zip", threads))
    with BlockFile(folder / BASELINE, grid) as baseline:
        planes = 2 + len(QUARTERS.parts())
        known = seconds(lambda: _all(windows, lambda w: baseline.read(w, planes), threads))
    scene = decode_layers(paths_of(scenes_in(folder)[-1:]), grid, threads)
    return {
        "read_state": read,
        "write_state": both - decode,
        "read_baseline": known,
        "decode_scene": scene,
    }


def _planes() -> int:
    from lulc_assets.core.alerts.kernel import PLANES  # numba

    return PLANES


def _all(windows: list[Window], read: Callable[[Window], object], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(read, windows):
            pass


def _copy(state: BlockFile, windows: list[Window], path: Path, threads: int) -> None:
    """Decode a state, encode it and write it."""

    def packed(window: Window, _: Window) -> tuple[Window, bytes | None]:
        return window, pack_planes(state.read(window, _planes()))

    grid = PixelGrid(**state.header["grid"])
    with BlockWriter(path, grid, {}) as writer:
        for _, (window, block) in read_ahead(windows, lambda w: w, packed, threads):
            writer.write(window, block)


def _judge(folder: Path, size: int) -> Judge:
    return Judge(YEAR, make_grid(size), folder / BASELINE, _evidence(), AlertSettings())


def _evidence() -> Evidence:
    """Of a network that is right on seven dates of ten; made up, since only time is measured."""
    counts, land = LetterCounts.empty(len(KARRA_10.land)), len(KARRA_10.land)
    for code in range(land):
        for seen in range(land):
            letters = LEVELS * BINS * seen + np.arange(LEVELS * BINS)
            counts.pairs[code][:, :, letters] = 700 if seen == code else 300 // (land - 1)
    counts.familiar[:] = 1
    counts.views[:] = counts.pairs.sum((2, 3))
    return Evidence(counts)


def _warm_up(folder: Path) -> None:
    """Load the compiled loops."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        make_scenes(scratch, 64, 4, 1)
        make_year(scratch, 64, 1, 2, 1)
        every: list[PredictedScene] = scenes_in(scratch)[1:]
        judge_year(_judge(scratch, 64), every, scratch / "again")
