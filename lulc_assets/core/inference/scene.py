"""One scene: read, infer, write its three layers.

What belongs here: the loop over the blocks of a scene. What does not: engines, windows,
the choice of scenes, publishing.
"""

import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import DnBlock, SceneReader
from lulc_assets.core.inference.engine import Layers, Outputs, Predictor
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.inference.windows import (
    HaloWindow,
    WindowPlan,
    WindowSettings,
    pad_to,
    plan_windows,
)
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SceneRecipe

LAYERS = ("class", "probability", "mask")


@dataclass(frozen=True)
class ScenePrediction:
    """What a network sees in one scene.

    Attributes:
        scene_id: of the recipe.
        files: layer → COG on the grid, uint8. ``class``: codes, 0 where the scene is
            invalid or its block was skipped; ``probability``: of the winner × 255, 0
            there too; ``mask``: 1 where SCL lets the pixel vote, else 0.
        counts: ``pixels``, ``valid_px``, ``voting_px``, ``blocks``, ``blocks_skipped``
            (no pixel of theirs may vote) and ``class_<name>_px`` for each class. A scene
            without a valid pixel has ``valid_px`` 0 and layers of zeros.
        seconds: wall time of reading and inferring, and of writing.
    """

    scene_id: str
    files: Mapping[str, Path]
    counts: Mapping[str, int]
    seconds: Mapping[str, float]


def predict_scene(
    recipe: SceneRecipe,
    grid: PixelGrid,
    predictor: Predictor,
    out_dir: Path,
    settings: WindowSettings | None = None,
    *,
    progress: Progress = silent,
) -> ScenePrediction:
    """Predict a scene on a grid and write ``class.tif``, ``probability.tif``, ``mask.tif``.

    Args:
        recipe: how to read the scene.
        grid: the area of interest, cut from the tile's own 10 m grid.
        predictor: engine with its bundle.
        out_dir: created if need be; scratch, nothing is published here.
        settings: sizes of blocks.
        progress: told after every block.

    Raises:
        IncompatibleScene: the bundle does not take this scene.
        SceneError: the scene cannot be read.
        NotFinite: the network gave NaN or infinity; the message names the window.
    """
    predictor.bundle.require(recipe)
    settings = settings or WindowSettings()
    plan = plan_windows(grid, settings, predictor.bundle.footprint)
    started = time.perf_counter()
    layers = {name: np.zeros(grid.shape, dtype=np.uint8) for name in LAYERS}
    counts = {"pixels": grid.height * grid.width, "valid_px": 0, "blocks": 0, "blocks_skipped": 0}
    with closing(predict_windows(recipe, grid, predictor, plan, settings)) as windows:
        for window, found in windows:
            place = window.core.slices
            layers["mask"][place] = found.voting
            counts["valid_px"] += found.valid_px
            counts["blocks"] += 1
            if found.layers is None:
                counts["blocks_skipped"] += 1
            else:
                layers["class"][place], layers["probability"][place] = found.layers
            progress(counts["blocks"], len(plan), f"predicting scene {recipe.id}")
    inferred = time.perf_counter()
    files = write_layers(layers, grid, predictor.bundle.legend, out_dir)
    counts.update(_count(layers, predictor.bundle.legend))
    seconds = {"read_and_infer": inferred - started, "write": time.perf_counter() - inferred}
    return ScenePrediction(recipe.id, files, counts, seconds)


@dataclass(frozen=True)
class BlockResult:
    """What came out of one window, on its core.

    Attributes:
        layers: class and probability, both uint8 (h, w), 0 where not valid; None where no
            pixel may vote and nothing was computed.
        voting: bool (h, w).
        valid_px: pixels that are valid.
    """

    layers: Layers | None
    voting: npt.NDArray[np.bool_]
    valid_px: int


