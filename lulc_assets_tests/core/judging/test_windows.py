import geopandas as gpd
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.judging.windows import count_ground, find_windows
from lulc_assets.core.training.dataset import select_chips

SIZE = 32


def chips_at(corners, masks, crs="EPSG:32633"):
    """Gold chips of 32 px at 10 m; corners are (x, y) of the upper left, in pixels."""
    n = len(corners)
    index = gpd.GeoDataFrame(
        {"chip_id": [f"c{i}" for i in range(n)], "block_id": "0_0", "split": "gold"},
        geometry=[box(10 * x, 10 * (y - SIZE), 10 * (x + SIZE), 10 * y) for x, y in corners],
        crs=crs,
    )
    return Chips(np.zeros((n, 6, SIZE, SIZE), np.uint16), np.array(masks, np.uint8), index)


def mask_of(*parts):
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for rows, cols in parts:
        mask[rows, cols] = 3
    return mask


def windows_of(*chip_sets):
    selection = select_chips(chip_sets, "gold")
    windows = find_windows(selection)
    return windows, [windows.of_pixels(selection, i) for i in range(len(selection))]


def test_a_window_over_two_chips_and_two_dates_is_one():
    right, left = mask_of((slice(8, 24), slice(20, 32))), mask_of((slice(8, 24), slice(0, 10)))
    windows, found = windows_of(chips_at([(0, 0), (32, 0), (0, 0)], [right, left, right]))
    assert windows.count == 1
    assert (found[0][right > 0] == 0).all()
    assert (found[0][right == 0] == -1).all()


def test_two_windows_in_one_chip_are_two():
    mask = mask_of((slice(0, 6), slice(0, 6)), (slice(24, 32), slice(24, 32)))
    windows, (found,) = windows_of(chips_at([(0, 0)], [mask]))
    assert windows.count == 2
    assert found[0, 0] != found[31, 31]


def test_a_narrow_gap_does_not_divide_a_window():
    mask = mask_of((slice(0, 32), slice(0, 14)), (slice(0, 32), slice(18, 32)))
    assert windows_of(chips_at([(0, 0)], [mask]))[0].count == 1


def test_overlapping_tiles_of_a_zone_share_a_window_and_other_zones_do_not():
    mask = mask_of((slice(8, 24), slice(8, 24)))
    here, there = chips_at([(800, 0)], [mask]), chips_at([(800, 0)], [mask])
    assert windows_of(here, there)[0].count == 1
    other_zone = chips_at([(800, 0)], [mask], crs="EPSG:32634")
    assert windows_of(here, other_zone)[0].count == 2


def test_every_labelled_pixel_has_a_window_wherever_the_chip_lies():
    rng = np.random.default_rng(3)
    corners = [(int(x), int(y)) for x, y in rng.integers(-300, 300, (20, 2))]
    masks = rng.random((20, SIZE, SIZE)) < 0.01
    masks[:, 0, 0] = True
    windows, found = windows_of(chips_at(corners, masks))
    for mask, numbers in zip(masks, found, strict=True):
        assert ((numbers >= 0) == mask).all()
        assert numbers.max() < windows.count


@given(
    st.lists(
        st.tuples(st.integers(-40, 40), st.integers(-40, 40), st.integers(0, 2**32 - 1)),
        min_size=1,
        max_size=5,
    )
)
def test_ground_counts_each_place_once_for_each_class(chips):
    """Against a set of places, on chips that overlap anyhow and repeat."""
    masks = [
        np.random.default_rng(seed)
        .choice(4, (SIZE, SIZE), p=(0.9, 0.04, 0.03, 0.03))
        .astype(np.uint8)
        for _, _, seed in chips
    ]
    expected = {
        (int(code), x + col, y - row)
        for (x, y, _), mask in zip(chips, masks, strict=True)
        for (row, col), code in np.ndenumerate(mask)
        if code
    }
    corners = [(x, y) for x, y, _ in chips]
    selection = select_chips([chips_at(corners, masks), chips_at(corners, masks)], "gold")
    if not expected:
        return
    counted = count_ground(selection, 3)
    assert counted.tolist() == [sum(place[0] == c for place in expected) for c in (1, 2, 3)]


def test_ground_in_another_zone_is_other_ground():
    mask = mask_of((slice(8, 24), slice(8, 24)))
    sets = [chips_at([(800, 0)], [mask]), chips_at([(800, 0)], [mask], crs="EPSG:32634")]
    assert count_ground(select_chips(sets, "gold"), 10).tolist() == [0, 0, 2 * 16**2] + 7 * [0]
