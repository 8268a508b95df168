"""What is timed: the whole way from a scene to its prediction, and each part alone.

Each runs in a fresh process, which imports this module by name.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.limits.reading import read_plain
from benchmarks.measuring import best_seconds
from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, write_cog
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.inference.choose import choose_engine, choose_precision
from lulc_assets.core.inference.settings import InferenceSettings, usable_cores
from lulc_assets.core.inference.windows import WindowSettings, pad_to, plan_windows
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import SceneRecipe


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
    from lulc_assets.core.inference.scene import predict_scene  # loads torch

    predictor = choose_engine(task.bundle, task.settings)
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    started = time.perf_counter()
    predictor.prepare(plan.shape, len(plan))
    predictor.predict(read_blocks(task, 1)[0], 0.0, 1e-4, "warm-up")
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


def forward(task: Task, bare: bool) -> float:
    """Seconds of the compiled graph alone, on blocks in memory, on all cores."""
    import openvino as ov

    from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor

    class Bare(OpenVinoPredictor):
        """Ends at the logits: no softmax, argmax or quantisation."""

        def _model(self, shape: tuple[int, int], outputs: Any) -> ov.Model:
            model = super()._model(shape, "softmax")
            logits = model.output("probabilities").get_node().input_value(0)
            while logits.get_node().get_type_name() != "Softmax":
                logits = logits.get_node().input_value(0)
            return ov.Model([logits.get_node().input_value(0)], model.get_parameters(), "bare")

    precision = choose_precision(task.settings, "cpu")
    engine = (Bare if bare else OpenVinoPredictor)(task.bundle, precision=precision)
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    workers = engine.prepare(plan.shape, len(plan))
    requests = [engine._requests.get() for _ in range(workers)]
    for request, dn in zip(requests, read_blocks(task, workers), strict=True):
        request.get_tensor("dn").data[0] = dn
        request.get_tensor("scale").data[...] = 1e-4
        request.infer()
    shares = [len(range(number, len(plan), workers)) for number in range(workers)]

    def work(pair: tuple[Any, int]) -> None:
        for _ in range(pair[1]):
            pair[0].infer()

    with ThreadPoolExecutor(workers) as pool:
        work_all = lambda: list(pool.map(work, zip(requests, shares, strict=True)))  # noqa: E731
        return best_seconds(work_all, task.repeats)


def read(task: Task) -> float:
    """Seconds to decode the seven files with nothing but rasterio."""
    return best_seconds(lambda: read_plain(task.recipe, task.grid, usable_cores()), task.repeats)


def write(task: Task, made: Path, out: Path) -> float:
    """Seconds to write the three COGs from memory."""
    from lulc_assets.core.inference.layers import layer_options

    options = layer_options(task.bundle.legend)
    layers = {name: read_raster(made / f"{name}.tif") for name in options}

    def write_one(name: str) -> None:
        write_cog(out / f"{name}.tif", layers[name], task.grid, **options[name])

    with ThreadPoolExecutor(len(options)) as pool:
        return best_seconds(lambda: list(pool.map(write_one, options)), task.repeats)


def read_blocks(task: Task, number: int) -> list[np.ndarray]:
    """The first blocks of the scene, as an engine takes them."""
    plan = plan_windows(task.grid, task.windows, task.bundle.footprint)
    with SceneReader(task.recipe, task.grid) as reader:
        windows = [window for _, window in zip(range(number), plan, strict=False)]
        return [pad_to(reader.read_dn_block(w.outer).dn, plan.shape) for w in windows]
