"""The map of an own case, and what the simulation knows of the same ground.

What belongs here: maps and truths of the pixels that the project counts. What does not: making
the case, the border of two tiles (``border``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import Legend
from lulc_assets.core.store.keys import TileYear
from lulc_assets.simulation.archive.own_case import OTHER, OWN_CLASSES, own_codes
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Judged:
    """One tile of the case, on the grid of its map.

    Attributes:
        tile: key.
        grid: of the map.
        mapped: codes of the project's legend, 0 = no data, (h, w) uint8.
        truth: likewise; 0 where nothing was simulated.
        counted: pixels that the tile owns in the polygon, (h, w) bool.
    """

    tile: str
    grid: PixelGrid
    mapped: Codes
    truth: Codes
    counted: npt.NDArray[np.bool_]


def judged_tiles(work: Workbench, archive: Path, year: int) -> Iterator[Judged]:
    """Map and truth of each tile of the project."""
    for tile in work.project.tiles:
        grid = work.grid(tile)
        mapped = read_raster(work.open(work.read(ANNUAL_MAP, TileYear(tile, year)), "class.tif"))
        truth = truth_on(archive, tile, year, grid, work.legend)
        yield Judged(tile, grid, mapped, truth, counted_pixels(work, tile))


def simulated_grid(archive: Path, tile: str, year: int) -> PixelGrid:
    """Where the archive has ground of a tile."""
    with rasterio.open(_truth_file(archive, tile, year)) as source:
        left, top, epsg = source.transform.c, source.transform.f, source.crs.to_epsg()
        return PixelGrid(epsg, left, top, source.height, source.width)


def truth_on(archive: Path, tile: str, year: int, grid: PixelGrid, legend: Legend) -> Codes:
    """True classes in the project's codes on any grid of the tile; 0 outside the simulation."""
    names = [*OWN_CLASSES, OTHER]
    to_legend = np.array([0, *(legend.code_of(name) for name in names)], np.uint8)
    whole = to_legend[own_codes()[read_raster(_truth_file(archive, tile, year))]]
    window = simulated_grid(archive, tile, year).window_of(grid)
    rows = np.arange(window.row, window.row + window.height)[:, None]
    cols = np.arange(window.col, window.col + window.width)[None, :]
    height, width = whole.shape
    found = whole[np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)]
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    return np.where(inside, found, 0).astype(np.uint8)


def _truth_file(archive: Path, tile: str, year: int) -> Path:
    return archive / "truth" / tile / str(year) / "tier_2.tif"
