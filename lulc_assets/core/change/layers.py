"""The layers of a change map: while they are made, sieved and counted, and as files.

What belongs here: names, codes and titles of the layers, the mapping unit, counts by from and to.
What does not: how a pixel is graded (``grading``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX, LayerKind, write_cog

LAYERS: Mapping[str, tuple[LayerKind, int, str]] = {
    "from_to": ("class", 0, "100 x class of the former year + class of this year"),
    "grade": ("class", 0, "1 sustained, 2 recent, 3 flicker, 4 insufficient"),
    "posterior": ("continuous", 0, "255 x posterior of a lasting change"),
    "changed_on": ("class", 0, "first day that shows the change, days since 2014-12-31"),
}
"""Layer → kind, no data and title."""

FROM = 100
"""``from_to`` = FROM · class of the former year + class of this year."""

SHOWN = (Grade.SUSTAINED, Grade.RECENT)
"""Grades of change that the dates show; patches of them and of the others are apart."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class ChangeBlock:
    """Layers of a block: from_to, grade, posterior, changed_on."""

    from_to: U16
    grade: U8
    posterior: U8
    changed_on: U16


class ChangeLayers:
    """The layers while they are made, 6 bytes per pixel."""

    def __init__(self, grid: PixelGrid, land: int) -> None:
        self._grid, self._land = grid, land
        self.from_to, self.changed_on = (np.zeros(grid.shape, np.uint16) for _ in range(2))
        self.grade, self.posterior = (np.zeros(grid.shape, np.uint8) for _ in range(2))

    def put(self, window: Window, block: ChangeBlock) -> None:
        """Take in a block."""
        for name in LAYERS:
            getattr(self, name)[window.slices] = getattr(block, name)

    def matrix(self) -> npt.NDArray[np.int64]:
        """Pixels by class of the former year and of this year, (land + 1, land + 1)."""
        return _by_from_to(_histogram(self.from_to), self._land)

    def counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """Grade → pixels by from and to; ``none`` are pixels without change."""
        found = np.zeros((len(Grade), FROM * FROM), np.int64)
        for row in range(0, self._grid.height, BLOCK_PX):
            part = slice(row, row + BLOCK_PX)
            keys = self.grade[part].astype(np.int64) * (FROM * FROM) + self.from_to[part]
            found += np.bincount(keys.ravel(), minlength=found.size).reshape(found.shape)
        return {grade.name.lower(): _by_from_to(found[grade], self._land) for grade in Grade}

    def sieve(self, size_px: int) -> int:
        """Take back changes in patches of fewer pixels; returns the pixels taken back.

        There the former class stays on: a patch that small is an edge that moved, or noise.
        """
        from lulc_assets.core.change.patches import label_patches  # numba

        places = np.flatnonzero(self.grade)
        if size_px < 2 or places.size == 0:
            return 0
        shown = np.isin(self.grade.flat[places], SHOWN)
        to = self.from_to.flat[places].astype(np.int64) % FROM
        labels = label_patches(places, to * 2 + shown, self._grid.width)
        small = places[(np.bincount(labels) < size_px)[labels]]
        former = self.from_to.flat[small] // FROM
        self.from_to.flat[small] = former * (FROM + 1)
        for layer in (self.grade, self.posterior, self.changed_on):
            layer.flat[small] = 0
        return int(small.size)

    def write(self, folder: Path) -> dict[str, Path]:
        """A COG for each layer."""
        return {
            name: write_cog(
                folder / f"{name}.tif",
                getattr(self, name),
                self._grid,
                kind=kind,
                nodata=nodata,
                description=title,
            )
            for name, (kind, nodata, title) in LAYERS.items()
        }


def _histogram(codes: U16) -> npt.NDArray[np.int64]:
    found = np.zeros(FROM * FROM, np.int64)
    for row in range(0, codes.shape[0], BLOCK_PX):
        found += np.bincount(codes[row : row + BLOCK_PX].ravel(), minlength=FROM * FROM)
    return found


def _by_from_to(counts: npt.NDArray[np.int64], land: int) -> npt.NDArray[np.int64]:
    """Counts of from_to codes as (land + 1, land + 1); no data is [0, 0]."""
    size = land + 1
    return counts.reshape(FROM, FROM)[:size, :size].copy()
