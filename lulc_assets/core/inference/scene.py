"""One scene: read, infer, write its three layers.

What belongs here: the loop over the blocks of a scene. What does not: engines, windows,
the choice of scenes, publishing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import SceneBlock, SceneReader
from lulc_assets.core.inference.engine import Layers, Predictor
from lulc_assets.core.inference.windows import (
    HaloWindow,
    WindowSettings,
    halo_windows,
    pad_to_stride,
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
    started = time.perf_counter()
    layers = {name: np.zeros(grid.shape, dtype=np.uint8) for name in LAYERS}
    counts = {"pixels": grid.height * grid.width, "valid_px": 0, "blocks": 0, "blocks_skipped": 0}
    windows = list(halo_windows(grid, settings))
    with SceneReader(recipe, grid) as reader:
        for window in windows:
            block = reader.read(window.outer)
            inner, place = window.core_in_outer, window.core.slices
            voting = (votes(block.scl) & block.valid)[inner]
            layers["mask"][place] = voting
            counts["valid_px"] += int(block.valid[inner].sum())
            counts["blocks"] += 1
            if voting.any():
                found = predict_block(block, predictor, _name(recipe, window))
                layers["class"][place] = found[0][inner]
                layers["probability"][place] = found[1][inner]
            else:
                counts["blocks_skipped"] += 1
            progress(counts["blocks"], len(windows), f"predicting scene {recipe.id}")
    inferred = time.perf_counter()
    files = write_layers(layers, grid, predictor.bundle.legend, out_dir)
    counts.update(_count(layers, predictor.bundle.legend))
    seconds = {"read_and_infer": inferred - started, "write": time.perf_counter() - inferred}
    return ScenePrediction(recipe.id, files, counts, seconds)


def predict_block(block: SceneBlock, predictor: Predictor, where: str) -> Layers:
    """Class and probability of a block, both (h, w) uint8, 0 where invalid."""
    height, width = block.valid.shape
    reflectance, valid = pad_to_stride(block.reflectance, block.valid, predictor.stride)
    codes, winner = predictor.predict(reflectance, valid, where)
    return codes[:height, :width], winner[:height, :width]


def write_layers(
    layers: Mapping[str, npt.NDArray[np.uint8]], grid: PixelGrid, legend: Legend, out_dir: Path
) -> dict[str, Path]:
    """Write the three layers as COGs; returns layer → file."""
    out_dir.mkdir(parents=True, exist_ok=True)
    return {
        "class": write_cog(
            out_dir / "class.tif",
            layers["class"],
            grid,
            kind="class",
            nodata=0,
            colormap=legend.colormap(),
            description="land cover of one scene",
        ),
        "probability": write_cog(
            out_dir / "probability.tif",
            layers["probability"],
            grid,
            kind="continuous",
            nodata=0,
            description="probability of the class x 255",
        ),
        "mask": write_cog(
            out_dir / "mask.tif",
            layers["mask"],
            grid,
            kind="class",
            description="1 where the scene classification lets the pixel vote",
        ),
    }


def _name(recipe: SceneRecipe, window: HaloWindow) -> str:
    core = window.core
    return (
        f"scene {recipe.id}, window row {core.row} col {core.col} ({core.height} × {core.width} px)"
    )


def _count(layers: Mapping[str, npt.NDArray[np.uint8]], legend: Legend) -> dict[str, int]:
    pixels = np.bincount(layers["class"].ravel(), minlength=len(legend.classes) + 1)
    classes = {f"class_{c.name}_px": int(pixels[c.code]) for c in legend.classes}
    return {"voting_px": int(layers["mask"].sum()), **classes}
