"""A patch classifier over a whole scene: one class for each cell of a grid.

What belongs here: cells, which of them are seen, their classes, files. What does not: the
classifier (``classifier``), reading (``core/imagery``), the page.

A cell is as large as the patches of the training, 64 pixels of EuroSAT, and becomes one pixel of
the map: finer detail is none of a patch classifier's. Cells at the right and lower rim that are
narrower than half a patch are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import IncompatibleScene
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.imagery.filling import fill_no_data
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.layers import layer_options
from lulc_assets.core.patches.classifier import PICTURE_LEVEL, classify
from lulc_assets.core.patches.folder import SCALE
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SceneRecipe

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import HasNetwork
    from lulc_assets.core.model.card import ModelCard

LEAST_SEEN = 0.5
"""Share of a cell's pixels that must be clear for it to be given a class: EuroSAT and its like
have no class for clouds, and would call them something else."""
_GSD_TOLERANCE = 0.05


@dataclass(frozen=True)
class PatchMap:
    """What a classifier sees in a scene.

    Attributes:
        files: ``class`` (codes, 0 where a cell is not seen) and ``probability`` (of the class ×
            255), COGs of uint8 on ``grid``.
        codes: the first of them, (rows, columns).
        grid: a pixel for each cell.
        counts: class name → cells.
    """

    files: Mapping[str, Path]
    codes: npt.NDArray[np.uint8]
    grid: PixelGrid
    counts: Mapping[str, int]

    def covers(self, area: PixelGrid) -> tuple[float, float]:
        """Height and width of the cells in those of an area: rim cells overhang or are left out."""
        (height, width), m = self.grid.shape, self.grid.pixel_m
        return height * m / (area.height * area.pixel_m), width * m / (area.width * area.pixel_m)


def map_scene(
    recipe: SceneRecipe,
    grid: PixelGrid,
    model: "HasNetwork",
    card: "ModelCard",
    out_dir: Path,
    *,
    progress: Progress = silent,
) -> PatchMap:
    """Classify every cell of a scene and write ``class.tif`` and ``probability.tif``.

    Args:
        recipe: how to read the scene.
        grid: to map, 10 m, cut from the tile's own grid.
        model: a classifier, or a bundle of one.
        card: its card: bands, level, side of a patch.
        out_dir: created if need be.
        progress: told after every row of cells.

    Raises:
        IncompatibleScene: the classifier was trained on other bands, level or sampling, or the
            area is smaller than a patch.
        SceneError: the scene cannot be read.
        NotFinite: the network gave NaN or infinity.
    """
    require_scene(recipe, card)
    side = int(str(card.inputs["patch_px"]))
    rows, cols = _spans(grid.height, side), _spans(grid.width, side)
    if not rows or not cols:
        raise IncompatibleScene(
            f"the area has {grid.width} × {grid.height} px, less than a patch of {side} px: map a "
            "larger one"
        )
    best = np.zeros((len(rows), len(cols)), np.uint8)
    surest = np.zeros_like(best)
    with SceneReader(replace(recipe, roles=card.bands), grid) as reader:
        for number, (row, height) in enumerate(rows):
            strip = reader.read_dn_block(Window(row, 0, height, grid.width))
            seen = [i for i, (col, width) in enumerate(cols) if _is_seen(strip, col, width)]
            for some in (seen[:-1], seen[-1:]):  # the last may be narrower than the others
                if some:
                    images = np.stack([_image(strip, *cols[i]) for i in some])
                    found = classify(model, images)
                    best[number, some] = found.argmax(1) + 1
                    surest[number, some] = np.floor(found.max(1) * 255 + 0.5)
            progress(number + 1, len(rows), f"patches of scene {recipe.id}")
    cells = PixelGrid(grid.epsg, grid.x0, grid.y0, *best.shape, side * grid.pixel_m)
    options = layer_options(model.legend)
    files = {
        name: write_cog(out_dir / f"{name}.tif", layer, cells, **options[name])
        for name, layer in (("class", best), ("probability", surest))
    }
    counts = {c.name: int((best == c.code).sum()) for c in model.legend.classes}
    return PatchMap(files, best, cells, counts)


def require_scene(recipe: SceneRecipe, card: "ModelCard") -> None:
    """Refuse a scene that a classifier was not trained for.

    Raises:
        IncompatibleScene: level, bands or sampling differ.
    """
    if card.level == PICTURE_LEVEL:
        raise IncompatibleScene(
            f"scene {recipe.id} is reflectance, the classifier was trained on 8-bit pictures; "
            "train one on multispectral patches (.tif)"
        )
    if recipe.level != card.level:
        raise IncompatibleScene(
            f"scene {recipe.id} is level {recipe.level}, the classifier takes {card.level} "
            "only; train one on patches of that level"
        )
    missing = [role for role in card.bands if role not in recipe.bands]
    if missing:
        raise IncompatibleScene(
            f"scene {recipe.id} is read without {', '.join(missing)}, which the classifier needs; "
            "name them in [bands] of the project, or train on fewer bands"
        )
    gsd_m = recipe.pixel_m or min(recipe.bands[role].gsd_m for role in card.bands)
    if abs(gsd_m - card.gsd_m) > _GSD_TOLERANCE * card.gsd_m:
        raise IncompatibleScene(
            f"scene {recipe.id} has a ground sampling of {gsd_m:g} m, the classifier takes "
            f"{card.gsd_m:g} m"
        )


def _spans(size: int, side: int) -> list[tuple[int, int]]:
    """First pixel and length of each cell along an axis."""
    spans = [(start, min(side, size - start)) for start in range(0, size, side)]
    return [(start, length) for start, length in spans if 2 * length >= side]


def _is_seen(strip: DnBlock, col: int, width: int) -> bool:
    part = slice(col, col + width)
    clear = votes(strip.scl[:, part]) & strip.valid[:, part]
    return bool(clear.mean() >= LEAST_SEEN)


def _image(strip: DnBlock, col: int, width: int) -> npt.NDArray[np.uint16]:
    """A cell as patches are stored: reflectance × 10000, uint16 (bands, h, w)."""
    part = slice(col, col + width)
    valid = strip.valid[:, part]
    dn = np.ascontiguousarray(strip.dn[:, :, part])
    stored = fill_no_data(dn, valid).astype(np.float32)
    reflectance = np.clip((stored + strip.offset_dn) * strip.scale, 0.0, 1.0)
    return np.rint(reflectance * SCALE).astype(np.uint16)
