"""Near real time: seconds from a new item in the catalogue to the published map.

Run: ``python -m benchmarks.nrt [--json] [--size 2746] [--scenes 30]``.

A simulated tile has a map of so many scenes; the catalogue gets one more. ``map_tile_year`` runs as
a run worker starts it, in a fresh process, until the record of the map is committed. Its time is
split by stage: what a stage calls counts for the inner stage only. ``load libraries`` is importing
torch, OpenVINO, numba and matplotlib; ``Dagster`` is all the rest: starting Python, loading the
code location, the instance, events, and what lies between steps.

* ours: all stages but these two, which each process pays that starts, and which are shown apart;
* limit: the sum of what nobody can leave out, each alone on all cores: reading the scene's files
  with plain rasterio, the compiled graph on blocks in memory, decoding and encoding the kept sums,
  encoding the map.

``ratio_to_limit`` is ours divided by the limit. Where the parts alone took longer than the whole,
they were not measured as they run there, and no ratio follows: null. ``--world FOLDER`` keeps the
simulated project, which takes most of the time, for another call; updates are always measured on
copies.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import alone, options_of, print_figures
from benchmarks.nrt.parts import run_parts
from benchmarks.nrt.stages import DAGSTER, LOADING, START, run_once
from benchmarks.nrt.world import KEY, World, make_world, open_world
from lulc_assets.running.home import prepare_home

MOST_OF_LIMIT = 2.0


def measure(folder: Path, world: World, scenes: int, repeats: int) -> dict[str, Any]:
    """Stages of the best of some updates, and the parts alone."""
    runs: list[Any] = []
    parts: dict[str, float] = {}
    for number in range(repeats):
        place = folder / f"run{number}"
        shutil.copytree(world.project.parent, place)
        here = open_world(place)
        assert here is not None
        prepare_home(place / "dagster")
        runs.append(alone(run_once, here.project, place / "dagster", KEY.partition, time.time()))
        if number + 1 == repeats:
            parts = alone(run_parts, here, max(2, repeats))[0]
        shutil.rmtree(place)
    stages, peak_mb = min(runs, key=lambda run: _work(run[0]))
    limit = sum(parts.values())
    return {
        "size_px": world.grid.height,
        "scenes": scenes,
        "seconds": _work(stages),
        "dagster_s": stages[DAGSTER],
        "loading_s": stages[LOADING],
        "stages_s": stages,
        "limit_s": parts,
        "ratio_to_limit": _work(stages) / limit if limit <= _work(stages) else None,
        "ratio_to_peer": None,
        "mpx_per_s": world.grid.height * world.grid.width / 1e6 / _work(stages),
        "peak_mb": peak_mb,
        "reaches_target": limit <= _work(stages) <= MOST_OF_LIMIT * limit,
    }


def _work(stages: dict[str, float]) -> float:
    return sum(spent for stage, spent in stages.items() if stage not in START)


def describe(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"one scene after {found['scenes']}, {found['size_px']}² pixels"]
    lines += [f"  {stage:<36}{spent:8.2f} s" for stage, spent in found["stages_s"].items()]
    lines += [f"  alone: {part:<29}{spent:8.2f} s" for part, spent in found["limit_s"].items()]
    ratio = found["ratio_to_limit"]
    said = (
        "no ratio: the parts alone took longer than the whole"
        if ratio is None
        else f"{ratio:.2f} times the limit (at most {MOST_OF_LIMIT:g})"
    )
    lines.append(
        f"  {found['seconds']:.1f} s, {said}; "
        f"libraries {found['loading_s']:.1f} s, Dagster itself {found['dagster_s']:.1f} s"
    )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__, size_px=2746)
    parser.add_argument("--scenes", type=int, default=30, help="in the map already (default: 30)")
    parser.add_argument("--world", type=Path, help="folder that keeps the simulated project")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nrt-") as name:
        folder = asked.world or Path(name) / "world"
        world = open_world(folder) or make_world(folder, asked.size, asked.scenes)
        found = measure(Path(name), world, asked.scenes, asked.repeats)
    print_figures(found, describe, as_json=asked.json)


if __name__ == "__main__":
    main()
