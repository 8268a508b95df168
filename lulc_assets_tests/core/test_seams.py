"""Where the maps of neighbouring tiles meet: each place in one, and that one sees around it."""

import numpy as np
import pytest
import shapely

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.grid import SHIFT_M, PixelGrid, Window, owned_mask, tile_grid
from lulc_assets.core.seams import (
    counted_mask,
    gained_boxes,
    hidden_boxes,
    shown_mask,
    shown_points,
)
from lulc_assets_tests.core.test_area_pixels import degrees

CORNER = (497_000.0, 5_197_500.0, 503_000.0, 5_203_000.0)
"""Around the corner of 33TVM, 33TWM, 33TVN and 33TWN, in EPSG:32633."""
FOUR = ("33TVM", "33TVN", "33TWM", "33TWN")


def whole_cut(tile: str, bounds: tuple[float, float, float, float]) -> PixelGrid:
    """The part of a tile's raster in some bounds."""
    grid = tile_grid(tile)
    left, bottom, right, top = bounds
    col, row = max(0, (left - grid.x0) / 10), max(0, (grid.y0 - top) / 10)
    last = min(grid.width, (right - grid.x0) / 10)
    end = min(grid.height, (grid.y0 - bottom) / 10)
    return grid.cut(Window(int(row), int(col), int(end - row), int(last - col)))


def times_shown(grids: dict[str, PixelGrid], bounds) -> np.ndarray:
    """How often each pixel of some bounds counts."""
    left, bottom, right, top = bounds
    whole = PixelGrid(32633, left, top, round((top - bottom) / 10), round((right - left) / 10))
    count = np.zeros(whole.shape, int)
    for tile, grid in grids.items():
        count[whole.window_of(grid).slices] += shown_mask(tile, grids)
    return count


@pytest.mark.parametrize(
    "tiles", [FOUR, FOUR[1:], FOUR[:3], ("33TVM", "33TWM"), ("33TVM", "33TWN"), ("33TWM",)]
)
def test_what_counts_is_what_the_squares_of_the_tiles_hold_each_place_once(tiles):
    grids = {tile: whole_cut(tile, CORNER) for tile in tiles}
    left, bottom, right, top = CORNER
    whole = PixelGrid(32633, left, top, round((top - bottom) / 10), round((right - left) / 10))
    squares = sum(owned_mask(tile, whole).astype(int) for tile in tiles)
    assert (times_shown(grids, CORNER) == squares).all()
    assert squares.max() == 1


def test_the_tile_that_counts_sees_far_around_every_place():
    grids = {tile: whole_cut(tile, CORNER) for tile in FOUR}
    for tile, grid in grids.items():
        rows, cols = np.nonzero(shown_mask(tile, grids))
        raster = tile_grid(tile)
        place = raster.window_of(grid)
        for first, last, size in (
            (rows.min() + place.row, rows.max() + place.row, raster.height),
            (cols.min() + place.col, cols.max() + place.col, raster.width),
        ):
            assert first >= SHIFT_M / 10
            assert size - 1 - last >= SHIFT_M / 10


def test_a_place_stays_with_its_square_where_the_neighbour_does_not_show_it():
    east = whole_cut("33TWM", (499_980, 5_145_000, 502_000, 5_147_000))
    west = whole_cut("33TVM", (498_000, 5_146_000, 500_300, 5_147_000))  # 300 m, upper half
    grids = {"33TVM": west, "33TWM": east}
    shown = shown_mask("33TWM", grids)
    assert not shown[:100, :32].any()
    assert shown[:100, 32:].all()
    assert (shown[100:] == owned_mask("33TWM", east)[100:]).all()
    assert (shown_mask("33TVM", grids)).all()


def test_a_tile_alone_counts_its_square():
    grids = {"33TVM": whole_cut("33TVM", CORNER)}
    assert hidden_boxes("33TVM", grids) == gained_boxes("33TVM", grids) == []
    assert (shown_mask("33TVM", grids) == owned_mask("33TVM", grids["33TVM"])).all()


def test_points_count_as_the_pixels_that_hold_them():
    grids = {tile: whole_cut(tile, CORNER) for tile in FOUR}
    for tile, grid in grids.items():
        rows, cols = np.indices(grid.shape)
        xs, ys = grid.x0 + 10 * cols + 5, grid.y0 - 10 * rows - 5
        found = shown_points(tile, xs.ravel(), ys.ravel(), grids)
        assert (found == shown_mask(tile, grids).ravel()).all()


def test_the_limit_of_a_zone_stands():
    """33TUM reaches over 12° east, where 32TQS owns the ground."""
    tiles = ("33TUM", "32TQS")
    grids = {tile: tile_grid(tile).cut(Window(0, 0, 10_980, 10_980)) for tile in tiles}
    for tile in tiles:
        rows = slice(5000, 5100)
        assert (shown_mask(tile, grids)[rows] == owned_mask(tile, grids[tile])[rows]).all()


def test_the_windows_of_an_area_show_it_on_both_sides_of_the_seam():
    area = degrees(shapely.box(498_000, 5_145_000, 502_500, 5_148_000))
    cover = {part.tile: part for part in cover_area(area)}
    grids = {tile: tile_grid(tile).cut(part.window) for tile, part in cover.items()}
    assert grids["33TVM"].bounds[2] == 501_000  # 500 000 m + 960 m, on a multiple of 60 m
    assert grids["33TWM"].bounds[0] == 499_980
    counted = {tile: counted_mask(tile, grids, area) for tile in grids}
    assert not counted["33TWM"][:, : SHIFT_M // 10 + 2].any()
    total = sum(int(mask.sum()) for mask in counted.values())
    assert total / 1e4 == pytest.approx(4.5 * 3.0, rel=1e-3)
