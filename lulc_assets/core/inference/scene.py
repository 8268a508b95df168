"""One scene: read, infer, write its three layers.

What belongs here: how blocks become layers, and layers files. What does not: the blocks
themselves (``blocks``), engines, windows, the choice of scenes, publishing.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.inference.blending import Blending, RowsInWork
from lulc_assets.core.inference.blocks import (
    BlockResult,
    Observe,
    hide_invalid,
    predict_windows,
)
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.windows import HaloWindow, WindowSettings, plan_windows
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SceneRecipe

LAYERS = ("class", "probability", "mask")

_Canvas = Mapping[str, npt.NDArray[np.uint8]]
_Paint = Callable[[HaloWindow, BlockResult], None]


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
    observe: Observe | None = None,
) -> ScenePrediction:
    """Predict a scene on a grid and write ``class.tif``, ``probability.tif``, ``mask.tif``.

    Args:
        recipe: how to read the scene.
        grid: the area of interest, cut from the tile's own 10 m grid.
        predictor: engine with its bundle.
        out_dir: created if need be; scratch, nothing is published here.
        settings: sizes of blocks.
        progress: told after every block.
        observe: shown every block that is not skipped, see ``predict_windows``.

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
    blending = Blending(plan) if settings.blend == "hann" and len(plan) > 1 else None
    paint = _blended(layers, predictor, blending) if blending else _plain(layers)
    blocks = predict_windows(
        recipe, grid, predictor, plan, flips=settings.flips, blending=blending, observe=observe
    )
    with closing(blocks):
        for window, found in blocks:
            layers["mask"][window.core.slices] = found.voting
            paint(window, found)
            counts["valid_px"] += int(np.count_nonzero(found.valid))
            counts["blocks"] += 1
            counts["blocks_skipped"] += found.skipped
            progress(counts["blocks"], len(plan), f"predicting scene {recipe.id}")
    inferred = time.perf_counter()
    files = write_layers(layers, grid, predictor.bundle.legend, out_dir)
    counts.update(_count(layers, predictor.bundle.legend))
    seconds = {"read_and_infer": inferred - started, "write": time.perf_counter() - inferred}
    return ScenePrediction(recipe.id, files, counts, seconds)


def _plain(layers: _Canvas) -> _Paint:
    """Each block is laid beside the others."""

    def paint(window: HaloWindow, found: BlockResult) -> None:
        if found.layers is not None:
            place = window.core.slices
            layers["class"][place], layers["probability"][place] = found.layers

    return paint


def _blended(layers: _Canvas, predictor: Predictor, blending: Blending) -> _Paint:
    """Blocks are summed up; rows that no later block reaches are laid down."""
    rows_in_work = RowsInWork(blending, len(predictor.bundle.legend.classes))
    shown = np.zeros(layers["class"].shape, bool)

    def paint(window: HaloWindow, found: BlockResult) -> None:
        if found.weighted is not None:
            rows_in_work.add(window, found.weighted)
            shown[window.core.slices] = found.valid
        rows, (codes, winner) = rows_in_work.take(window)
        layers["class"][rows], layers["probability"][rows] = hide_invalid(
            codes, winner, shown[rows]
        )

    return paint


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


def _count(layers: Mapping[str, npt.NDArray[np.uint8]], legend: Legend) -> dict[str, int]:
    pixels = np.bincount(layers["class"].ravel(), minlength=len(legend.classes) + 1)
    classes = {f"class_{c.name}_px": int(pixels[c.code]) for c in legend.classes}
    return {"voting_px": int(layers["mask"].sum()), **classes}
