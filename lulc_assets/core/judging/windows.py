"""Labelled windows and labelled ground: which pixels of a set of chips are the same evidence.

What belongs here: finding the windows that annotators labelled, and counting the ground that they
labelled, across chips, dates and overlapping tiles. What does not: scores.

Chips do not know the window that they were cut from: chips overlap, a window can lie in
four of them, and each date has chips of its own. Windows are found on the ground: labelled
pixels nearer than about :data:`CELL_PX` pixels belong together. A gap in a window (pixels on
which annotators disagreed, clouds of one date) therefore does not make two of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lulc_assets.core.training.dataset import ChipSelection

CELL_PX = 8
"""Side of the cells in which labels are looked for, 80 m at 10 m; cells that touch, corners
included, are one window."""

_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))

Cell = tuple[Any, int, int]
"""CRS, row and column of a cell, counted from the origin of the CRS."""


@dataclass(frozen=True)
class Windows:
    """Windows of a selection of chips.

    Attributes:
        count: windows.
        of_cell: cell → number of its window.
    """

    count: int
    of_cell: Mapping[Cell, int]

    def of_pixels(self, selection: ChipSelection, item: int) -> npt.NDArray[np.int64]:
        """Window of each labelled pixel of a chip, (s, s) int64, −1 = unlabelled."""
        mask = selection.mask(item) > 0
        crs, rows, cols = _cells_of(selection, item, CELL_PX)
        numbers = np.full((len(np.unique(rows)), len(np.unique(cols))), -1, dtype=np.int64)
        for row, col in _filled(mask, rows, cols):
            cell = (crs, int(row), int(col))
            numbers[row - rows.min(), col - cols.min()] = self.of_cell[cell]
        spread = numbers[rows - rows.min()][:, cols - cols.min()]
        found: npt.NDArray[np.int64] = np.where(mask, spread, -1)
        return found


def find_windows(selection: ChipSelection) -> Windows:
    """Find the windows of a selection: on all dates and tiles of one UTM zone together.

    Tiles in different zones do not know of each other; a window in both counts twice.
    """
    cells: dict[Cell, int] = {}
    for item in range(len(selection)):
        crs, rows, cols = _cells_of(selection, item, CELL_PX)
        for row, col in _filled(selection.mask(item) > 0, rows, cols):
            cells.setdefault((crs, int(row), int(col)), len(cells))
    pairs = [
        (number, cells[crs, row + down, col + right])
        for (crs, row, col), number in cells.items()
        for down, right in _NEIGHBOURS
        if (crs, row + down, col + right) in cells
    ]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(cells), len(cells)))
    count, numbers = connected_components(graph, directed=False)
    return Windows(int(count), {c: int(n) for c, n in zip(cells, numbers, strict=True)})


def count_ground(selection: ChipSelection, classes: int) -> npt.NDArray[np.int64]:
    """Labelled ground of each class in pixels, (classes,) int64.

    A place counts once, however many chips and dates show it; one that two dates label with two
    classes counts once for each. Places in two UTM zones are two.
    """
    places: dict[Any, list[npt.NDArray[np.int64]]] = {}
    for item in range(len(selection)):
        mask = selection.mask(item)
        crs, rows, cols = _cells_of(selection, item, 1)
        down, right = np.nonzero(mask)
        at = np.stack([rows[down], cols[right], mask[down, right].astype(np.int64)], axis=1)
        places.setdefault(crs, []).append(np.unique(at, axis=0))
    ground = np.zeros(classes, dtype=np.int64)
    for parts in places.values():
        codes = np.unique(np.concatenate(parts), axis=0)[:, 2]
        ground += np.bincount(codes, minlength=classes + 1)[1:]
    return ground


def _cells_of(
    selection: ChipSelection, item: int, cell_px: int
) -> tuple[Any, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """CRS of a chip, and the cell row of each pixel row and cell column of each column."""
    which, row = selection.places[item]
    index = selection.sets[which].index
    left, _, right, top = index.geometry.iloc[row].bounds
    size = selection.mask(item).shape[0]
    side = cell_px * (right - left) / size
    middles = (np.arange(size) + 0.5) * (right - left) / size
    rows = np.floor((middles - top) / side).astype(np.int64)
    cols = np.floor((left + middles) / side).astype(np.int64)
    return str(index.crs), rows, cols


def _filled(
    mask: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64], cols: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Cells with a labelled pixel, (n, 2)."""
    at = np.nonzero(mask)
    found: npt.NDArray[np.int64] = np.unique(np.stack([rows[at[0]], cols[at[1]]], 1), axis=0)
    return found
