"""Evidence from labelled pixels of mapped years.

What belongs here: from files of two years and a mask of pixels that kept their class to counts.
What does not: which pixels these are (``steps/change_evidence``), the loop (``counting``).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import observations_by_date
from lulc_assets.core.change.mapped_year import MappedYear
from lulc_assets.core.change.remembered import remember_block
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent

if TYPE_CHECKING:
    from lulc_assets.core.change.counting import LetterCounts


def count_unchanged(
    former: MappedYear,
    scenes: Sequence[PredictedScene],
    unchanged: npt.NDArray[np.bool_],
    grid: PixelGrid,
    settings: CompositeSettings,
    legend: Legend,
    progress: Progress = silent,
) -> "LetterCounts":
    """Count what pixels that kept their class looked like in a year, against the former map.

    The former map may be wrong there: its errors are what evidence must know of.

    Args:
        former: the year that the pixels are remembered by.
        scenes: of the year that is counted.
        unchanged: (h, w) bool: pixels that are known to have kept their class; blocks without
            any are not read.
        grid: of all files.
        settings: that the former map was made with.
        legend: of the codes.
        progress: told after each block.

    Returns:
        Counts; nothing is counted as changed.

    Raises:
        InvalidProduct: a file does not fit.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    from lulc_assets.core.change.counting import UNKNOWN, LetterCounts, count_letters  # numba

    counts = LetterCounts.empty(len(legend.land))
    takes = observations_by_date(scenes)
    days = [take.date for take in takes]
    with ExitStack() as stack:
        sums = {
            name: stack.enter_context(SumsFile(path, grid)) for name, path in former.sums.items()
        }
        reader = stack.enter_context(BlockReader(grid, 1, takes, legend))
        windows = [w for w in grid.blocks(BLOCK_PX) if takes and unchanged[w.slices].any()]
        for done, window in enumerate(windows, start=1):
            known = remember_block(former.class_map, sums, window, settings, legend)
            counts = counts + count_letters(
                reader.read(takes, window),
                days,
                known.classes,
                known.familiar,
                settings.parts(),
                np.where(unchanged[window.slices], 0, UNKNOWN).astype(np.uint16),
                len(legend.land),
                known.flagged,
            )
            progress(done, len(windows), "blocks of labels counted")
    return counts
