"""Is there a grid? The map by blocks minus the map of the whole scene, as a picture.

What belongs here: the two differences, in class and in probability, drawn and in numbers;
for the halo as measured, and without a halo, where there must be a grid if this sees any.
What does not: time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import WindowPlan, WindowSettings, plan_windows
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import SceneRecipe

LARGEST_PX = 2048
"""Side of a scene that runs through the network as a whole: about 1.2 GB in float32."""

BLOCK_PX = 128
NEAR_PX = 2
SHOWN_PX = 400
STEPS_SHOWN = 32

Layers = Mapping[str, npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class Difference:
    """The map by blocks against the map of the whole scene.

    Attributes:
        name: of the windows.
        classes: bool (h, w), where they are not equal.
        probability: int16 (h, w), absolute difference in 255ths.
        near: bool (h, w), at most two pixels from a border between two blocks.
    """

    name: str
    classes: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.int16]
    near: npt.NDArray[np.bool_]

    @property
    def equal_classes(self) -> float:
        """Share of pixels with the same class."""
        return 1 - float(self.classes.mean())

    @property
    def steps(self) -> tuple[float, float]:
        """Mean difference of probability at borders and elsewhere, in 255ths."""
        return float(self.probability[self.near].mean()), float(self.probability[~self.near].mean())

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.equal_classes:.4%} equal classes; probability differs by "
            f"{self.steps[0]:.3f}/255 at borders of blocks, {self.steps[1]:.3f}/255 elsewhere"
        )


def compare_blocks(
    recipe: SceneRecipe, grid: PixelGrid, bundle: Bundle, folder: Path
) -> list[Difference]:
    """Predict a scene whole, and by blocks with and without a halo, in float32.

    Raises:
        SystemExit: the scene is too large to run as a whole, or blocks were skipped.
    """
    if max(grid.shape) > LARGEST_PX:
        raise SystemExit(f"--picture runs the scene as a whole: --size at most {LARGEST_PX}")
    engine = choose_engine(bundle, InferenceSettings(precision="fp32"))

    def run(name: str, settings: WindowSettings) -> Layers:
        found = predict_scene(recipe, grid, engine, folder / name, settings)
        if found.counts["blocks_skipped"]:
            raise SystemExit("blocks were skipped as cloud, which is no seam; take another scene")
        return {key: read_raster(path) for key, path in found.files.items()}

    side = -(-max(grid.shape) // 32) * 32
    whole = run("whole", WindowSettings(block_px=side, halo_px=0))
    found = []
    for name, settings in {
        f"halo as measured, {bundle.footprint.halo_px} px": WindowSettings(block_px=BLOCK_PX),
        "no halo": WindowSettings(block_px=BLOCK_PX, halo_px=0),
    }.items():
        layers = run(name, settings)
        change = layers["probability"].astype(np.int16) - whole["probability"]
        near = _near_borders(plan_windows(grid, settings, bundle.footprint), grid)
        found.append(Difference(name, layers["class"] != whole["class"], np.abs(change), near))
    return found


def draw(differences: list[Difference], file: Path) -> None:
    """A row each: where classes differ, and by how much probabilities do."""
    figure = Figure(figsize=(7, 0.6 + 3.5 * len(differences)), layout="constrained")
    axes = figure.subplots(len(differences), 2, squeeze=False)
    for row, found in zip(axes, differences, strict=True):
        row[0].imshow(_coarse(found.classes), cmap="gray_r", vmin=0, vmax=1)
        row[0].set_title(f"{found.name}\n{found.equal_classes:.3%} equal classes", fontsize=9)
        shown = row[1].imshow(_coarse(found.probability), cmap="magma_r", vmin=0, vmax=STEPS_SHOWN)
        row[1].set_title(
            f"|Δ probability| in 255ths\n{found.steps[0]:.2f} at borders, "
            f"{found.steps[1]:.2f} elsewhere",
            fontsize=9,
        )
        figure.colorbar(shown, ax=row[1], shrink=0.8, extend="max")
        for axis in row:
            axis.set(xticks=[], yticks=[])
    figure.suptitle(f"Blocks of {BLOCK_PX} px minus the whole scene", fontsize=10)
    figure.savefig(file, dpi=150)


def _near_borders(plan: WindowPlan, grid: PixelGrid) -> npt.NDArray[np.bool_]:
    """Pixels at most ``NEAR_PX`` from a border between two cores."""
    lines = []
    for axis in (plan.rows, plan.cols):
        line = np.zeros(axis.size, bool)
        for border, _, _ in axis.spans[1:]:
            line[border - NEAR_PX : border + NEAR_PX] = True
        lines.append(line)
    near: npt.NDArray[np.bool_] = lines[0][:, None] | lines[1][None, :]
    assert near.shape == grid.shape
    return near


def _coarse(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The highest of each cell, so that a single pixel is not lost in the picture."""
    step = -(-max(values.shape) // SHOWN_PX)
    pad = [(0, -size % step) for size in values.shape]
    cells = np.pad(values, pad)
    rows, cols = (size // step for size in cells.shape)
    highest: npt.NDArray[np.generic] = cells.reshape(rows, step, cols, step).max((1, 3))
    return highest
