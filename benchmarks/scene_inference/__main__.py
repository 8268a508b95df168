"""How fast a scene becomes a land-cover prediction, from files to files, and at what price.

Run: ``python -m benchmarks.scene_inference [--size 5490] [--encoder resnet18] [--json]``.

The scene is simulated (the clearest of a year over 1098 pixels a side, repeated to the size
asked for). Each part runs in a process of its own; compiling and one warm-up block come before
the clock, as they come once for all scenes of a tile. The best of the repeats counts.

* ours: ``predict_scene``: read, infer, write, with the engine that suits the machine;
* limit: the sum of what nobody can leave out, each alone on all cores: OpenVINO on blocks
  that lie in memory (the faster of our graph and of the bare network), plain rasterio
  decoding the seven files, plain writing of the three COGs;
* peer: chips as torchgeo lays them, and a ``DataLoader``, with the same weights in torch
  (``peer``), in float32 (the ratio) and under bfloat16 autocast.

``--project FILE`` takes the promoted model of a project (``make demo`` makes one) instead of
untrained weights, and adds what the precision costs on its scenes and gold windows.
``--growth`` adds scenes of half and of twice the side. Core-hours of a global year follow
from the measured speed: 20,000 tiles of 120.6 Mpx, 20 scenes each.

``--device cuda`` measures the same on a GPU (``gpu``): there the limit is the
captured graph replayed on data that lie on the device.

Two questions are answered instead of the speed of scenes: ``--picture FILE`` draws the map by
blocks minus the map of the whole scene (``picture``), ``--project FILE --int8``
tells what INT8 brings and costs (``int8``).
"""

import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any, get_args

from benchmarks.measuring import alone, options_of, print_figures
from benchmarks.scene_inference.gpu import measure_replays, require_cuda
from benchmarks.scene_inference.parts import Task, forward, ours, read, read_blocks, write
from benchmarks.scene_inference.peer import run_peer
from benchmarks.scene_inference.table import global_year, table
from benchmarks.simulated.scene import make_scene
from lulc_assets.core.inference.settings import (
    EngineName,
    InferenceSettings,
    WantedPrecision,
    usable_cores,
)
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.hardware import Device

_TWICE, _HALF = 2, 0.5


def measure(task: Task, folder: Path, *, peers: bool) -> dict[str, Any]:
    """All parts and their ratios."""
    run, peak_mb = alone(ours, task, folder / "ours")
    limit = {
        "forward": alone(forward, task, False)[0],
        "forward_bare_network": alone(forward, task, True)[0],
        "read": alone(read, task)[0],
        "write": alone(write, task, folder / "ours", folder / "limit")[0],
    }
    total = min(limit["forward"], limit["forward_bare_network"]) + limit["read"] + limit["write"]
    mpx = task.grid.height * task.grid.width / 1e6
    result = {
        "ratio_to_limit": total / run["seconds"],
        "ratio_to_peer": None,
        "mpx_per_s": mpx / run["seconds"],
        "peak_mb": peak_mb,
        "ours": run,
        "limit_s": limit,
    }
    return result | (compare_peers(task, folder, run["seconds"], "cpu") if peers else {})


def measure_gpu(task: Task, folder: Path, *, peers: bool) -> dict[str, Any]:
    """The whole way on a GPU against the captured graph alone, on data that lie on it."""
    run, peak_mb = alone(ours, task, folder / "ours")
    (block,) = read_blocks(task, 1)
    replays = alone(measure_replays, task.bundle, block, run["blocks"], run["precision"])[0]
    result = {
        "ratio_to_limit": replays / run["seconds"],
        "ratio_to_peer": None,
        "mpx_per_s": task.grid.height * task.grid.width / 1e6 / run["seconds"],
        "peak_mb": peak_mb,
        "ours": run,
        "limit_s": {"captured graph on the device": replays},
    }
    return result | (compare_peers(task, folder, run["seconds"], "cuda") if peers else {})