def predict_windows(
    recipe: SceneRecipe,
    grid: PixelGrid,
    predictor: Predictor,
    plan: WindowPlan,
    settings: WindowSettings,
) -> Generator[tuple[HaloWindow, BlockResult], None, None]:
    """Read and predict all windows of a plan, side by side, in order; raises as above."""
    outputs: Outputs = "softmax" if settings.flips else "layers"
    workers = predictor.prepare(plan.shape, len(plan), outputs)
    infer = predict_flipped if settings.flips else predict_plain

    def compute(window: HaloWindow, block: DnBlock) -> BlockResult:
        inner = window.core_in_outer
        valid = block.valid[inner]
        voting = votes(block.scl[inner]) & valid
        count = int(np.count_nonzero(valid))
        if not voting.any():
            return BlockResult(None, voting, count)
        padded = replace(block, dn=pad_to(block.dn, plan.shape))
        codes, winner = (layer[inner] for layer in infer(predictor, padded, _name(recipe, window)))
        if count < valid.size:
            codes, winner = codes * valid, winner * valid
        return BlockResult((codes, winner), voting, count)

    with SceneReader(recipe, grid) as reader:
        yield from read_ahead(
            plan, lambda window: reader.read_dn_block(window.outer), compute, workers
        )


def predict_plain(predictor: Predictor, block: DnBlock, where: str) -> Layers:
    """Class and probability of a padded block."""
    return predictor.predict(block.dn, block.offset_dn, block.scale, where)


def predict_flipped(predictor: Predictor, block: DnBlock, where: str) -> Layers:
    """The same from the mean probabilities of the block and its three mirror images."""
    total: npt.NDArray[np.float32] | None = None
    for axes in ((), (1,), (2,), (1, 2)):
        image = np.ascontiguousarray(np.flip(block.dn, axes))
        found = predictor.probabilities(image, block.offset_dn, block.scale, where)
        back = np.flip(found, axes)
        total = back.copy() if total is None else total + back
    assert total is not None
    return layers_of(total / np.float32(4))


def layers_of(probabilities: npt.NDArray[np.float32]) -> Layers:
    """Class and the winner's probability × 255, rounded half up, of (classes, h, w)."""
    codes = (probabilities.argmax(0) + 1).astype(np.uint8)
    winner = np.floor(np.float32(255) * probabilities.max(0) + np.float32(0.5))
    return codes, np.minimum(winner, np.float32(255)).astype(np.uint8)


def write_layers(
    layers: Mapping[str, npt.NDArray[np.uint8]], grid: PixelGrid, legend: Legend, out_dir: Path
) -> dict[str, Path]:
    """Write the three layers as COGs, side by side; returns layer → file."""
    out_dir.mkdir(parents=True, exist_ok=True)
    options: dict[str, dict[str, Any]] = {
        "class": {
            "kind": "class",
            "nodata": 0,
            "colormap": legend.colormap(),
            "description": "land cover of one scene",
        },
        "probability": {
            "kind": "continuous",
            "nodata": 0,
            "description": "probability of the class x 255",
        },
        "mask": {
            "kind": "class",
            "description": "1 where the scene classification lets the pixel vote",
        },
    }

    def write(name: str) -> Path:
        return write_cog(out_dir / f"{name}.tif", layers[name], grid, **options[name])

    with ThreadPoolExecutor(len(options), "write") as pool:
        return dict(zip(options, pool.map(write, options), strict=True))


def _name(recipe: SceneRecipe, window: HaloWindow) -> str:
    core = window.core
    return (
        f"scene {recipe.id}, window row {core.row} col {core.col} ({core.height} × {core.width} px)"
    )


def _count(layers: Mapping[str, npt.NDArray[np.uint8]], legend: Legend) -> dict[str, int]:
    pixels = np.bincount(layers["class"].ravel(), minlength=len(legend.classes) + 1)
    classes = {f"class_{c.name}_px": int(pixels[c.code]) for c in legend.classes}
    return {"voting_px": int(layers["mask"].sum()), **classes}
