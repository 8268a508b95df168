"""What the maps say about a sample: mapped areas, and the map class under each unit.

What belongs here: summing areas over owned pixels and looking units up, tile by tile.
What does not: estimates and verdicts (``build.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.sampling.sample import ReferenceSample

_ROWS = 1024
"""Rows summed at a time: 10980 columns of float64 areas are then 90 MB."""

ELSEWHERE = -1
"""Map code of a unit that lies on no owned pixel."""


@dataclass(frozen=True)
class TilePart:
    """One tile's map, as much of it as a report needs.

    Attributes:
        tile: key, named in messages.
        class_map: shape (h, w), uint8, codes 1–9, 0 = no data.
        owned: shape (h, w), bool: pixels that belong to this tile and no other.
        pixel_areas_ha: shape (h, w), float64, true ground area.
        grid: of all three.
    """

    tile: str
    class_map: npt.NDArray[np.uint8]
    owned: npt.NDArray[np.bool_]
    pixel_areas_ha: npt.NDArray[np.float64]
    grid: PixelGrid


@dataclass(frozen=True)
class Population:
    """Mapped areas and the units' map classes.

    Attributes:
        class_areas_ha: shape (n_classes,), float64: owned pixels of codes 1…n.
        no_data_area_ha: owned pixels of code 0.
        map_codes: shape (n,), int64: code under each unit of the sample, 0 on no data,
            :data:`ELSEWHERE` where no tile owns a pixel.
        offsets: shape (n, 2), float64: columns and rows from the middle of its pixel to each
            unit, −0.5…0.5; NaN elsewhere.
    """

    class_areas_ha: npt.NDArray[np.float64]
    no_data_area_ha: float
    map_codes: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.float64]


def observe(
    parts: Iterable[TilePart], sample: ReferenceSample | None, n_classes: int
) -> Population:
    """Sum areas by class and look up each unit's map code, one tile after the other.

    Raises:
        InvalidProduct: a tile comes twice, two tiles own one place, arrays do not fit their
            grid, or a map holds a code above ``n_classes``.
    """
    n = 0 if sample is None else len(sample.units)
    map_codes = np.full(n, ELSEWHERE, dtype=np.int64)
    offsets = np.full((n, 2), np.nan)
    areas = np.zeros(n_classes + 1)
    seen: set[str] = set()
    for part in parts:
        if part.tile in seen:
            raise InvalidProduct(f"tile {part.tile} is listed twice in one region")
        seen.add(part.tile)
        _check_part(part)
        areas += _sum_areas(part, n_classes)
        if sample is None or n == 0:
            continue
        codes, off_centre = _look_up(part, sample)
        here = codes != ELSEWHERE
        claimed = here & (map_codes != ELSEWHERE)
        if claimed.any():
            unit = sample.units["unit_id"].iloc[int(np.flatnonzero(claimed)[0])]
            raise InvalidProduct(
                f"tile {part.tile} and another tile both own the place of unit {unit!r}; "
                "every place must be counted once"
            )
        map_codes[here] = codes[here]
        offsets[here] = off_centre[here]
    return Population(areas[1:], float(areas[0]), map_codes, offsets)


def _check_part(part: TilePart) -> None:
    for name in ("class_map", "owned", "pixel_areas_ha"):
        shape = getattr(part, name).shape
        if shape != part.grid.shape:
            raise InvalidProduct(
                f"tile {part.tile}: {name} has shape {shape}, its grid {part.grid.shape}"
            )


def _sum_areas(part: TilePart, n_classes: int) -> npt.NDArray[np.float64]:
    """Area of codes 0…n over owned pixels, shape (n_classes + 1,), hectares."""
    areas = np.zeros(n_classes + 1)
    for start in range(0, part.grid.height, _ROWS):
        rows = slice(start, start + _ROWS)
        owned = part.owned[rows]
        codes = part.class_map[rows][owned]
        if codes.size and codes.max() > n_classes:
            raise InvalidProduct(
                f"tile {part.tile}: the map holds code {codes.max()}; land classes are "
                f"1…{n_classes} and 0 is no data"
            )
        hectares = part.pixel_areas_ha[rows][owned]
        areas += np.bincount(codes, weights=hectares, minlength=n_classes + 1)
    return areas


def _look_up(
    part: TilePart, sample: ReferenceSample
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Map code under each unit, ``ELSEWHERE`` where the tile owns no pixel, and its offset."""
    points = sample.units.geometry.to_crs(epsg=part.grid.epsg)
    xs, ys = points.x.to_numpy(), points.y.to_numpy()
    rows, cols = part.grid.cells(xs, ys)
    grid = part.grid
    across, down = (xs - grid.x0) / grid.pixel_m, (grid.y0 - ys) / grid.pixel_m
    offsets = np.column_stack([across - cols, down - rows]) - 0.5
    height, width = part.grid.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    codes = np.full(len(points), ELSEWHERE, dtype=np.int64)
    found = np.flatnonzero(inside)
    owned = part.owned[rows[found], cols[found]]
    found = found[owned]
    codes[found] = part.class_map[rows[found], cols[found]]
    return codes, offsets
