import numpy as np
import pytest

from lulc_assets.core.chips.layout import ChipLayout, lay_out
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import InvalidProject, NoTrainingChips
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import propose_legend


def test_defaults_hold_together():
    settings = ChipSettings()
    table = settings.scl_table(KARRA_10)
    assert {k: v for k, v in enumerate(table) if v >= 0} == {8: 10, 9: 10, 10: 10, 3: 0, 11: 9}
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
        {"scl_to_class": {3: 61}},
        {"overlap_m": 5000.0, "size_m": 5000.0},
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidProject):
        ChipSettings(**wrong)


def test_the_scene_classification_goes_by_the_classes_of_the_legend():
    mine = propose_legend("mine", ["Wald", "snow", "Mais"])
    table = ChipSettings().scl_table(mine)
    assert [table[k] for k in (8, 9, 10, 3, 11)] == [0, 0, 0, 0, 2]
    assert ChipSettings().scl_table(propose_legend("two", ["a", "b"]))[11] == -1
    named = ChipSettings(scl_to_class={11: "Mais", 8: 1}).scl_table(mine)
    assert (named[11], named[8], named[9]) == (3, 1, -1)
    for wrong in ("Moor", 4):
        with pytest.raises(InvalidProject, match=r"scl_to_class: class .* is not in legend mine"):
            ChipSettings(scl_to_class={11: wrong}).scl_table(mine)


def layout(height: int, width: int, pixel_m: float = 10.0, **settings) -> ChipLayout:
    grid = PixelGrid(32633, 400_000.0, 5_100_000.0, height, width, pixel_m)
    return lay_out(grid, ChipSettings(**settings))


def test_a_whole_tile_has_the_paper_s_chips_and_a_buffer_of_one_chip():
    assert layout(10_980, 10_980) == ChipLayout(512, 102, 1024, 512)


def test_a_small_area_has_smaller_chips_and_no_buffer():
    assert layout(1024, 1100) == ChipLayout(128, 26, 256, 0)


def test_metres_become_pixels_of_the_grid():
    assert layout(3660, 3660, 30.0) == ChipLayout(160, 32, 320, 160)
    assert layout(10_980, 10_980, size_m=2560.0, overlap_m=0.0).size_px == 256


def test_pixels_can_be_set_and_shrink_where_they_do_not_fit():
    found = layout(300, 300, size_px=128, overlap_px=64, buffer_px=9)
    assert found == ChipLayout(128, 64, 256, 9, gold_apart="pixel", min_labelled_share=0.0)
    assert layout(100, 300, size_px=128, overlap_px=64).size_px == 96
    assert layout(100, 300, size_px=128, overlap_px=64).overlap_px == 48
    with pytest.raises(NoTrainingChips, match=r"31 × 300 px is smaller than the smallest chip"):
        layout(31, 300)


def spots(*places: tuple[int, int, int], side: int = 300) -> np.ndarray:
    """Labels of 4 × 4 px: class code, row, column."""
    mask = np.zeros((side, side), np.uint8)
    for code, row, col in places:
        mask[row : row + 4, col : col + 4] = code
    return mask


def of_labels(mask: np.ndarray, **settings) -> ChipLayout:
    grid = PixelGrid(32633, 400_000.0, 5_100_000.0, *mask.shape)
    return lay_out(grid, ChipSettings(**settings), mask)


def test_a_tiny_area_with_few_labels_has_much_overlap_and_a_random_split_with_its_leak_named():
    found = of_labels(spots((1, 10, 10), (2, 200, 200)))
    assert (found.size_px, found.overlap_px, found.split) == (32, 24, "random")
    assert (found.gold_apart, found.min_labelled_share) == ("pixel", 0.0)
    assert "also trains" in found.leak


def test_a_tiny_area_whose_classes_lie_in_many_blocks_keeps_blocks():
    places = [
        (code, 64 * n, 64 * m + 10 * code) for code in (1, 2) for n in range(4) for m in (0, 2)
    ]
    assert of_labels(spots(*places)).split == "blocks"
    assert of_labels(spots(*places)).leak == ""
    assert of_labels(spots(*places[:-1])).split == "random"


def test_the_more_labels_a_tiny_area_has_the_less_its_chips_overlap():
    full = np.full((480, 480), 2, np.uint8)
    assert [of_labels(full[:side, :side]).overlap_px for side in (100, 300, 480)] == [24, 24, 16]
    assert of_labels(spots((1, 0, 0), side=480)).overlap_px == 24


def test_who_sets_blocks_or_a_rule_has_them_in_a_tiny_area_too():
    mask = spots((1, 10, 10))
    assert of_labels(mask, block_px=32).split == "blocks"
    assert of_labels(mask, buffer_px=8).split == "blocks"
    assert of_labels(mask, split="temporal").split == "temporal"
    assert of_labels(mask, gold_apart="chip").gold_apart == "chip"
    assert of_labels(mask, min_labelled_share=0.1).min_labelled_share == 0.1
    assert of_labels(mask, overlap_m=1000.0).overlap_px == 6


def test_an_area_of_one_full_chip_is_not_tiny():
    assert of_labels(spots((1, 10, 10), side=512)) == ChipLayout(64, 13, 128, 0)
