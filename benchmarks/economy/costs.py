"""What the parts of a year cost, in core-seconds per megapixel.

What belongs here: processor time of reading, of the forward pass, of the vote and of writing, as
the project runs them. Processor time, since other programs may share the machine.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scene_inference.model import chips_of
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.layers import SceneLayers
from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor
from lulc_assets.core.inference.windows import pad_to
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.steps.workbench import Workbench

MPX_PER_1000_KM2 = 10.0
_HOUR = 3600.0

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Costs:
    """Core-seconds per megapixel: of a scene, and of the vote of a year with its files."""

    read: float
    forward: float
    write: float
    vote: float

    def core_hours(self, scenes: float, predicted: float) -> float:
        """Core-hours per 1,000 km² and year.

        Args:
            scenes: that are read and written.
            predicted: of them, blocks that the network saw, in scenes.
        """
        scene = scenes * (self.read + self.write) + predicted * self.forward
        return MPX_PER_1000_KM2 * (scene + self.vote) / _HOUR


def core_seconds(work: Callable[[], Any]) -> float:
    """Processor time of a call, all threads together."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure_costs(
    work: Workbench,
    grid: PixelGrid,
    engine: Predictor,
    recipes: list[SceneRecipe],
    scenes: list[PredictedScene],
) -> Costs:
    """Measure on some scenes of a tile and year; the first scene only warms up."""
    mpx = grid.height * grid.width / 1e6
    with tempfile.TemporaryDirectory() as scratch:
        spent = [
            _scene_costs(grid, engine, recipe, Path(scratch) / str(number))
            for number, recipe in enumerate(recipes)
        ][1:]
        vote = [
            core_seconds(
                partial(
                    compose_year,
                    scenes,
                    grid,
                    work.project.composite,
                    Path(scratch) / f"map{number}",
                    legend=work.legend,
                )
            )
            for number in range(2)
        ]
    read, forward, write = (float(one) for one in np.mean(spent, axis=0) / mpx)
    return Costs(read, forward, write, vote[-1] / mpx)


def _scene_costs(
    grid: PixelGrid, engine: Predictor, recipe: SceneRecipe, folder: Path
) -> tuple[float, float, float]:
    """Core-seconds of reading, of the forward pass and of writing."""
    started = time.process_time()
    block = read_block(grid, recipe)
    read = time.process_time()
    codes, probability = forward(grid, engine, block, recipe.id)
    inferred = time.process_time()
    with SceneLayers(grid, engine.bundle.legend, folder) as layers:
        whole = Window(0, 0, *grid.shape)
        layers.put_mask(whole, block.valid)
        layers.put(whole, (codes, probability))
        layers.finish()
    return read - started, inferred - read, time.process_time() - inferred


def read_block(grid: PixelGrid, recipe: SceneRecipe) -> DnBlock:
    """All pixels of a scene, as the network's input is read."""
    with SceneReader(recipe, grid) as reader:
        return reader.read_dn_block(Window(0, 0, *grid.shape))


def forward(grid: PixelGrid, engine: Predictor, block: DnBlock, name: str) -> tuple[U8, U8]:
    """Codes and probabilities of a scene, (h, w) uint8; 0 where it is not valid."""
    stride = engine.bundle.footprint.stride
    shape = tuple(-(-size // stride) * stride for size in grid.shape)
    dn = pad_to(block.dn, (shape[0], shape[1]))
    found = engine.predict(dn, block.offset_dn, block.scale, name)
    codes, probability = (
        np.where(block.valid, one[: grid.height, : grid.width], 0).astype(np.uint8)
        for one in found[:2]
    )
    return codes, probability


def predict_again(
    grid: PixelGrid, engine: Predictor, recipes: list[SceneRecipe]
) -> dict[str, tuple[U8, U8]]:
    """Every scene by another engine: id → codes and probabilities."""
    return {
        recipe.id: forward(grid, engine, read_block(grid, recipe), recipe.id) for recipe in recipes
    }


def int8_of(work: Workbench, bundle: Bundle, threads: int) -> Predictor:
    """The model in 8-bit integers, quantised for this measurement. Needs the extra ``int8``."""
    from lulc_assets.core.inference.int8 import quantise

    quantised = replace(bundle, int8=quantise(bundle, chips_of(work, "train")))
    return OpenVinoPredictor(quantised, precision="int8", threads=threads)
