"""What an update cannot leave out, each part alone, on the files of the update itself.

What belongs here: which files. What does not: how a part is timed (``limits``,
``scene_inference``).
"""

import tempfile
from pathlib import Path

from benchmarks.limits.consensus import decode_sums, encode_map, encode_sums
from benchmarks.nrt.world import KEY, World
from benchmarks.scene_inference.model import project_bundle
from benchmarks.scene_inference.parts import Task, forward, read
from lulc_assets.core.inference.settings import InferenceSettings, usable_cores
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.project import load_project
from lulc_assets.steps.maps import kept_parts
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench


def run_parts(world: World, repeats: int) -> dict[str, float]:
    """Seconds of reading the scene, the graph, and decoding and encoding state and map.

    Args:
        world: after the update.
        repeats: the best counts, after a first one that warms up.
    """
    task = Task(project_bundle(world.project), str(world.item), world.grid, InferenceSettings(),
                WindowSettings(), repeats)  # fmt: skip
    found = {"read": read(task), "forward": forward(task, bare=False)}
    work = Workbench.of(load_project(world.project))
    record, threads = work.read(ANNUAL_MAP, KEY), usable_cores()
    with tempfile.TemporaryDirectory(prefix="nrt-") as name:
        scratch = Path(name)
        layers = work.check_out(record, scratch / "map")
        states = [layers / file for file in kept_parts(record).values()]
        found["decode state"] = sum(
            min(decode_sums(s, world.grid, threads) for _ in range(repeats)) for s in states
        )
        found["encode state"] = sum(
            min(encode_sums(s, world.grid, threads, scratch) for _ in range(repeats))
            for s in states
        )
        found["encode map"] = min(
            encode_map(layers, world.grid, threads, scratch) for _ in range(repeats)
        )
    return found
