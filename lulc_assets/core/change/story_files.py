"""Single-class stories as files, strip by strip.

What belongs here: layers of stories and of permanence as COGs. What does not: what a story is
(``stories``).
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.stories import (
    PERSISTENT,
    Persistence,
    persistence,
    stories_of,
    story_layer,
)
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX, read_raster, write_cog
from lulc_assets.core.legend import Legend


def write_stories(
    files: Mapping[str, Path], grid: PixelGrid, legend: Legend, folder: Path
) -> dict[str, Path]:
    """Write a layer for each story that the legend has classes for.

    Args:
        files: ``from_to`` and ``grade`` of a change map.
        grid: of both.
        legend: of the maps.
        folder: gets ``<story>.tif``: uint8, the grade of the change where it is the story's
            (1 sustained, 2 recent), 0 elsewhere.
    """
    told = stories_of(legend)
    layers = {story.name: np.zeros(grid.shape, np.uint8) for story in told}
    for row in range(0, grid.height, BLOCK_PX):
        strip = Window(row, 0, min(BLOCK_PX, grid.height - row), grid.width)
        from_to, grade = (read_raster(files[name], strip) for name in ("from_to", "grade"))
        if grade.any():
            for story in told:
                layers[story.name][strip.slices] = story_layer(story, from_to, grade, legend)
    return {
        story.name: write_cog(
            folder / f"{story.name}.tif",
            layers[story.name],
            grid,
            kind="class",
            nodata=0,
            description=f"{story.title}: 1 sustained, 2 recent",
        )
        for story in told
    }


def write_permanence(
    sums: Mapping[str, Path], grid: PixelGrid, legend: Legend, folder: Path
) -> tuple[dict[str, Path], dict[str, dict[str, int]]]:
    """Write where water and snow are permanent and where they are seasonal.

    Args:
        sums: part of the year → kept sums; with fewer than two parts nothing is written, since
            one season cannot tell.
        grid: of the sums.
        legend: whose classes are looked for.
        folder: gets ``permanent_<class>.tif``, see :class:`~.stories.Persistence`.

    Returns:
        Layer → file; class → name of the code → pixels.

    Raises:
        ProductCorrupt: the sums cannot be read.
    """
    names = [name for name in PERSISTENT if name in legend.names] if len(sums) > 1 else []
    layers = {name: np.zeros(grid.shape, np.uint8) for name in names}
    with ExitStack() as stack:
        opened = [stack.enter_context(SumsFile(path, grid)) for _, path in sorted(sums.items())]
        for window in grid.blocks(BLOCK_PX) if names else ():
            blocks = [one.read(window) for one in opened]
            votes, tallies = [b.sums for b in blocks], [b.tallies for b in blocks]
            for name in names:
                layers[name][window.slices] = persistence(votes, tallies, legend.code_of(name))
    files = {
        f"permanent_{name}": write_cog(
            folder / f"permanent_{name}.tif",
            layers[name],
            grid,
            kind="class",
            nodata=0,
            description=f"{name}: 1 never, 2 seasonal, 3 permanent",
        )
        for name in names
    }
    return files, {name: _counted(layers[name]) for name in names}


def _counted(layer: npt.NDArray[np.uint8]) -> dict[str, int]:
    counts = np.bincount(layer.ravel(), minlength=len(Persistence))
    return {one.name.lower(): int(counts[one]) for one in Persistence}
