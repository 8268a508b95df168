import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.inference.windows import WindowSettings, halo_windows, pad_to_stride


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.sampled_from([32, 64, 96]),
    st.sampled_from([0, 32]),
)
def test_cores_cover_the_grid_once_and_lie_in_their_outer_windows(height, width, block, halo):
    grid = PixelGrid(32633, 0.0, 0.0, height, width)
    seen = np.zeros(grid.shape, int)
    numbers = np.arange(height * width).reshape(grid.shape)
    for window in halo_windows(grid, WindowSettings(block, halo)):
        seen[window.core.slices] += 1
        outer = numbers[window.outer.slices]
        assert outer.shape == (window.outer.height, window.outer.width)
        np.testing.assert_array_equal(outer[window.core_in_outer], numbers[window.core.slices])
        assert window.outer.row % 32 == window.outer.col % 32 == 0
    assert (seen == 1).all()


def test_inner_blocks_have_the_whole_halo():
    grid = PixelGrid(32633, 0.0, 0.0, 192, 192)
    windows = list(halo_windows(grid, WindowSettings(64, 32)))
    assert (windows[4].outer.height, windows[4].outer.width) == (128, 128)


@pytest.mark.parametrize(("block", "halo"), [(100, 64), (512, 20), (0, 64), (512, -32)])
def test_sizes_that_shift_the_phase_of_strides_are_refused(block, halo):
    with pytest.raises(ValueError, match=r"multiples|small"):
        WindowSettings(block, halo)


def test_padding_reflects_below_and_to_the_right_and_is_invalid():
    reflectance = np.arange(2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)
    padded, valid = pad_to_stride(reflectance, np.ones((5, 6), bool), 8)
    assert padded.shape == (2, 8, 8)
    np.testing.assert_array_equal(padded[:, :5, :6], reflectance)
    np.testing.assert_array_equal(padded[:, 5, :6], reflectance[:, 3])
    np.testing.assert_array_equal(padded[:, :5, 6], reflectance[:, :, 4])
    assert valid.sum() == 30


def test_a_strip_thinner_than_its_padding_is_padded_too():
    padded, _ = pad_to_stride(np.ones((6, 1, 3), np.float32), np.ones((1, 3), bool), 16)
    assert padded.shape == (6, 16, 16)
    assert (padded == 1).all()
