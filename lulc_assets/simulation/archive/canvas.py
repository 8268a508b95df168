"""Canvases: which tiles share one continuous landscape, and where each lies on it.

What belongs here: grouping of areas that touch, the canvas around them, the part of the
canvas that a tile or a swath covers. What does not: what is on the canvas.
"""

from dataclasses import dataclass

import numpy as np

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.simulation.archive.areas import SimulatedTile
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.sky.passes import Pass
from lulc_assets.simulation.world.fields import Bools

MARGIN_PX = 12
"""Around the areas, so that blurring and shifting never see the end of the world."""

_EDGE_SLANT = 0.22
"""Columns per row: the ground track of a descending orbit at middle latitudes."""


@dataclass(frozen=True)
class Canvas:
    """A grid that covers a group of touching areas with a margin.

    Attributes:
        grid: 10 m grid with even height and width.
        tiles: areas on it, from west to east, then from north to south.
    """

    grid: PixelGrid
    tiles: tuple[SimulatedTile, ...]

    @property
    def place(self) -> tuple[int, int, int]:
        """Numbers that tell canvases apart, for seeds."""
        return self.grid.epsg, int(self.grid.x0), int(self.grid.y0)

    def window(self, tile: SimulatedTile) -> Window:
        """Where a tile's area lies on the canvas."""
        return self.grid.window_of(tile.grid)


def make_canvases(spec: ArchiveSpec) -> list[Canvas]:
    """Group areas that touch or overlap; one canvas per group, in order of the tiles."""
    groups: list[list[SimulatedTile]] = []
    for tile in spec.tiles:
        near = [g for g in groups if any(_touch(tile.grid, other.grid) for other in g)]
        groups = [g for g in groups if g not in near]
        groups.append([t for g in near for t in g] + [tile])
    return [_around(group) for group in groups]


def _touch(one: PixelGrid, other: PixelGrid) -> bool:
    left, bottom, right, top = one.bounds
    left2, bottom2, right2, top2 = other.bounds
    apart = left > right2 or left2 > right or bottom > top2 or bottom2 > top
    return one.epsg == other.epsg and not apart


def _around(group: list[SimulatedTile]) -> Canvas:
    tiles = tuple(sorted(group, key=lambda t: (t.grid.x0, -t.grid.y0)))
    bounds = np.array([t.grid.bounds for t in tiles])
    pixel = tiles[0].grid.pixel_m
    margin = MARGIN_PX * pixel
    x0, y0 = bounds[:, 0].min() - margin, bounds[:, 3].max() + margin
    width = int((bounds[:, 2].max() + margin - x0) / pixel)
    height = int((y0 - (bounds[:, 1].min() - margin)) / pixel)
    return Canvas(PixelGrid(tiles[0].grid.epsg, float(x0), float(y0), height, width), tiles)


def swath_of(canvas: Canvas, scene: Pass) -> Bools:
    """What the swath covers of the canvas at 20 m, shape (h / 2, w / 2), bool.

    The edge crosses the tile ``scene.edge_of``; the swath lies on the side on which the
    other tiles of the canvas are (to the east when there is none).
    """
    half = (canvas.grid.height // 2, canvas.grid.width // 2)
    if scene.edge_of is None:
        return np.ones(half, dtype=bool)
    tile = next(t for t in canvas.tiles if t.tile == scene.edge_of)
    window = canvas.window(tile)
    rng = np.random.default_rng([*canvas.place, scene.year, scene.number, 8])
    westmost = tile == canvas.tiles[0]
    share = rng.uniform(0.2, 0.55)
    crossing = window.col + window.width * (share if westmost else 1 - share)
    rows, cols = np.indices(half)
    middle = (window.row + window.height / 2) / 2
    line = crossing / 2 - _EDGE_SLANT * (rows - middle)
    covered: Bools = cols >= line if westmost else cols <= line
    return covered
