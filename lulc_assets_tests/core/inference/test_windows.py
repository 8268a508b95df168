from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.inference.windows import (
    WindowSettings,
    pad_to,
    plan_windows,
    surroundings,
)

NEEDS = SimpleNamespace(stride=16, halo_px=48, bytes_per_px=200)


def grid_of(height, width):
    return PixelGrid(32633, 0.0, 0.0, height, width)


@given(
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from([32, 64, 96, None]),
    st.sampled_from([0, 32, 64, None]),
    st.sampled_from([5, 8]),
)
def test_cores_cover_the_grid_once_and_windows_have_one_shape(height, width, block, halo, memory):
    settings = WindowSettings(block, halo, memory_mb=memory)
    plan = plan_windows(grid_of(height, width), settings, NEEDS)
    seen = np.zeros((height, width), int)
    numbers = np.arange(height * width).reshape(height, width)
    assert len(list(plan)) == len(plan)
    for window in plan:
        seen[window.core.slices] += 1
        outer = numbers[window.outer.slices]
        np.testing.assert_array_equal(outer[window.core_in_outer], numbers[window.core.slices])
        assert window.outer.row % 16 == window.outer.col % 16 == 0
        # Only padding up to the next multiple of the stride is missing from the shape.
        assert 0 <= plan.shape[0] - outer.shape[0] < 16
        assert 0 <= plan.shape[1] - outer.shape[1] < 16
    assert (seen == 1).all()
    if block is None:
        assert plan.shape[0] * plan.shape[1] * NEEDS.bytes_per_px <= memory * 1e6


@given(st.integers(1, 500), st.sampled_from([0, 32, 64]))
def test_each_core_has_its_halo_or_the_border_of_the_grid(size, halo):
    plan = plan_windows(grid_of(size, size), WindowSettings(64, halo), NEEDS)
    for window in plan:
        before = window.core.row - window.outer.row
        after = window.outer.row + window.outer.height - window.core.row - window.core.height
        assert before >= halo or window.outer.row == 0
        assert after >= halo or window.outer.row + window.outer.height == size


@given(
    st.integers(0, 300),
    st.integers(1, 300),
    st.integers(0, 200),
    st.sampled_from([32, 64, None]),
    st.sampled_from([0, 32, None]),
)
def test_an_area_is_mapped_with_what_its_tile_has_beside_it(start, size, beyond, block, halo):
    tile = grid_of(start + size + beyond, 100)
    grid, settings = tile.cut(Window(start, 0, size, 100)), WindowSettings(block, halo, memory_mb=8)
    seen = surroundings(grid, tile, settings, NEEDS)
    plan = plan_windows(grid, settings, NEEDS, seen)
    mapped = np.zeros(size, int)
    needed = plan.halo_px
    for window in plan:
        core, outer = window.core, window.outer
        if core.col == 0:
            mapped[core.row : core.row + core.height] += 1
        first, last = start + outer.row, start + outer.row + outer.height
        assert 0 <= first <= last <= tile.height
        assert core.row - outer.row >= needed or not needed or first == 0
        end = outer.row + outer.height - core.row - core.height
        assert end >= needed or not needed or last == tile.height
        assert not needed or first % NEEDS.stride == 0
    assert (mapped == 1).all()


def test_a_whole_tile_has_the_windows_and_the_identity_that_it_had():
    tile, settings = grid_of(500, 400), WindowSettings(64)
    assert surroundings(tile, tile, settings, NEEDS) == tile
    assert settings.identity(tile, NEEDS, tile) == settings.identity(tile, NEEDS)
    part = tile.cut(Window(0, 0, 500, 300))
    assert settings.identity(part, NEEDS, tile) != settings.identity(part, NEEDS)


def test_no_fewer_windows_would_do_and_no_shorter_ones():
    plan = plan_windows(grid_of(1000, 1000), WindowSettings(memory_mb=40), NEEDS)
    assert plan.shape == (400, 400)
    assert len(plan) == 9
    longest = int((40e6 / NEEDS.bytes_per_px) ** 0.5)
    assert 2 * NEEDS.halo_px + 2 * (longest - 2 * NEEDS.halo_px) < 1000
    assert plan.useful_share == pytest.approx(1000**2 / (9 * 400**2))


def test_a_grid_that_fits_is_one_window():
    plan = plan_windows(grid_of(150, 200), WindowSettings(), NEEDS)
    assert (plan.shape, len(plan)) == ((160, 208), 1)


def test_the_identity_is_of_the_windows_not_of_the_words_for_them():
    small = grid_of(150, 200)
    one, other = WindowSettings(), WindowSettings(memory_mb=900)
    assert one.identity(small, NEEDS) == other.identity(small, NEEDS)
    assert one.identity(small, NEEDS) != WindowSettings(flips=True).identity(small, NEEDS)
    large = grid_of(4000, 4000)
    assert one.identity(large, NEEDS) != other.identity(large, NEEDS)


@pytest.mark.parametrize(
    ("block", "halo", "memory"), [(100, 64, 1), (512, 20, 1), (0, 64, 1), (512, -32, 1), (64, 0, 0)]
)
def test_sizes_that_shift_the_phase_of_strides_are_refused(block, halo, memory):
    with pytest.raises(ValueError, match=r"multiples|small|memory_mb"):
        WindowSettings(block, halo, memory)


def test_a_halo_that_leaves_no_block_is_refused():
    with pytest.raises(ValueError, match="memory_mb = 1"):
        plan_windows(grid_of(500, 500), WindowSettings(memory_mb=1), NEEDS)


def test_padding_reflects_below_and_to_the_right():
    dn = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    padded = pad_to(dn, (8, 8))
    assert padded.shape == (2, 8, 8)
    np.testing.assert_array_equal(padded[:, :5, :6], dn)
    np.testing.assert_array_equal(padded[:, 5, :6], dn[:, 3])
    np.testing.assert_array_equal(padded[:, :5, 6], dn[:, :, 4])
    assert pad_to(dn, (5, 6)) is dn


def test_a_strip_thinner_than_its_padding_is_padded_too():
    padded = pad_to(np.ones((6, 1, 3), np.uint16), (16, 16))
    assert padded.shape == (6, 16, 16)
    assert (padded == 1).all()
