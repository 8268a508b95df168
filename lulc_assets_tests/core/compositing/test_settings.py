import numpy as np
import pytest

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import flag_tallies
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import propose_legend


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
        CompositeSettings(weights_256=weights).require(KARRA_10)


def test_weights_go_by_the_names_of_the_legend():
    mine = propose_legend("mine", ["grass", "Mais", "Wald"])
    settings = CompositeSettings()
    settings.require(mine)
    assert settings.weight_table(legend=mine).tolist() == [0, 320, 256, 256]
    own = CompositeSettings(weights_256={"Mais": 512})
    own.require(mine)
    assert own.weight_table(legend=mine).tolist() == [0, 256, 512, 256]
    with pytest.raises(InvalidProject, match="class 'water' is not in legend mine"):
        CompositeSettings(weights_256={"water": 300}).require(mine)
    assert set(own.identity(mine)["weights_256"]["0101"]) == set(mine.names)


def test_without_a_class_of_clouds_no_mask_is_overruled():
    mine = propose_legend("mine", ["Mais", "Wald"])
    tallies = np.zeros((4, 1, 1), np.uint16)
    tallies[2] = 20  # always masked, and the network never says cloud: it cannot
    assert flag_tallies([tallies], CompositeSettings(), KARRA_10).all()
    assert not flag_tallies([tallies], CompositeSettings(), mine).any()


def test_identity_holds_what_changes_a_pixel_and_nothing_else():
    identity = CompositeSettings().identity()
    assert CompositeSettings(threads=7).identity() == identity
    assert CompositeSettings(weights_256={}).identity() != identity
    assert CompositeSettings(flag_masked_pct=81).identity() != identity
    assert CompositeSettings(seasons="quarters").identity() != identity
    assert CompositeSettings(strategy="plain_mode").identity() != identity
    assert CompositeSettings(min_mapping_unit_px=3).identity() != identity


@pytest.mark.parametrize(
    "settings",
    [
        {"seasons": {"Wet": ("01-01", "03-31")}},
        {"seasons": {"été": ("06-01", "08-31")}},
        {"seasons": {"wet": ("01-01", "02-30")}},
        {"season_weights_256": {"wet": {"water": 300}}},
        {"seasons": "quarters", "season_weights_256": {"q1": {"water": 5000}}},
        {"seasons": "quarters", "season_weights_256": {"q1": {}}, "strategy": "latest"},
        {"seasons": {"a": ("01-01", "06-30"), "b": ("06-01", "08-31")},
         "season_weights_256": {"a": {"water": 300}, "b": {"water": 200}}},
        {"min_mapping_unit_px": 0},
    ],
)  # fmt: skip
def test_seasons_that_cannot_be_are_refused(settings):
    with pytest.raises(InvalidProject):
        CompositeSettings(**settings)


def test_a_day_in_two_seasons_may_have_the_weights_of_one():
    seasons = {"a": ("01-01", "06-30"), "b": ("06-01", "08-31")}
    found = CompositeSettings(seasons=seasons, season_weights_256={"a": {"water": 300}})
    assert found.weight_table("0601")[1] == 300
    assert found.weight_table("0701")[1] == 256
