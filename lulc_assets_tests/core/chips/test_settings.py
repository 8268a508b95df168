import pytest

from lulc_assets.core.chips.settings import ChipLayout, ChipSettings, lay_out
from lulc_assets.core.errors import InvalidProject, NoTrainingChips
from lulc_assets.core.grid import PixelGrid


def test_defaults_hold_together():
    settings = ChipSettings()
    assert settings.scl_to_class == {8: 10, 9: 10, 10: 10, 3: 0, 11: 9}
    assert settings.min_dates == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_px": 100},
        {"size_px": 0},
        {"overlap_px": 8},
        {"size_px": 128, "overlap_px": 128},
        {"size_px": 128, "overlap_px": -1},
        {"overlap_m": 5000.0},
        {"buffer_px": -1},
        {"balance": "zone"},
        {"balance_ratio": 0.5},
        {"min_dates": 0},
        {"min_dates": 5, "max_dates": 4},
        {"block_px": 0},
        {"max_cloud_share": 1.5},
        {"min_labelled_share": -0.1},
        {"validation_share": 0.0},
        {"scl_to_class": {12: 1}},
        {"scl_to_class": {3: 11}},
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidProject):
        ChipSettings(**wrong)


def layout(height: int, width: int, pixel_m: float = 10.0, **settings) -> ChipLayout:
    grid = PixelGrid(32633, 400_000.0, 5_100_000.0, height, width, pixel_m)
    return lay_out(grid, ChipSettings(**settings))


def test_a_whole_tile_has_the_paper_s_chips_and_a_buffer_of_one_chip():
    assert layout(10_980, 10_980) == ChipLayout(512, 102, 1024, 512)


def test_a_small_area_has_smaller_chips_and_no_buffer():
    assert layout(1024, 1100) == ChipLayout(128, 26, 256, 0)
    assert layout(100, 300) == ChipLayout(32, 6, 64, 0)


def test_metres_become_pixels_of_the_grid():
    assert layout(3660, 3660, 30.0) == ChipLayout(160, 32, 320, 160)
    assert layout(10_980, 10_980, size_m=2560.0, overlap_m=0.0).size_px == 256


def test_pixels_can_be_set_and_shrink_where_they_do_not_fit():
    assert layout(300, 300, size_px=128, overlap_px=64, buffer_px=9) == ChipLayout(128, 64, 256, 9)
    assert layout(100, 300, size_px=128, overlap_px=64).size_px == 96
    assert layout(100, 300, size_px=128, overlap_px=64).overlap_px == 48
    with pytest.raises(NoTrainingChips, match=r"31 × 300 px is smaller than the smallest chip"):
        layout(31, 300)
