"""The applicability of a scene: a layer that says where the model is far from its training.

What belongs here: levels of blocks, gathered on the grid, their summary and their file. What
does not: distances and what a level means (``core/model/applicability``).

The layer lies on the grid of the prediction, each cell repeated over its pixels: it opens with
the other layers and needs no resampling, and equal neighbours compress to next to nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import BundleError, NotFinite
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.windows import HaloWindow
from lulc_assets.core.model.applicability import NO_LEVEL, Applicability, cell_features
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.graph import reflectance_of_dn
from lulc_assets.core.model.hardware import best_device

_TILES = 16

FAR = 95
"""Of ground like that of validation chips 5 % are farther than this level."""


class ApplicabilityModel:
    """The encoder of a bundle and the spread of its features; for any number of scenes.

    Runs in float32, so that levels do not depend on the engine of the prediction.

    Args:
        bundle: the model.

    Raises:
        BundleError: the bundle is from before there was an applicability.
    """

    def __init__(self, bundle: Bundle) -> None:
        if bundle.applicability is None:
            raise BundleError(
                "the model in use has no applicability (it was trained before there was one); "
                "train again, or set [inference] applicability = false"
            )
        self.fitted = Applicability.from_bytes(bundle.applicability)
        self._device = best_device()
        self._network = bundle.network().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def levels_of(self, block: DnBlock) -> npt.NDArray[np.uint8]:
        """Levels of the cells of a block whose sides are multiples of the stride.

        The block is seen in tiles of the size of training chips, the last of a row and column
        moved inwards: the padding at their borders is that of the chips.

        Raises:
            NotFinite: the encoder gave NaN or infinity.
        """
        side, cell = self.fitted.chip_px, self.fitted.cell_px
        height, width = block.dn.shape[1:]
        places = [(r, c) for r in _starts(height, side) for c in _starts(width, side)]
        levels = np.empty((height // cell, width // cell), np.uint8)
        for first in range(0, len(places), _TILES):
            some = places[first : first + _TILES]
            tiles = np.stack([block.dn[:, r : r + side, c : c + side] for r, c in some])
            for (row, col), found in zip(some, self._levels(tiles, block), strict=True):
                rows, cols = found.shape
                levels[row // cell :, col // cell :][:rows, :cols] = found
        return levels

    def _levels(self, tiles: npt.NDArray[np.uint16], block: DnBlock) -> npt.NDArray[np.uint8]:
        """Levels of tiles of a block, (n, bands, h, w) to (n, rows, cols)."""
        with torch.inference_mode():
            numbers = (torch.tensor(v, device=self._device) for v in (block.offset_dn, block.scale))
            dn = torch.from_numpy(tiles).to(self._device)
            features = cell_features(self._network, reflectance_of_dn(dn, *numbers))
            cells = features.permute(0, 2, 3, 1)
            distance = self.fitted.distance(cells.flatten(0, 2)).cpu().numpy()
        if not np.isfinite(distance).all():
            raise NotFinite("the model's encoder gives NaN or infinity; check model and scene")
        return self.fitted.levels(distance.reshape(cells.shape[:3]))


def _starts(length: int, side: int) -> list[int]:
    """First pixels of tiles along an axis; one where it is shorter than a tile."""
    return [*range(0, length - side, side), max(0, length - side)]


class ApplicabilityLayer:
    """Levels of one scene on its grid; a context manager that leaves no scratch behind.

    :data:`NO_LEVEL`, the file's no data, where nothing is seen or was skipped.

    Args:
        model: runs the encoder.
        grid: of the prediction.
        path: of the COG, uint8.
    """

    def __init__(self, model: ApplicabilityModel, grid: PixelGrid, path: Path) -> None:
        self.model, self.grid = model, grid
        self._pixels = np.zeros(NO_LEVEL + 1, np.int64)
        self._turn = Lock()
        self._layer = GrowingLayer(
            path,
            grid,
            kind="continuous",
            nodata=NO_LEVEL,
            description="distance to the training set; above 95: far",
        )

    def __enter__(self) -> "ApplicabilityLayer":
        return self

    def __exit__(self, *exc: object) -> None:
        self._layer.close()

    def observe(self, window: HaloWindow, block: DnBlock) -> None:
        """Lay down the levels of a block; threads may do that side by side, each at its place."""
        side = self.model.fitted.cell_px
        pixels = self.model.levels_of(block).repeat(side, axis=0).repeat(side, axis=1)
        inner = window.core_in_outer
        seen = np.where(block.valid[inner], pixels[inner], NO_LEVEL)
        with self._turn:
            self._layer.put(window.core, seen)
            self._pixels += np.bincount(seen.ravel(), minlength=NO_LEVEL + 1)

    def summarise(self) -> Mapping[str, float]:
        """``median_level`` and ``far_pct``, the share of seen pixels above :data:`FAR`."""
        seen = self._pixels[:NO_LEVEL]
        if not seen.any():
            return {}
        return {
            # Of the two in the middle of an even number, the lower.
            "median_level": float(np.searchsorted(seen.cumsum(), seen.sum() / 2)),
            "far_pct": round(100 * float(seen[FAR + 1 :].sum() / seen.sum()), 2),
        }

    def finish(self) -> Path:
        """Make the COG of what was observed."""
        return self._layer.finish()
