"""The three layers of a map: held, counted, written.

What belongs here: the arrays, their statistics, their files, the minimum mapping unit. What
does not: how a pixel is decided.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasterio.features import sieve

from lulc_assets.core.code_counts import count_codes
from lulc_assets.core.compositing.strategies import Decision
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import LayerKind, write_cog
from lulc_assets.core.legend import Legend

LAYERS = ("class", "vote_share", "observations")

U8 = npt.NDArray[np.uint8]


class Layers:
    """The layers of a map while it is made, 3 bytes per pixel.

    Attributes:
        grid: of the layers.
        legend: of the codes.
        classes: (h, w) uint8, 0 = no data.
        share: (h, w) uint8.
        observations: (h, w) uint8.
    """

    def __init__(self, grid: PixelGrid, legend: Legend) -> None:
        self.grid, self.legend = grid, legend
        self.classes, self.share, self.observations = (
            np.zeros(grid.shape, np.uint8) for _ in range(3)
        )

    def put(self, window: Window, decision: Decision) -> None:
        """Fill in a block."""
        self.classes[window.slices] = decision.winner
        self.share[window.slices] = decision.share
        self.observations[window.slices] = decision.count

    def apply_mapping_unit(self, size_px: int) -> int:
        """Give patches of fewer pixels to their largest neighbour; returns the pixels changed.

        Patches are joined along edges. No data is neither filled nor spread. Where a class
        comes from the surroundings, no vote stands behind it: the share becomes 0.
        """
        if size_px < 2:
            return 0
        sieved = sieve(self.classes, size_px, mask=self.classes > 0, connectivity=4)
        changed = sieved != self.classes
        self.share[changed] = 0
        self.classes = sieved
        return int(changed.sum())

    def class_counts(self) -> dict[int, int]:
        """Code → pixels, all codes of the legend and 0."""
        counts = count_codes(self.classes)
        return {code: int(counts[code]) for code in range(len(self.legend.classes) + 1)}

    def observations_median(self) -> float:
        """Votes at the median pixel."""
        below = count_codes(self.observations).cumsum()
        middle = [(below[-1] - 1) // 2, below[-1] // 2]
        return float(np.searchsorted(below, middle, side="right").mean())

    def write(
        self,
        folder: Path,
        share_title: str,
        threads: int,
        suffix: str = "",
        meanwhile: Callable[[], None] = lambda: None,
    ) -> dict[str, Path]:
        """Write the layers as COGs, side by side; returns layer → file.

        Args:
            folder: of the files.
            share_title: what the share is a share of.
            threads: that write.
            suffix: of the files' names.
            meanwhile: called in this thread while they are written.
        """
        described: Mapping[str, tuple[U8, LayerKind, int | None, str]] = {
            "class": (self.classes, "class", 0, "land-cover class"),
            "vote_share": (self.share, "continuous", 0, share_title),
            "observations": (self.observations, "continuous", None, "votes counted"),
        }

        def write(name: str) -> Path:
            array, kind, nodata, description = described[name]
            return write_cog(
                folder / f"{name}{suffix}.tif",
                array,
                self.grid,
                kind=kind,
                nodata=nodata,
                colormap=self.legend.colormap() if kind == "class" else None,
                description=description,
            )

        with ThreadPoolExecutor(min(threads, len(LAYERS))) as pool:
            written = pool.map(write, LAYERS)
            meanwhile()
            return dict(zip(LAYERS, written, strict=True))
