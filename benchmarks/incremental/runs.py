"""What is timed: a year composed anew, one scene added to it, and the unavoidable parts.

Each runs in a fresh process, which imports this module by name.
"""

import tempfile
from pathlib import Path

from benchmarks.limits.consensus import (
    decode_layers,
    decode_sums,
    encode_map,
    encode_sums,
    paths_of,
)
from benchmarks.measuring import seconds
from benchmarks.simulated.predictions import make_grid, make_scenes, scenes_in
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.update import KeptYear

SUMS = "sums_0101.zip"


def _warm_up(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        warm = make_scenes(Path(scratch), 64, 3, 1)
        settings, grid = CompositeSettings(), make_grid(64)
        first = compose_year(warm[:2], grid, settings, Path(scratch) / "a")
        kept = KeptYear(first.sums, warm[:2])
        compose_year(warm, grid, settings, Path(scratch) / "b", kept=kept)


def run_anew(folder: Path, size: int, scenes: int, threads: int, out: str) -> float:
    """Seconds to compose the first scenes of a folder."""
    _warm_up(folder)
    chosen, settings = scenes_in(folder)[:scenes], CompositeSettings(threads=threads)
    return seconds(lambda: compose_year(chosen, make_grid(size), settings, folder / out))


def run_update(folder: Path, size: int, scenes: int, threads: int) -> float:
    """Seconds to add one scene to the map of all others."""
    _warm_up(folder)
    every, settings = scenes_in(folder), CompositeSettings(threads=threads)
    kept = KeptYear({"0101": folder / "before" / SUMS}, every[:scenes])
    return seconds(
        lambda: compose_year(every, make_grid(size), settings, folder / "update", kept=kept)
    )


def run_limit(folder: Path, size: int, threads: int) -> dict[str, float]:
    """Seconds of the unavoidable parts."""
    _warm_up(folder)
    grid = make_grid(size)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return {
            "decode_scene": decode_layers(paths_of(scenes_in(folder)[-1:]), grid, threads),
            "decode_sums": decode_sums(folder / "before" / SUMS, grid, threads),
            "encode_sums": encode_sums(folder / "anew" / SUMS, grid, threads, Path(scratch)),
            "encode_map": encode_map(folder / "anew", grid, threads, Path(scratch)),
        }
