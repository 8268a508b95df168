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
  (``scene_inference_peer``), in float32 (the ratio) and under bfloat16 autocast.

``--project FILE`` takes the promoted model of a project (``make demo`` makes one) instead of
untrained weights, and adds what the precision costs on its scenes and gold windows.
``--growth`` adds scenes of half and of twice the side. Core-hours of a global year follow
from the measured speed: 20,000 tiles of 120.6 Mpx, 20 scenes each.

``--picture FILE`` measures no time and draws the map by blocks minus the map of the whole scene
(``scene_inference_picture``).
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading import make_scene, read_plain
from benchmarks.scene_inference_peer import run_peer
from benchmarks.scene_inference_table import global_year, table
from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.settings import InferenceSettings, usable_cores
from lulc_assets.core.inference.windows import WindowSettings, pad_to, plan_windows
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import SceneRecipe

_TWICE, _HALF = 2, 0.5


@dataclass(frozen=True)
class Task:
    """What every part needs; plain data, so that a fresh process can have it."""

    bundle: Bundle
    item: str
    grid: PixelGrid
    settings: InferenceSettings
    windows: WindowSettings
    repeats: int

    @property
    def recipe(self) -> SceneRecipe:
        """How to read the scene."""
        return recipe_from_item(json.loads(Path(self.item).read_text()), self.item,
                                HrefPolicy(self.item))  # fmt: skip


def ours(task: Task, out: Path) -> dict[str, Any]:
    """The whole way, as a step runs it."""
    from lulc_assets.core.inference.scene import predict_scene  # noqa: PLC0415 - loads torch

    predictor = choose_engine(task.bundle, task.settings)
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    started = time.perf_counter()
    predictor.prepare(plan.shape, len(plan))
    predictor.predict(_blocks(task, 1)[0], 0.0, 1e-4, "warm-up")
    ready = time.perf_counter() - started
    found = []
    for _ in range(task.repeats):
        started = time.perf_counter()
        made = predict_scene(task.recipe, task.grid, predictor, out, task.windows)
        found.append((time.perf_counter() - started, made))
    seconds, made = min(found, key=lambda pair: pair[0])
    if made.counts["blocks_skipped"]:
        raise SystemExit("blocks were skipped as cloud: the figures would flatter; other seed")
    return {"seconds": seconds, "ready_s": ready, "parts_s": dict(made.seconds),
            "window_px": plan.shape, "halo_px": plan.halo_px, "blocks": len(plan),
            "useful_share": plan.useful_share, **predictor.identity()}  # fmt: skip


def forward(task: Task, bare: bool) -> dict[str, Any]:
    """The compiled graph alone, on blocks in memory, on all cores."""
    import openvino as ov  # noqa: PLC0415

    from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor  # noqa: PLC0415

    class Bare(OpenVinoPredictor):
        """Ends at the logits: no softmax, argmax or quantisation."""

        def _model(self, shape: tuple[int, int], outputs: Any) -> ov.Model:
            model = super()._model(shape, "softmax")
            logits = model.output("softmax").get_node().input_value(0)
            while logits.get_node().get_type_name() != "Softmax":
                logits = logits.get_node().input_value(0)
            return ov.Model([logits.get_node().input_value(0)], model.get_parameters(), "bare")

    precision = choose_engine(task.bundle, task.settings).identity()["precision"]
    engine = (Bare if bare else OpenVinoPredictor)(task.bundle, precision=precision)
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    workers = engine.prepare(plan.shape, len(plan))
    requests = [engine._requests.get() for _ in range(workers)]
    for request, dn in zip(requests, _blocks(task, workers), strict=True):
        request.get_tensor("dn").data[0] = dn
        request.get_tensor("scale").data[...] = 1e-4
        request.infer()
    shares = [len(range(number, len(plan), workers)) for number in range(workers)]

    def work(pair: tuple[Any, int]) -> None:
        for _ in range(pair[1]):
            pair[0].infer()

    with ThreadPoolExecutor(workers) as pool:
        work_all = lambda: list(pool.map(work, zip(requests, shares, strict=True)))  # noqa: E731
        return {"seconds": _best(work_all, task.repeats)}


def read(task: Task) -> dict[str, Any]:
    """Decode the seven files with nothing but rasterio."""
    return {"seconds": _best(
        lambda: read_plain(task.recipe, task.grid, usable_cores()), task.repeats)}  # fmt: skip


def write(task: Task, made: Path, out: Path) -> dict[str, Any]:
    """Write the three COGs from memory."""
    from lulc_assets.core.inference.scene import LAYERS, write_layers  # noqa: PLC0415

    layers = {name: read_raster(made / f"{name}.tif") for name in LAYERS}
    legend = task.bundle.legend
    return {"seconds": _best(lambda: write_layers(layers, task.grid, legend, out), task.repeats)}


