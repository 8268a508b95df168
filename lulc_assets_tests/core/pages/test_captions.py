import math
from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.pages.captions import (
    describe_accuracy,
    describe_areas,
    describe_confusion,
    describe_ownership,
    describe_scenes,
)
from lulc_assets_tests.core.pages.sample_data import make_matrix, make_report


def test_the_largest_confusion_is_named_with_its_numbers():
    matrix = np.zeros((9, 9), np.int64)
    matrix[4, 4], matrix[2, 4], matrix[4, 2] = 136, 12, 3
    text = describe_confusion(matrix, KARRA_10)
    assert "crops is mapped as grass (12 of 148 units of crops)" in text
    assert "darkest cell off the diagonal: grass is mapped as crops (3 of 3 units" in text
    assert "15 of 151 units disagree" in text


def test_the_darkest_cell_is_not_named_twice():
    matrix = np.zeros((9, 9), np.int64)
    matrix[4, 4], matrix[2, 4] = 136, 12
    assert "darkest" not in describe_confusion(matrix, KARRA_10)


def test_a_perfect_and_an_empty_matrix_are_told_apart():
    assert "781" not in describe_confusion(np.zeros((9, 9), np.int64), KARRA_10)
    assert "no confusion" in describe_confusion(np.diag(np.diag(make_matrix())), KARRA_10)


def test_a_mapped_area_outside_its_interval_is_called_out():
    report = make_report()
    crops = next(c for c in report.classes if c.name == "crops")
    assert "No mapped area lies outside" in describe_areas(report)
    for area_ha, direction in ((9000.0, "too much crops"), (1.0, "too little crops")):
        wrong = replace(crops, mapped_area_ha=area_ha)
        assert direction in describe_areas(replace(report, classes=(wrong,)))


@pytest.mark.parametrize("verdict", ["insufficient", "agreement_only", "no_sample"])
def test_captions_without_estimates_speak_of_mapped_areas_and_give_the_reason(verdict):
    report = make_report(verdict)
    assert "not corrected" in describe_areas(report)
    assert "interval" not in describe_areas(report)
    assert report.verdict_reason in describe_accuracy(report)


def test_the_weakest_class_and_thin_classes_are_named():
    text = describe_accuracy(make_report())
    assert "bare ground (user's accuracy 64.3" in text
    assert "Fewer than 20 units" in text


def test_scenes_are_counted_with_the_commonest_reason():
    text = describe_scenes([True, False, False, False], ["ok", "cloudy", "cloudy", "broken"])
    assert text.startswith("1 of 4")
    assert "cloudy (2)" in text
    assert "no scene" in describe_scenes([], [])
    assert "one out: 0 % clear (1)." in describe_scenes([False], ["left out: 0 % clear"])
    assert "each for its own reason" in describe_scenes([False, False], ["a", "b"])


def test_a_picture_that_shows_more_than_is_counted_says_so():
    report = make_report("estimated")
    side_px = math.isqrt(round(report.total_area_ha * 100))
    assert describe_ownership(report, PixelGrid(32633, 0, 0, side_px, side_px)) == ""
    twice = describe_ownership(report, PixelGrid(32633, 0, 0, side_px, 2 * side_px))
    assert "50.0\u00a0% of the picture that no neighbouring tile counts" in twice
