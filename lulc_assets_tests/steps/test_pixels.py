"""From a point on the ground to the votes behind its pixel."""

import numpy as np
import pytest
from pyproj import Transformer

from lulc_assets.core.errors import PointOutside, ProductNotFound
from lulc_assets.steps.pixels import find_pixel, open_pixels, trace_point
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR


def point_of(place, row, col):
    grid = place.grid(TILE)
    x, y = grid.x0 + (col + 0.5) * grid.pixel_m, grid.y0 - (row + 0.5) * grid.pixel_m
    return Transformer.from_crs(grid.epsg, 4326, always_xy=True).transform(x, y)


def test_a_thousand_random_pixels_recompute_the_map(finished_work):
    rng = np.random.default_rng(0)
    height, width = finished_work.grid(TILE).shape
    rows, cols = rng.integers(0, height, 1000), rng.integers(0, width, 1000)

    with open_pixels(finished_work, KEY) as reader:
        traces = [reader.trace(int(r), int(c)) for r, c in zip(rows, cols, strict=True)]

    assert all(trace.recomputed == trace.stored for trace in traces)
    assert len({trace.stored.code for trace in traces}) > 1


def test_a_point_leads_to_its_pixel(finished_work):
    where, trace = trace_point(finished_work, *point_of(finished_work, 17, 203), YEAR)

    assert (where.tile, where.row, where.col) == (TILE, 17, 203)
    assert (trace.row, trace.col) == (17, 203)
    assert len(trace.votes) > 0


@pytest.mark.parametrize("point", [(14.0, 10.0), (400.0, 46.0), (float("nan"), 46.0)])
def test_a_point_outside_every_tile_is_refused(finished_work, point):
    with pytest.raises(PointOutside, match=r"not on the earth|in no tile"):
        find_pixel(finished_work, *point)


def test_a_year_without_a_map_is_named(finished_work):
    with pytest.raises(ProductNotFound, match=r"annual_map/33TVM/2019.*materialize"):
        trace_point(finished_work, *point_of(finished_work, 1, 1), 2019)
