"""How a pixel of a change map came about: each date of both years, by the very same loop.

What belongs here: from two years and the layers of their change map to the dates of one pixel. What
does not: the loop (``grading``), alerts (``core/alerts/trace``), printing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.change.dates import iso_or_none
from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.layers import FROM, LAYERS
from lulc_assets.core.change.near import pixel_with_neighbours
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.change.pair import OpenPair, Pair
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import Legend


@dataclass(frozen=True)
class ChangeDate:
    """What one date said of a pixel.

    Attributes:
        date: ``YYYY-MM-DD``.
        code: class that the network saw, 0 = no data.
        probability: of that class, 0–255.
        counted: whether the date counted: land, not masked, in a season that both years saw.
        ratio: log of how much likelier the pixel and its neighbours look so as the class of this
            year's map than as that of the former one's, given the last date.
        posterior: of "changed once and stayed" after it, 0–1.
    """

    date: str
    code: int
    probability: int
    counted: bool
    ratio: float
    posterior: float


@dataclass(frozen=True)
class GradedPixel:
    """What the layers of a change map say of a pixel.

    Attributes:
        from_to: 100 · class of the former year + class of this year.
        grade: see :class:`Grade`.
        posterior: of 255.
        changed_on: day number, 0 = none.
    """

    from_to: int
    grade: int
    posterior: int
    changed_on: int

    @property
    def grade_name(self) -> str:
        """The grade in words; ``none`` where the maps agree."""
        return Grade(self.grade).name.lower()

    def to_dict(self, legend: Legend) -> dict[str, Any]:
        """Plain JSON types, in words."""
        return {
            "from_class": _name(self.from_to // FROM, legend),
            "to_class": _name(self.from_to % FROM, legend),
            "grade": self.grade_name,
            "posterior": round(self.posterior / 255, 3),
            "changed_on": iso_or_none(self.changed_on),
        }


@dataclass(frozen=True)
class ChangeTrace:
    """A pixel of a change map.

    Attributes:
        row: in the grid of the tile.
        col: likewise.
        stored: what the layers hold.
        recomputed: what the dates give.
        sieved: whether the minimum mapping unit took its change back.
        dates: of both years, by date; nothing counts where the maps agree.
    """

    row: int
    col: int
    stored: GradedPixel
    recomputed: GradedPixel
    sieved: bool
    dates: tuple[ChangeDate, ...]

    @property
    def agrees(self) -> bool:
        """Whether the dates give what is stored, but for the mapping unit."""
        return self.sieved or self.stored == self.recomputed

    def to_dict(self, legend: Legend) -> dict[str, Any]:
        """Plain JSON types; class names beside codes."""
        return {
            "row": self.row,
            "col": self.col,
            "agrees": self.agrees,
            "sieved": self.sieved,
            "stored": self.stored.to_dict(legend),
            "recomputed": self.recomputed.to_dict(legend),
            "dates": [{**asdict(one), "class": _name(one.code, legend)} for one in self.dates],
        }


def trace_change(
    pair: Pair, grid: PixelGrid, layers: Mapping[str, Path], row: int, col: int
) -> ChangeTrace:
    """Grade a pixel again, date by date, and compare it with the change map.

    Args:
        pair: that the change map was made from.
        grid: of all files.
        layers: file of each of ``LAYERS``.
        row: of the pixel.
        col: of the pixel.

    Raises:
        PointOutside: there is no such pixel.
        InvalidProduct: the two years may not be compared.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    from lulc_assets.core.change import grading  # numba

    block, near = pixel_with_neighbours(grid, row, col)
    at = (row - near.row, col - near.col)
    with OpenPair(pair, grid, 1) as years:
        window = years.read(block, near)
        trail = np.zeros((len(years.takes), grading.TRAIL), np.int64)
        found = grading.grade_pixel(*at, **years.arguments(window), trail=trail)
        takes = years.takes
    former, current = (int(code) for code in window.maps[(slice(None), *at)])
    from_to = FROM * former + current if former and current else 0
    one = Window(row, col, 1, 1)
    stored = GradedPixel(**{name: int(read_raster(layers[name], one)[0, 0]) for name in LAYERS})
    again = GradedPixel(from_to, *(int(value) for value in found))
    taken_back = GradedPixel(former * (FROM + 1), 0, 0, 0)
    views = window.views
    dates = tuple(
        ChangeDate(
            date=take.date,
            code=int(views.classes[(place, *at)]),
            probability=int(views.probabilities[(place, *at)]),
            counted=bool(said[grading.COUNTED]),
            ratio=round(int(said[grading.FOR_CURRENT] - said[grading.FOR_FORMER]) / LOG_ONE, 3),
            posterior=round(int(said[grading.POSTERIOR]) / 255, 3),
        )
        for place, (take, said) in enumerate(zip(takes, trail, strict=True))
    )
    return ChangeTrace(row, col, stored, again, again.grade > 0 and stored == taken_back, dates)


def _name(code: int, legend: Legend) -> str:
    return legend.by_code(code).name if code else "no_data"