def compare_peers(task: Task, folder: Path, seconds: float, device: Device) -> dict[str, Any]:
    """The loop over chips on the same device, in float32 and bfloat16."""
    times = {
        name: alone(run_peer, task.recipe, task.grid, task.bundle, folder, name == "bf16", device)[
            0
        ]
        for name in ("fp32", "bf16")
    }
    mpx = task.grid.height * task.grid.width / 1e6
    return {
        "peer_s": times,
        "peer_mpx_per_s": {name: mpx / spent for name, spent in times.items()},
        "ratio_to_peer": times["fp32"] / seconds,
        "ratio_to_peer_bf16": times["bf16"] / seconds,
    }


def picture(task: Task, folder: Path, file: Path) -> None:
    """Draw and print where blocks differ from the whole scene."""
    from benchmarks.scene_inference.picture import compare_blocks, draw  # torch

    found = compare_blocks(task.recipe, task.grid, task.bundle, folder)
    draw(found, file)
    print(*found, sep="\n")


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__, size_px=5490)
    parser.add_argument("--encoder", default="resnet18", help="of an untrained U-Net")
    parser.add_argument("--project", type=Path, help="project file: its model, and its price")
    parser.add_argument("--precision", default="auto", choices=get_args(WantedPrecision))
    parser.add_argument("--device", default="cpu", choices=get_args(Device))
    parser.add_argument("--memory-mb", type=int, default=WindowSettings().memory_mb)
    parser.add_argument("--growth", action="store_true", help="half and twice the side, too")
    parser.add_argument("--no-peer", action="store_true", help="leave the loop over chips out")
    parser.add_argument("--picture", type=Path, help="write where blocks differ from the whole")
    parser.add_argument("--int8", action="store_true", help="what INT8 brings to --project")
    asked = parser.parse_args()
    if asked.int8 and not asked.project:
        parser.error("--int8 is judged by labels: give a --project with a promoted model")
    if asked.device == "cuda":
        require_cuda()
    run(asked)


def run(asked: Namespace) -> None:
    """What the options ask for."""
    from benchmarks.scene_inference.model import project_bundle, untrained_bundle

    bundle = project_bundle(asked.project) if asked.project else untrained_bundle(asked.encoder)
    if asked.int8:
        from benchmarks.scene_inference.int8 import describe_int8, measure_int8

        found = measure_int8(asked.project, bundle, InferenceSettings())
        return print_figures(found, describe_int8, as_json=asked.json)
    if asked.picture:
        with tempfile.TemporaryDirectory() as scratch:
            return picture(simulate(asked, bundle, asked.size, Path(scratch)), Path(scratch),
                           asked.picture)  # fmt: skip
    return print_figures(measure_sizes(asked, bundle), table, as_json=asked.json)


def measure_sizes(asked: Namespace, bundle: Bundle) -> dict[str, Any]:
    """The size asked for, with its growth and the price of precision where they are wanted."""
    sizes = [asked.size]
    if asked.growth:
        sizes += [int(asked.size * _HALF) // 2 * 2, asked.size * _TWICE]
    results = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            task = simulate(asked, bundle, size, Path(scratch))
            peers = size == asked.size and not asked.no_peer
            measured = measure_gpu if asked.device == "cuda" else measure
            results[size] = measured(task, Path(scratch), peers=peers)
    result = results[asked.size]
    cores = usable_cores()
    result |= {"size_px": asked.size, "cores": cores, "trained": bool(asked.project),
               "network": bundle.record.network.encoder,
               "global_year": global_year(result["mpx_per_s"], cores, asked.device)}  # fmt: skip
    if asked.growth:
        result["growth"] = {
            size: {key: found[key] for key in ("mpx_per_s", "peak_mb", "ratio_to_limit")}
            for size, found in sorted(results.items())
        }
    if asked.project:
        from benchmarks.scene_inference.model import price_of_precision

        result["precision_cost"] = price_of_precision(asked.project, bundle, task.settings)
    return result


def simulate(asked: Namespace, bundle: Bundle, size: int, folder: Path) -> Task:
    """A clear scene of a size, and how it is to be run."""
    _, grid = make_scene(folder, size, out_of=8, clearest=True)
    engine: EngineName = "torch" if asked.device == "cuda" else "openvino"
    settings = InferenceSettings(engine, asked.precision)
    windows = WindowSettings(memory_mb=asked.memory_mb)
    item = str(folder / "scene" / "item.json")
    return Task(bundle, item, grid, settings, windows, asked.repeats)


if __name__ == "__main__":
    main()
