"""Pixels that count for an area: each once, by its centre."""

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.area_pixels import inside_mask
from lulc_assets.core.grid import PixelGrid, owned_mask, tile_grid
from lulc_assets.core.seams import counted_mask

ACROSS = (498_000.0, 5_145_000.0, 502_500.0, 5_148_000.0)
"""Over the border of 33TVM and 33TWM, in EPSG:32633."""


def degrees(shape: shapely.Geometry, epsg: int = 32633) -> shapely.Geometry:
    move = Transformer.from_crs(epsg, 4326, always_xy=True).transform
    return shapely.transform(shapely.segmentize(shape, 200.0), move, interleaved=False)


def test_a_pixel_counts_when_its_centre_lies_in_the_polygon():
    grid = PixelGrid(32633, 499_000.0, 5_146_000.0, 40, 30)
    triangle = shapely.Polygon(
        [(499_050, 5_145_950), (499_250, 5_145_950), (499_050, 5_145_650), (499_050, 5_145_950)]
    )
    xs = 499_005.0 + 10 * np.arange(30)
    ys = 5_145_995.0 - 10 * np.arange(40)
    expected = shapely.contains_xy(triangle, *np.meshgrid(xs, ys))
    found = inside_mask(grid, degrees(triangle))
    assert found.any()
    assert (found ^ expected).sum() <= 2  # centres on the hypotenuse itself


def test_tiles_count_every_pixel_of_an_area_once_and_no_other():
    area = degrees(shapely.box(*ACROSS).buffer(-500).buffer(500))
    cover = cover_area(area)
    grids = {part.tile: tile_grid(part.tile).cut(part.window) for part in cover}
    for part in cover:
        own = owned_mask(part.tile, grids[part.tile]) & inside_mask(grids[part.tile], area)
        assert own.sum() / 1e4 == pytest.approx(part.area_km2, rel=0.002)
    total = sum(int(counted_mask(tile, grids, area).sum()) for tile in grids)
    move = Transformer.from_crs(4326, 32633, always_xy=True).transform
    assert total / 1e4 == pytest.approx(
        shapely.transform(area, move, interleaved=False).area / 1e6, rel=0.001
    )


def test_without_an_area_every_owned_pixel_counts():
    grid = tile_grid("33TVM")
    small = PixelGrid(grid.epsg, 499_900.0, 5_146_000.0, 20, 20)
    assert (counted_mask("33TVM", {"33TVM": small}, None) == owned_mask("33TVM", small)).all()


def test_an_area_elsewhere_counts_nothing():
    grid = PixelGrid(32633, 499_000.0, 5_146_000.0, 40, 30)
    assert not inside_mask(grid, shapely.box(-60, -10, -59, -9)).any()
