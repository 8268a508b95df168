"""Two mapped years, open for grading: blocks of both, and what the loop reads of them.

What belongs here: open files of both years, and the arguments of the loop for a window. What does
not: the loop (``grading``), layers of a whole tile (``yearly``), one pixel (``trace``).
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import numbers_and_quarters, observations_by_date
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import GradeRule
from lulc_assets.core.change.layers import FROM, ChangeBlock
from lulc_assets.core.change.mapped_year import MappedYear, require_comparable
from lulc_assets.core.change.near import part_of_block
from lulc_assets.core.compositing.reading import BlockReader, Stack
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import flag_tallies
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Pair:
    """What is compared, and by which rule.

    Attributes:
        former: the year before.
        current: the year.
        evidence: learnt from validation data.
        rule: of the grades.
        composite: settings of the maps, for pixels whose mask is wrong all year.
    """

    former: MappedYear
    current: MappedYear
    evidence: Evidence
    rule: GradeRule
    composite: CompositeSettings


@dataclass(frozen=True)
class PairWindow:
    """A window of both years.

    Attributes:
        maps: (2, h, w) uint8, class of the former year and of this year.
        flagged: (2, h, w) bool: masked views count there.
        views: observations of both years by date, (n, h, w).
    """

    maps: U8
    flagged: npt.NDArray[np.bool_]
    views: Stack


class OpenPair:
    """Two years, open for reading; a context manager, usable from several threads.

    Args:
        pair: what is compared.
        grid: that all files lie on.
        threads: that will read.

    Attributes:
        takes: observations of both years, by date.
        numbers: (n,) int64, their day numbers.
        side: (n,) int64, 0: of the former year, 1: of this year.

    Raises:
        InvalidProduct: see :func:`require_comparable`; or a file does not fit.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """

    def __init__(self, pair: Pair, grid: PixelGrid, threads: int) -> None:
        require_comparable(pair.former, pair.current)
        self._pair, self._years = pair, (pair.former, pair.current)
        self._legend = pair.evidence.legend
        sides = [observations_by_date(year.scenes) for year in self._years]
        self.takes = [take for side in sides for take in side]
        self.side = np.repeat([0, 1], [len(side) for side in sides]).astype(np.int64)
        self.numbers, quarters = numbers_and_quarters([take.date for take in self.takes])
        self._of_all_windows = {
            "numbers": self.numbers,
            "quarters": quarters,
            "side": self.side,
            "likelihoods": pair.evidence.likelihoods,
            "hazard_logs": pair.rule.hazard_logs(),
            "rule": pair.rule.numbers(),
            "rotating": pair.rule.rotation_table(self._legend),
        }
        with ExitStack() as stack:
            self._reader = stack.enter_context(BlockReader(grid, threads, self.takes, self._legend))
            self._sums = [
                [stack.enter_context(SumsFile(path, grid)) for _, path in sorted(year.sums.items())]
                for year in self._years
            ]
            self._open = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    @property
    def dates(self) -> tuple[int, int]:
        """Clear or not, dates of the former year and of this year."""
        return int((self.side == 0).sum()), int((self.side == 1).sum())

    def read_maps(self, window: Window) -> U8:
        """Both maps, (2, h, w) uint8."""
        return np.stack([self._map(year.class_map, window) for year in self._years])

    def read(self, block: Window, part: Window | None = None) -> PairWindow:
        """A block of both years, or a part of it: kept sums are read by blocks only."""
        window = part or block
        return self._with_views(self.read_maps(window), block, window)

    def grade(self, window: Window, _: Window) -> ChangeBlock:
        """Read and grade; scenes are only decoded where the maps differ."""
        from lulc_assets.core.change.grading import grade_pixels  # numba

        maps = self.read_maps(window)
        former, current = maps
        seen = (former > 0) & (current > 0)
        from_to = np.where(seen, np.uint16(FROM) * former + current, 0).astype(np.uint16)
        if not (seen & (former != current)).any():
            empty = np.zeros(former.shape, np.uint8)
            return ChangeBlock(from_to, empty, empty, empty.astype(np.uint16))
        found = grade_pixels(**self.arguments(self._with_views(maps, window, window)))
        return ChangeBlock(from_to, *found)

    def arguments(self, window: PairWindow) -> Mapping[str, Any]:
        """What the loop takes for a window, by name."""
        from lulc_assets.core.change.grading import SUM_TABLE  # numba

        return {
            **self._of_all_windows,
            "classes": window.views.classes,
            "probabilities": window.views.probabilities,
            "masks": window.views.masks,
            "former": window.maps[0],
            "current": window.maps[1],
            "flagged": window.flagged,
            "table": SUM_TABLE,
        }

    def _with_views(self, maps: U8, block: Window, window: Window) -> PairWindow:
        cut = part_of_block(block, window)
        flagged = np.stack([self._flags(sums, block)[cut] for sums in self._sums])
        return PairWindow(maps, flagged, self._reader.read(self.takes, window))

    def _flags(self, sums: list[SumsFile], window: Window) -> npt.NDArray[np.bool_]:
        if not sums:
            return np.zeros((window.height, window.width), np.bool_)
        tallies = [one.read_tallies(window) for one in sums]
        return flag_tallies(tallies, self._pair.composite, self._legend)

    def _map(self, path: Path, window: Window) -> U8:
        classes: U8 = read_raster(path, window)
        if classes.max(initial=0) > len(self._legend.land):
            raise InvalidProduct(f"{path} holds code {classes.max()}, which is not a class of land")
        return classes
