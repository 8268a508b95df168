"""What is timed: ``compose_year`` over a folder of scenes, and its unavoidable parts.

Each runs in a fresh process, which imports this module by name.
"""

import tempfile
from pathlib import Path

from benchmarks.limits.consensus import decode_layers, encode_map, encode_sums, paths_of
from benchmarks.measuring import seconds
from benchmarks.simulated.predictions import make_grid, make_scenes, scenes_in
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import propose_legend


def _warm_up(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        warm, out = make_scenes(Path(scratch), 64, 2, 1), Path(scratch) / "warm"
        compose_year(warm, make_grid(64), CompositeSettings(), out)


def run_ours(folder: Path, size: int, threads: int, land: int = 9) -> float:
    """Seconds of ``compose_year`` over the scenes in a folder, of ``land`` classes and clouds."""
    _warm_up(folder)
    settings, scenes = CompositeSettings(threads=threads), scenes_in(folder)
    names = [f"class {number}" for number in range(1, land + 1)]
    legend = KARRA_10 if land == 9 else propose_legend("many", [*names, "clouds"])
    grid, out = make_grid(size), folder / "map"
    return seconds(lambda: compose_year(scenes, grid, settings, out, legend=legend))


def run_limit(folder: Path, size: int, threads: int) -> dict[str, float]:
    """Seconds of the unavoidable parts."""
    _warm_up(folder)
    grid = make_grid(size)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return {
            "decode": decode_layers(paths_of(scenes_in(folder)), grid, threads),
            "encode_map": encode_map(folder / "map", grid, threads, Path(scratch)),
            "encode_sums": encode_sums(
                folder / "map" / "sums_0101.zip", grid, threads, Path(scratch)
            ),
        }