def peer(task: Task, out: Path, bf16: bool) -> dict[str, Any]:
    """The loop over chips; once, for it is slow."""
    return {"seconds": run_peer(
        task.recipe, task.grid, task.bundle, out, bf16=bf16, cores=usable_cores())}  # fmt: skip


def _blocks(task: Task, number: int) -> list[np.ndarray]:
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    with SceneReader(task.recipe, task.grid) as reader:
        windows = [window for _, window in zip(range(number), plan, strict=False)]
        return [pad_to(reader.read_dn_block(w.outer).dn, plan.shape) for w in windows]


def _best(run: Callable[[], Any], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def alone(part: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Run a part in a fresh process; adds its peak memory."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_with_peak, part, arguments).result()


def _with_peak(part: Callable[..., dict[str, Any]], arguments: tuple[Any, ...]) -> dict[str, Any]:
    found = part(*arguments)
    return {**found, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}


def measure(task: Task, folder: Path, *, peers: bool) -> dict[str, Any]:
    """All parts and their ratios."""
    run = alone(ours, task, folder / "ours")
    limit = {
        "forward": alone(forward, task, False)["seconds"],
        "forward_bare_network": alone(forward, task, True)["seconds"],
        "read": alone(read, task)["seconds"],
        "write": alone(write, task, folder / "ours", folder / "limit")["seconds"],
    }
    total = min(limit["forward"], limit["forward_bare_network"]) + limit["read"] + limit["write"]
    mpx = task.grid.height * task.grid.width / 1e6
    result = {
        "ratio_to_limit": total / run["seconds"],
        "ratio_to_peer": None,
        "mpx_per_s": mpx / run["seconds"],
        "peak_mb": run["peak_mb"],
        "ours": run,
        "limit_s": limit,
    }
    if peers:
        times = {n: alone(peer, task, folder, n == "bf16")["seconds"] for n in ("fp32", "bf16")}
        result["peer_s"] = times
        result["peer_mpx_per_s"] = {name: mpx / seconds for name, seconds in times.items()}
        result["ratio_to_peer"] = times["fp32"] / run["seconds"]
        result["ratio_to_peer_bf16"] = times["bf16"] / run["seconds"]
    return result


def picture(bundle: Bundle, size: int, file: Path) -> None:
    """Draw and print where blocks differ from the whole scene."""
    from benchmarks.scene_inference_picture import compare_blocks, draw  # noqa: PLC0415 - torch

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _, grid = make_scene(folder, size, out_of=8, clearest=True)
        item = str(folder / "scene" / "item.json")
        task = Task(bundle, item, grid, InferenceSettings(), WindowSettings(), 1)
        found = compare_blocks(task.recipe, grid, bundle, folder)
    draw(found, file)
    print(*found, sep="\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", type=int, default=5490, help="pixels a side, even")
    parser.add_argument("--encoder", default="resnet18", help="of an untrained U-Net")
    parser.add_argument("--project", type=Path, help="project file: its model, and its price")
    parser.add_argument("--precision", default="auto", choices=("auto", "bf16", "fp32"))
    parser.add_argument("--memory-mb", type=int, default=WindowSettings().memory_mb)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--growth", action="store_true", help="half and twice the side, too")
    parser.add_argument("--no-peer", action="store_true", help="leave the loop over chips out")
    parser.add_argument("--picture", type=Path, help="write where blocks differ from the whole")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    asked = parser.parse_args()
    from benchmarks.scene_inference_model import (  # noqa: PLC0415 - loads torch
        price_of_precision,
        project_bundle,
        untrained_bundle,
    )

    bundle = project_bundle(asked.project) if asked.project else untrained_bundle(asked.encoder)
    settings = InferenceSettings(precision=asked.precision)
    if asked.picture:
        return picture(bundle, asked.size, asked.picture)
    sizes = [asked.size]
    if asked.growth:
        sizes += [int(asked.size * _HALF) // 2 * 2, asked.size * _TWICE]
    results = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            _, grid = make_scene(folder, size, out_of=8, clearest=True)
            task = Task(bundle, str(folder / "scene" / "item.json"), grid, settings,
                        WindowSettings(memory_mb=asked.memory_mb), asked.repeats)  # fmt: skip
            peers = size == asked.size and not asked.no_peer
            results[size] = measure(task, folder, peers=peers)
    result = results[asked.size]
    result |= {"size_px": asked.size, "cores": usable_cores(), "trained": bool(asked.project),
               "network": bundle.record["network"]["encoder"],
               "global_year": global_year(result["mpx_per_s"], usable_cores())}  # fmt: skip
    if asked.growth:
        result["growth"] = {
            size: {key: found[key] for key in ("mpx_per_s", "peak_mb", "ratio_to_limit")}
            for size, found in sorted(results.items())
        }
    if asked.project:
        result["precision_cost"] = price_of_precision(asked.project, bundle, settings)
    print(json.dumps(result) if asked.json else table(result))


if __name__ == "__main__":
    main()
