"""From an image or a scene to its two layers and their STAC item.

What belongs here: windows of one shape through one engine, files, the item. What does not:
requests, limits on how many at once (``places``).
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.filling import fill_no_data
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.blocks import hide_invalid
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.layers import layer_options
from lulc_assets.core.inference.windows import (
    ALIGNMENT_PX,
    HaloWindow,
    WindowPlan,
    WindowSettings,
    pad_to,
    plan_windows,
)
from lulc_assets.core.publishing.layer_item import LayerAsset, layer_item
from lulc_assets.core.serving.settings import ServiceSettings

LAYERS = ("class", "probability")
_ReadBlock = Callable[[Any], DnBlock]


@dataclass(frozen=True)
class ServedMap:
    """What a request made.

    Attributes:
        files: layer → COG.
        item: STAC item as plain JSON; hrefs are file names.
        counts: class name → pixels, of those that are seen.
    """

    files: dict[str, Path]
    item: dict[str, Any]
    counts: dict[str, int]


class MapMaker:
    """Runs images through an engine, in windows that all have one shape.

    Args:
        predictor: engine with its bundle; compiled here for that shape.
        settings: with the side of a window.
    """

    def __init__(self, predictor: Predictor, settings: ServiceSettings) -> None:
        footprint = predictor.bundle.footprint
        step = math.lcm(footprint.stride, ALIGNMENT_PX)
        self.side = max(3 * step, settings.window_px // step * step)
        # A window has room for a block of one step at least; a halo that needs more is cut.
        halo = min(-(-footprint.halo_px // step) * step, (self.side - step) // 2 // step * step)
        self._windows = WindowSettings(block_px=self.side - 2 * halo, halo_px=halo)
        self.bundle, self._predictor = predictor.bundle, predictor
        predictor.prepare((self.side, self.side), settings.workers)

    def plan(self, grid: PixelGrid) -> WindowPlan:
        """Windows over a grid; none is larger than ``side``."""
        return plan_windows(grid, self._windows, self.bundle.footprint)

    def run(
        self,
        read: _ReadBlock,
        grid: PixelGrid,
        out_dir: Path,
        *,
        item_id: str,
        when: datetime,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> ServedMap:
        """Map an image window by window; in memory is one window at a time.

        Args:
            read: a window of the grid → its digital numbers.
            grid: of the image.
            out_dir: for the files.
            item_id: of the STAC item.
            when: of the image, or of the request where that is not known.
            cancelled: asked before each window.

        Raises:
            SceneError: the image cannot be read.
            NotFinite: the network gave NaN or infinity.
        """
        options = layer_options(self.bundle.legend)
        pixels = np.zeros(256, np.int64)
        with (
            GrowingLayer(out_dir / "class.tif", grid, **options["class"]) as classes,
            GrowingLayer(out_dir / "probability.tif", grid, **options["probability"]) as surest,
        ):
            for window in self.plan(grid):
                if cancelled():
                    raise InterruptedError("the service is stopping")
                codes, winner = self._window(read(window.outer), window)
                classes.put(window.core, codes)
                surest.put(window.core, winner)
                pixels += np.bincount(codes.ravel(), minlength=256)
            files = {"class": classes.finish(), "probability": surest.finish()}
        counts = {c.name: int(pixels[c.code]) for c in self.bundle.legend.classes}
        return ServedMap(files, self._item(item_id, grid, when, files, counts), counts)

    def _window(self, block: DnBlock, window: HaloWindow) -> Any:
        inner = window.core_in_outer
        valid = block.valid[inner]
        if not (votes(block.scl) & block.valid)[inner].any():
            empty = np.zeros(valid.shape, np.uint8)
            return empty, empty
        seen = pad_to(fill_no_data(block.dn, block.valid), (self.side, self.side))
        where = f"window row {window.core.row} col {window.core.col}"
        codes, winner = self._predictor.predict(
            np.ascontiguousarray(seen), block.offset_dn, block.scale, where
        )
        return hide_invalid(codes[inner], winner[inner], valid)

    def _item(
        self,
        item_id: str,
        grid: PixelGrid,
        when: datetime,
        files: dict[str, Path],
        counts: dict[str, int],
    ) -> dict[str, Any]:
        layers = {
            name: LayerAsset(
                href=f"./{path.name}",
                title="Land cover" if name == "class" else "Probability of the class × 255",
                sha256=_sha256(path),
                size=path.stat().st_size,
                nodata=0,
                is_class=name == "class",
            )
            for name, path in files.items()
        }
        properties = {
            "lulc:bundle": self.bundle.digest,
            "lulc:engine": self._predictor.identity(),
            "lulc:pixels": counts,
        }
        item = layer_item(item_id, grid, when, layers, self.bundle.legend, properties)
        found: dict[str, Any] = item.to_dict(include_self_link=False)
        return found


def now() -> datetime:
    """The time of a request, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
