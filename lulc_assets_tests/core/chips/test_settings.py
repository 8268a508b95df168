import pytest

from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import InvalidProject


def test_defaults_hold_together():
    settings = ChipSettings()
    assert settings.scl_to_class == {8: 10, 9: 10, 10: 10, 3: 0, 11: 9}
    assert settings.min_dates == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_px": 100},
        {"size_px": 0},
        {"overlap_px": 128},
        {"overlap_px": -1},
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
