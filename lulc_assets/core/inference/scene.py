"""One scene: read, infer, write its three layers.

What belongs here: how blocks become layers. What does not: the blocks themselves
(``blocks``), the layers and their files (``layers``), engines, windows, the choice of scenes,
publishing.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.inference.blending import Blending, RowsInWork
from lulc_assets.core.inference.blocks import (
    BlockResult,
    Observe,
    hide_invalid,
    predict_windows,
)
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.layers import SceneLayers
from lulc_assets.core.inference.windows import (
    HaloWindow,
    WindowSettings,
    plan_windows,
    surroundings,
)
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SceneRecipe

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
    within: PixelGrid | None = None,
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
        within: the whole tile; the network sees what the scene's files have of it beside the
            grid, as far as it needs (``windows.surroundings``). None: only the grid.
        progress: told after every block.
        observe: shown every block that is not skipped, see ``predict_windows``.

    Raises:
        IncompatibleScene: the bundle does not take this scene.
        SceneError: the scene cannot be read.
        NotFinite: the network gave NaN or infinity; the message names the window.
    """
    predictor.bundle.require(recipe)
    settings = settings or WindowSettings()
    needs, legend = predictor.bundle.footprint, predictor.bundle.legend
    started = time.perf_counter()
    counts = {"pixels": grid.height * grid.width, "valid_px": 0, "blocks": 0, "blocks_skipped": 0}
    with SceneLayers(grid, legend, out_dir) as layers:
        with SceneReader(recipe, surroundings(grid, within, settings, needs)) as reader:
            plan = plan_windows(grid, settings, needs, _seen(reader, grid))
            blending = Blending(plan) if settings.blend == "hann" and len(plan) > 1 else None
            paint = _blended(layers, predictor, blending) if blending else _plain(layers)
            blocks = predict_windows(
                reader, reader.grid.window_of(grid), predictor, plan,
                flips=settings.flips, blending=blending, observe=observe,
            )  # fmt: skip
            with closing(blocks):
                for window, found in blocks:
                    layers.put_mask(window.core, found.voting)
                    paint(window, found)
                    counts["valid_px"] += int(np.count_nonzero(found.valid))
                    counts["blocks"] += 1
                    counts["blocks_skipped"] += found.skipped
                    progress(counts["blocks"], len(plan), f"predicting scene {recipe.id}")
        inferred = time.perf_counter()
        files = layers.finish()
    counts.update(layers.counts)
    seconds = {"read_and_infer": inferred - started, "write": time.perf_counter() - inferred}
    return ScenePrediction(recipe.id, files, counts, seconds)


def _seen(reader: SceneReader, grid: PixelGrid) -> PixelGrid:
    """The grid and what the scene's files cover of the reader's grid around it."""
    place, part = reader.grid.window_of(grid), reader.covered(reader.grid)
    if part is None:
        return grid
    top, left = min(place.row, part.row), min(place.col, part.col)
    bottom = max(place.row + place.height, part.row + part.height)
    right = max(place.col + place.width, part.col + part.width)
    return reader.grid.cut(Window(top, left, bottom - top, right - left))


def _plain(layers: SceneLayers) -> _Paint:
    """Each block is laid beside the others."""

    def paint(window: HaloWindow, found: BlockResult) -> None:
        if found.layers is not None:
            layers.put(window.core, found.layers)

    return paint


def _blended(layers: SceneLayers, predictor: Predictor, blending: Blending) -> _Paint:
    """Blocks are summed up; rows that no later block reaches are laid down."""
    rows_in_work = RowsInWork(blending, len(predictor.bundle.legend.classes))
    height, width = blending.plan.rows.size, blending.plan.cols.size
    shown = np.zeros((height, width), bool)

    def paint(window: HaloWindow, found: BlockResult) -> None:
        if found.weighted is not None:
            rows_in_work.add(window, found.weighted)
            shown[window.core.slices] = found.valid
        rows, (codes, winner) = rows_in_work.take(window)
        if len(codes):
            part = Window(rows.start, 0, len(codes), width)
            layers.put(part, hide_invalid(codes, winner, shown[rows]))

    return paint
