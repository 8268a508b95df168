"""The change map of a year against the year before, from files to files.

What belongs here: reading both years block by block and grading. What does not: the rule
(``grades``, ``grading``), which years may be compared (``mapped_year``), the layers with their
mapping unit and counts (``layers``), single-class layers (``stories``), several years
(``years``).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import numbers_and_quarters, observations_by_date
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.layers import FROM, ChangeBlock, ChangeLayers
from lulc_assets.core.change.mapped_year import MappedYear, require_comparable
from lulc_assets.core.compositing.datatakes import Datatake
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import flag_tallies
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX, read_raster
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class ChangeMap:
    """A graded change map.

    Attributes:
        files: layer → COG, see ``LAYERS``.
        matrix: (land + 1, land + 1) int64: pixels by class of the former year and of this
            year, 0 = no data, of the two maps as they are.
        graded: grade → likewise, pixels of the change map by from and to.
        dates: clear or not, dates of the former year and of this year.
        sieved_pixels: changed pixels that lie in patches below the mapping unit.
    """

    files: Mapping[str, Path]
    matrix: npt.NDArray[np.int64]
    graded: Mapping[str, npt.NDArray[np.int64]]
    dates: tuple[int, int]
    sieved_pixels: int

    def pixels(self, grade: Grade) -> int:
        """Pixels of a grade."""
        return int(self.graded[grade.name.lower()].sum())


def map_change(
    former: MappedYear,
    current: MappedYear,
    grid: PixelGrid,
    evidence: Evidence,
    out_dir: Path,
    *,
    rule: GradeRule | None = None,
    composite: CompositeSettings | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> ChangeMap:
    """Grade the change between two years.

    Args:
        former: the year before.
        current: the year.
        grid: that all files lie on.
        evidence: learnt from validation data.
        out_dir: gets a COG for each of ``LAYERS``.
        rule: of the grades; None for the defaults.
        composite: settings of the maps, for pixels whose mask is wrong all year.
        threads: blocks at work at the same time; the result does not depend on it. Memory: 6
            bytes per pixel, and 0.8 MB for each date in each thread.
        progress: told after each block.

    Raises:
        InvalidProduct: see :func:`require_comparable`; or a file does not fit.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    require_comparable(former, current)
    chosen = rule or GradeRule()
    layers = ChangeLayers(grid, len(evidence.legend.land))
    with ExitStack() as stack:
        sides = [observations_by_date(year.scenes) for year in (former, current)]
        takes = [take for side in sides for take in side]
        reader = stack.enter_context(BlockReader(grid, threads, takes, evidence.legend))
        flags = [
            _Flags(stack, year, grid, composite or CompositeSettings(), evidence.legend)
            for year in (former, current)
        ]
        grading = _Grading((former, current), sides, flags, evidence, chosen, reader)
        windows = list(grid.blocks(BLOCK_PX))
        blocks = stack.enter_context(
            closing(read_ahead(windows, _as_it_is, grading.grade, threads))
        )
        for done, (window, block) in enumerate(blocks, start=1):
            layers.put(window, block)
            progress(done, len(windows), "blocks compared")
    matrix = layers.matrix()
    sieved = layers.sieve(chosen.min_mapping_unit_px)
    return ChangeMap(
        files=layers.write(out_dir),
        matrix=matrix,
        graded=layers.counts(),
        dates=(len(sides[0]), len(sides[1])),
        sieved_pixels=sieved,
    )


class _Flags:
    """Where the masks of a year are wrong."""

    def __init__(
        self,
        stack: ExitStack,
        year: MappedYear,
        grid: PixelGrid,
        composite: CompositeSettings,
        legend: Legend,
    ) -> None:
        self._composite, self._legend = composite, legend
        self._sums = [
            stack.enter_context(SumsFile(path, grid)) for _, path in sorted(year.sums.items())
        ]

    def read(self, window: Window) -> npt.NDArray[np.bool_]:
        if not self._sums:
            return np.zeros((window.height, window.width), np.bool_)
        return flag_tallies(
            [sums.read_tallies(window) for sums in self._sums], self._composite, self._legend
        )


class _Grading:
    """Grades one block after the other, in any thread."""

    def __init__(
        self,
        years: tuple[MappedYear, MappedYear],
        sides: Sequence[Sequence[Datatake]],
        flags: Sequence[_Flags],
        evidence: Evidence,
        rule: GradeRule,
        reader: BlockReader,
    ) -> None:
        self._years = years
        self._takes = [take for side in sides for take in side]
        self._numbers, self._quarters = numbers_and_quarters([take.date for take in self._takes])
        self._side = np.repeat([0, 1], [len(side) for side in sides]).astype(np.int64)
        self._flags = flags
        self._likelihoods, self._legend = evidence.likelihoods, evidence.legend
        self._hazards, self._rule = rule.hazard_logs(), rule.numbers()
        self._rotating = rule.rotation_table(evidence.legend)
        self._reader = reader

    def grade(self, window: Window, _: Window) -> ChangeBlock:
        """Read and grade; scenes are only decoded where the maps differ."""
        from lulc_assets.core.change.grading import SUM_TABLE, grade_pixels  # numba

        former, current = (self._map(year, window) for year in self._years)
        seen = (former > 0) & (current > 0)
        from_to = np.where(seen, np.uint16(FROM) * former + current, 0).astype(np.uint16)
        if not (seen & (former != current)).any():
            empty = np.zeros(former.shape, np.uint8)
            return ChangeBlock(from_to, empty, empty, empty.astype(np.uint16))
        stack = self._reader.read(self._takes, window)
        grade, posterior, changed_on = grade_pixels(
            stack.classes,
            stack.probabilities,
            stack.masks,
            self._numbers,
            self._quarters,
            self._side,
            former,
            current,
            np.stack([flags.read(window) for flags in self._flags]),
            self._likelihoods,
            self._hazards,
            self._rule,
            self._rotating,
            SUM_TABLE,
        )
        return ChangeBlock(from_to, grade, posterior, changed_on)

    def _map(self, year: MappedYear, window: Window) -> U8:
        classes: U8 = read_raster(year.class_map, window)
        if classes.max(initial=0) > len(self._legend.land):
            raise InvalidProduct(
                f"{year.class_map} holds code {classes.max()}, which is not a class of land"
            )
        return classes


def _as_it_is(window: Window) -> Window:
    return window
