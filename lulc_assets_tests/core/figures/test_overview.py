import numpy as np

from lulc_assets.core.figures.overview import OVERVIEW_PX, join_maps
from lulc_assets.core.grid import PixelGrid


def tile(x0: float, code: int, epsg: int = 32633, side: int = 40) -> tuple[PixelGrid, np.ndarray]:
    return PixelGrid(epsg, x0, 5_000_000.0, side, side), np.full((side, side), code, np.uint8)


def test_neighbours_become_one_map_and_no_data_hides_nobody():
    empty = tile(500_300.0, 0)
    joined = join_maps([tile(500_000.0, 1), tile(500_400.0, 2), empty])
    assert joined is not None
    grid, classes = joined
    assert (grid.x0, grid.shape) == (500_000.0, (40, 80))
    assert (classes[:, :40] == 1).all()
    assert (classes[:, 40:] == 2).all()


def test_a_large_region_is_shrunk():
    joined = join_maps([tile(500_000.0, 1, side=700), tile(507_000.0, 2, side=700)])
    assert joined is not None
    assert max(joined[0].shape) <= OVERVIEW_PX
    assert (joined[0].pixel_m, set(np.unique(joined[1]))) == (20.0, {1, 2})


def test_zones_and_distance_that_one_picture_cannot_hold_are_left_alone():
    assert join_maps([]) is None
    assert join_maps([tile(500_000.0, 1), tile(500_000.0, 1, epsg=32632)]) is None
    assert join_maps([tile(500_000.0, 1), tile(520_000.0, 1)]) is None
