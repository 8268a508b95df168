"""The change map of a year against the year before, from files to files.

What belongs here: grading all blocks of two years, and the layers as files. What does not: the rule
(``grades``, ``grading``), which years may be compared (``mapped_year``), reading them (``pair``),
the layers with their mapping unit and counts (``layers``), single-class layers (``stories``),
several years (``years``).
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.layers import ChangeLayers
from lulc_assets.core.change.mapped_year import MappedYear
from lulc_assets.core.change.pair import OpenPair, Pair
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.progress import Progress, silent


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
    chosen = rule or GradeRule()
    pair = Pair(former, current, evidence, chosen, composite or CompositeSettings())
    layers = ChangeLayers(grid, len(evidence.legend.land))
    windows = list(grid.blocks(BLOCK_PX))
    with (
        OpenPair(pair, grid, threads) as years,
        closing(read_ahead(windows, _as_it_is, years.grade, threads)) as blocks,
    ):
        for done, (window, block) in enumerate(blocks, start=1):
            layers.put(window, block)
            progress(done, len(windows), "blocks compared")
    matrix = layers.matrix()
    sieved = layers.sieve(chosen.min_mapping_unit_px)
    return ChangeMap(
        files=layers.write(out_dir),
        matrix=matrix,
        graded=layers.counts(),
        dates=years.dates,
        sieved_pixels=sieved,
    )


def _as_it_is(window: Window) -> Window:
    return window
