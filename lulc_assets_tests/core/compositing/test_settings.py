import pytest

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import InvalidProject


def test_classes_that_are_not_named_weigh_one():
    assert CompositeSettings(weights_256={"water": 512}).weight_table().tolist() == [
        *(0, 512, 256, 256, 256, 256, 256, 256, 256, 256),
        0,
    ]


def test_grass_is_raised_and_snow_lowered_by_default():
    table = CompositeSettings().weight_table()
    assert table[3] > 256 > table[9]


@pytest.mark.parametrize(
    "weights", [{"lava": 256}, {"clouds": 256}, {"water": 4097}, {"water": -1}, {"water": 1.5}]
)
def test_weights_that_cannot_be_are_refused(weights):
    with pytest.raises(InvalidProject, match="class weights"):
        CompositeSettings(weights_256=weights)


def test_identity_holds_what_changes_a_pixel_and_nothing_else():
    identity = CompositeSettings().identity()
    assert CompositeSettings(block_px=512, threads=7).identity() == identity
    assert CompositeSettings(weights_256={}).identity() != identity
    assert CompositeSettings(flag_masked_pct=81).identity() != identity
