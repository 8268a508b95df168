import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.imagery.resample import place_axis, sample_bilinear, sample_nearest


def axis(first, count, *, step=10.0, origin=0.0, source_step=20.0, size=4):
    return place_axis(
        first, count, step_m=step, origin_m=origin, source_step_m=source_step, source_size=size
    )


def test_bilinear_from_20_m_to_10_m_equals_the_hand_computation():
    # Centres of the 10 m pixels lie a quarter of a 20 m pixel from the 20 m centres.
    source = np.array([[100, 200]], np.float32)
    result = sample_bilinear(source, source > 0, axis(0, 2, size=1), axis(0, 4, size=2))
    # held before the first centre, 3/4·100 + 1/4·200, 1/4·100 + 3/4·200, held after the last
    np.testing.assert_allclose(result, [[100, 125, 175, 200]] * 2)


def test_bilinear_in_two_dimensions_equals_the_hand_computation():
    source = np.array([[0.0, 100], [200, 300]], np.float32)
    result = sample_bilinear(
        source, np.ones_like(source, bool), axis(0, 4, size=2), axis(0, 4, size=2)
    )
    expected = 200 * np.array([0, 0.25, 0.75, 1])[:, None] + 100 * np.array([0, 0.25, 0.75, 1])
    np.testing.assert_allclose(result, expected, atol=1e-4)


@given(st.floats(-15, 15), st.floats(8, 12))
def test_a_ramp_stays_where_it_is_on_any_grid(origin, step):
    """A linear function of position is reproduced: nothing moves by half a pixel."""
    source = np.arange(1, 31, dtype=np.float32)[None, :] * 7
    cols = axis(0, 20, step=step, origin=origin, source_step=10.0, size=30)
    result = sample_bilinear(source, source > 0, axis(0, 1, size=1), cols)[0]
    u = (origin + (np.arange(20) + 0.5) * step) / 10.0 - 0.5
    free = (u >= 0) & (u <= 29)
    np.testing.assert_allclose(result[free], 7 * (u[free] + 1), rtol=1e-5)


def test_an_invalid_pixel_keeps_its_shape_and_bleeds_nowhere():
    source = np.full((5, 5), 400, np.float32)
    source[2, 2] = 0
    rows = axis(0, 10, size=5)
    result = sample_bilinear(source, source > 0, rows, rows)
    hole = np.zeros((10, 10), bool)
    hole[4:6, 4:6] = True
    np.testing.assert_array_equal(result, np.where(hole, 0, 400))


def test_nothing_valid_gives_zero_and_no_warning():
    source = np.zeros((3, 3), np.float32)
    assert not sample_bilinear(source, source > 0, axis(0, 6, size=3), axis(0, 6, size=3)).any()


def test_inside_ends_at_the_edge_of_the_source_not_at_its_last_centre():
    placed = axis(-2, 12, size=4)
    assert placed.inside.tolist() == [False] * 2 + [True] * 8 + [False] * 2
    assert placed.span(nearest=False) == (0, 4)


def test_nothing_inside_needs_no_source_pixel():
    assert axis(100, 3).span(nearest=False) == (0, 0)


def test_nearest_takes_the_pixel_that_holds_the_centre():
    source = np.array([[4, 9]], np.uint8)
    result = sample_nearest(source, axis(0, 2, size=1), axis(0, 4, size=2))
    assert result.tolist() == [[4, 4, 9, 9]] * 2


@pytest.mark.parametrize("first", [0, 3, 7])
def test_a_piece_of_the_axis_is_the_crop_of_the_whole(first):
    whole = axis(0, 12, step=9.7, origin=3.3, size=8)
    part = axis(first, 4, step=9.7, origin=3.3, size=8)
    assert part.weight.tolist() == whole.weight[first : first + 4].tolist()
    assert part.low.tolist() == whole.low[first : first + 4].tolist()
