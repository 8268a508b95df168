import numpy as np
import pytest

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.sampling.population import ELSEWHERE, TilePart, observe

from .samples import sample_at, small_grid


def part(tile="33TVL", codes=((1, 2), (0, 3)), owned=((1, 1), (1, 0)), grid=None):
    grid = grid or small_grid(2, 2)
    return TilePart(
        tile,
        np.array(codes, np.uint8),
        np.array(owned, bool),
        np.full(grid.shape, 0.01),
        grid,
    )


def test_areas_come_from_owned_pixels_and_no_data_stands_apart():
    population = observe([part()], None, 9)

    assert population.class_areas_ha.tolist() == [0.01, 0.01, 0, 0, 0, 0, 0, 0, 0]
    assert population.no_data_area_ha == 0.01


def test_units_off_owned_pixels_are_elsewhere():
    sample = sample_at(small_grid(2, 2), [0, 1, 1, 7, -1], [1, 0, 1, 7, -1], [1] * 5)

    assert observe([part()], sample, 9).map_codes.tolist() == [2, 0, ELSEWHERE] + [ELSEWHERE] * 2


def test_units_in_longitude_and_latitude_find_their_pixel():
    grid = small_grid(2, 2)
    sample = sample_at(grid, [0, 0], [0, 1], [1, 1])
    turned = sample.units.to_crs(4326)
    degrees = type(sample)(turned.assign(x=turned.geometry.x, y=turned.geometry.y), sample.design)

    assert observe([part()], degrees, 9).map_codes.tolist() == [1, 2]


def test_many_rows_sum_like_one_block():
    grid = small_grid(2500, 3)
    codes = np.random.default_rng(0).integers(0, 10, grid.shape)
    areas = pixel_areas_ha(grid)

    whole = TilePart("33TVL", codes.astype(np.uint8), np.ones(grid.shape, bool), areas, grid)

    population = observe([whole], None, 9)
    expected = [areas[codes == code].sum() for code in range(1, 10)]
    assert population.class_areas_ha == pytest.approx(expected)


def test_codes_outside_the_legend_are_refused():
    with pytest.raises(InvalidProduct, match="tile 33TVL: the map holds code 10"):
        observe([part(codes=((1, 10), (0, 3)))], None, 9)


def test_a_tile_may_come_only_once():
    with pytest.raises(InvalidProduct, match="33TVL is listed twice"):
        observe([part(), part()], None, 9)


def test_a_place_may_be_owned_only_once():
    sample = sample_at(small_grid(2, 2), [0], [1], [1])

    with pytest.raises(InvalidProduct, match=r"33TVM and another tile both own .*'u00000'"):
        observe([part(), part("33TVM")], sample, 9)


def test_arrays_must_fit_their_grid():
    with pytest.raises(InvalidProduct, match="class_map has shape"):
        observe([part(grid=small_grid(3, 2))], None, 9)
