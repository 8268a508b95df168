"""Single-class stories and how long a class stays."""

import numpy as np
import pytest

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.stories import (
    Persistence,
    persistence,
    stories_of,
    story_layer,
    story_pixels,
)
from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legend_class import LegendClass

WATER, TREES, CROPS, BUILT = 1, 2, 5, 7


def story(name):
    (found,) = [one for one in stories_of(KARRA_10) if one.name == name]
    return found


def test_stories_take_what_is_shown_and_leave_flicker_out():
    from_to = np.array([[207, 507, 205, 202]], np.uint16)
    grade = np.array([[Grade.SUSTAINED, Grade.FLICKER, Grade.RECENT, Grade.NONE]], np.uint8)
    built = story_layer(story("new_built"), from_to, grade, KARRA_10)
    forest = story_layer(story("forest_loss"), from_to, grade, KARRA_10)
    assert built.tolist() == [[Grade.SUSTAINED, 0, 0, 0]]
    assert forest.tolist() == [[Grade.SUSTAINED, 0, Grade.RECENT, 0]]


def test_counts_of_stories_come_from_the_matrix():
    counts = np.zeros((10, 10), np.int64)
    counts[TREES, BUILT], counts[CROPS, BUILT], counts[WATER, CROPS] = 3, 4, 5
    graded = {"sustained": counts, "flicker": 10 * counts}
    found = story_pixels(graded, KARRA_10)
    assert found["new_built"] == {"sustained": 7} and found["forest_loss"] == {"sustained": 3}
    assert found["water_loss"] == {"sustained": 5} and found["water_gain"] == {"sustained": 0}


def test_a_legend_tells_the_stories_of_its_classes():
    classes = (LegendClass(1, "water", "Water", "#000001"), LegendClass(2, "o", "O", "#000002"))
    assert [s.name for s in stories_of(Legend("two", classes))] == ["water_gain", "water_loss"]


def season(water_votes, other_votes, dates=5):
    sums = np.zeros((18, 1, len(water_votes)), np.uint16)
    sums[WATER - 1, 0], sums[TREES - 1, 0] = water_votes, other_votes
    tallies = np.zeros((4, 1, len(water_votes)), np.uint16)
    tallies[0, 0] = dates
    return sums, tallies


def test_permanent_seasonal_and_never():
    wet, dry = season([900, 900, 0, 900], [0, 0, 900, 0]), season([900, 0, 0, 0], [0, 900, 900, 0])
    unseen = season([0, 0, 0, 0], [0, 0, 0, 0], dates=0)
    sums, tallies = zip(wet, dry, unseen, strict=True)
    found = persistence(sums, tallies, WATER)
    kinds = [Persistence(kind).name for kind in found[0]]
    assert kinds == ["PERMANENT", "SEASONAL", "NEVER", "SEASONAL"]


def test_one_season_cannot_show_that_water_is_permanent():
    sums, tallies = season([900, 0], [0, 900])
    found = persistence([sums], [tallies], WATER)
    assert found.tolist() == [[Persistence.SEASONAL, Persistence.NEVER]]
    nobody = season([900], [0], dates=1)
    assert persistence([nobody[0]], [nobody[1]], WATER).tolist() == [[Persistence.NO_DATA]]


def test_clouds_are_no_class_that_stays():
    sums, tallies = season([1], [1])
    with pytest.raises(UnknownClass, match="10"):
        persistence([sums], [tallies], 10)
