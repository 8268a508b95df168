"""Where the maps of neighbouring tiles meet: which of those that show a place counts there.

What belongs here: the rule for the tiles of one map, as boxes, masks and points. What does not:
which square a place lies in (``grid``), reading areas of interest (``aoi``).

A Sentinel-2 tile has ground for 9.8 km beyond the eastern and southern sides of its square, but
for at most 60 m beyond the western and northern ones. Near those a network sees less than it
needs. So the border of two squares is moved east and south by ``grid.SHIFT_M``, where the other
tile sees both sides: in each square the strips along the western and northern sides, and the
corner between them, go to the neighbours. A place stays with its own square's tile where the
neighbour is not of the project or its window does not show the place. What is counted in all
is not changed by that, only from which map.

Tiles of different zones share no grid; between them the limit of the zone stands.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.area_pixels import inside_mask, owned_points
from lulc_assets.core.grid import SHIFT_M, PixelGrid, Window, owned_mask, square_bounds
from lulc_assets.core.tile_keys import SQUARE_M

_NORTHWEST, _WEST, _NORTH = (-1, 1), (-1, 0), (0, 1)
Bools = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]


class Box(NamedTuple):
    """Ground in a projection, metres; western and southern edge inclusive."""

    left: float
    bottom: float
    right: float
    top: float

    def meet(self, other: "Box") -> "Box | None":
        """What both cover; None: nothing."""
        box = Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )
        return box if box.left < box.right and box.bottom < box.top else None

    def holds(self, xs: Metres, ys: Metres) -> Bools:
        """Which points lie in it."""
        return (xs >= self.left) & (xs < self.right) & (ys >= self.bottom) & (ys < self.top)


class _Part(NamedTuple):
    """Part of a square, and the neighbours that come before its own tile there."""

    home: str
    box: Box
    before: tuple[str, ...]


def hidden_boxes(tile: str, grids: Mapping[str, PixelGrid]) -> list[Box]:
    """Ground of a tile's products that another tile of the project counts.

    Args:
        tile: MGRS square.
        grids: tile → grid of its products, of all tiles that make one map.

    Returns:
        Boxes in the tile's projection, on its pixels; they may overlap.
    """
    own, hidden = Box(*grids[tile].bounds), []
    for part in _parts(tile, grids):
        box = part.box.meet(own)
        if box is None:
            continue
        if tile != part.home and tile not in part.before:
            hidden.append(box)
            continue
        rank = part.before.index(tile) if tile in part.before else len(part.before)
        shared = (box.meet(Box(*grids[other].bounds)) for other in part.before[:rank])
        hidden += [each for each in shared if each is not None]
    return hidden


def gained_boxes(tile: str, grids: Mapping[str, PixelGrid]) -> list[tuple[str, Box]]:
    """Ground of neighbours' squares that the tile counts unless it is hidden, with its square.

    As :func:`hidden_boxes`; these boxes do not overlap.
    """
    own = Box(*grids[tile].bounds)
    met = ((p.home, p.box.meet(own)) for p in _parts(tile, grids) if tile in p.before)
    return [(home, box) for home, box in met if box is not None]


def shown_mask(tile: str, grids: Mapping[str, PixelGrid]) -> Bools:
    """Pixels of a tile's products that count, shape (h, w) of its grid, bool.

    Over all tiles these are the pixels that ``grid.owned_mask`` gives, each place once.
    """
    grid = grids[tile]
    mask = owned_mask(tile, grid)
    for home, box in gained_boxes(tile, grids):
        window = _window(grid, box)
        mask[window.slices] = owned_mask(home, grid.cut(window))
    for box in hidden_boxes(tile, grids):
        mask[_window(grid, box).slices] = False
    return mask


def counted_mask(tile: str, grids: Mapping[str, PixelGrid], area: BaseGeometry | None) -> Bools:
    """Pixels that the tile's products count and whose centre lies in the area, (h, w), bool.

    Args:
        tile: MGRS square.
        grids: tile → grid of its products, of all tiles that make one map.
        area: polygons in longitude and latitude (``aoi.read_area``); None: no limit.
    """
    shown = shown_mask(tile, grids)
    return shown if area is None else shown & inside_mask(grids[tile], area)


def shown_points(tile: str, xs: Metres, ys: Metres, grids: Mapping[str, PixelGrid]) -> Bools:
    """Which points count from a tile's products, as :func:`shown_mask` says it of pixels.

    Args:
        tile: MGRS square.
        xs: eastings in the tile's projection, shape (n,); on the tile's grid.
        ys: northings, likewise.
        grids: as of :func:`hidden_boxes`.
    """
    shown = owned_points(tile, xs, ys)
    for home, box in gained_boxes(tile, grids):
        inside = box.holds(xs, ys)
        shown[inside] = owned_points(home, xs[inside], ys[inside])
    for box in hidden_boxes(tile, grids):
        shown &= ~box.holds(xs, ys)
    return shown


def _parts(tile: str, grids: Mapping[str, PixelGrid]) -> Iterator[_Part]:
    """Parts of all squares of the tile's zone, as far as their own tiles show them."""
    zone = [name for name in sorted(grids) if grids[name].epsg == grids[tile].epsg]
    corners = {square_bounds(name)[:2]: name for name in zone}
    for home in zone:
        left, bottom, right, top = square_bounds(home)
        x, y = left + SHIFT_M, top - SHIFT_M
        found = {
            (column, row): corners.get((left + column * SQUARE_M, bottom + row * SQUARE_M))
            for column, row in (_NORTHWEST, _WEST, _NORTH)
        }
        for box, order in (
            (Box(left, y, x, top), (_NORTHWEST, _WEST, _NORTH)),
            (Box(left, bottom, x, y), (_WEST,)),
            (Box(x, y, right, top), (_NORTH,)),
            (Box(x, bottom, right, y), ()),
        ):
            shown = box.meet(Box(*grids[home].bounds))
            if shown is not None:
                yield _Part(home, shown, tuple(n for side in order if (n := found[side])))


def _window(grid: PixelGrid, box: Box) -> Window:
    """Pixels of a grid in a box that lies on it."""
    size = grid.pixel_m
    row, end = round((grid.y0 - box.top) / size), round((grid.y0 - box.bottom) / size)
    col, last = round((box.left - grid.x0) / size), round((box.right - grid.x0) / size)
    return Window(row, col, end - row, last - col)
