import pytest

from lulc_assets.core.chips.account import FEW_LABELS, LabelAccount
from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.readiness import LabelPixels, assess, require_ready

GOOD = {"water": 500, "trees": 900}


def refusals(pixels: LabelPixels) -> list[str]:
    return [f.text for f in assess(pixels) if f.severity == "refusal"]


def test_labels_with_two_classes_and_gold_are_ready():
    assert assess(LabelPixels(GOOD, {"trees": 40})) == ()


def test_labels_without_gold_are_refused_before_training_with_the_ways_to_have_some():
    (said,) = refusals(LabelPixels(GOOD, {}))
    assert "gold_share" in said
    assert "gold_path" in said


def test_one_class_alone_is_refused():
    assert "only water has training pixels" in refusals(LabelPixels({"water": 9}, {"water": 9}))[0]
    assert "no class has" in refusals(LabelPixels({}, {"water": 9}))[0]


def test_a_labelled_class_that_no_chip_trains_is_refused_by_name_with_pixels_and_remedy():
    pixels = LabelPixels(
        train=GOOD,
        gold=GOOD,
        validation={"grass": 30},
        labelled={**GOOD, "grass": 149},
        lost={"grass": {FEW_LABELS: 119}},
    )
    (said,) = refusals(pixels)
    assert said.startswith("class grass: 149 pixel(s) labelled, none trains")
    assert f"119 lost: {FEW_LABELS}, 30 in validation" in said
    assert "min_labelled_share" in said
    assert 'accept_lost_classes = ["grass"]' in said
    with pytest.raises(NoTrainingChips, match="class grass"):
        require_ready(pixels)


def test_a_class_with_gold_only_is_refused_too():
    (said,) = refusals(LabelPixels(GOOD, {**GOOD, "bare_ground": 94}))
    assert "class bare_ground: 94" in said
    assert "94 gold" in said


def test_a_class_that_nobody_could_judge_is_refused_once_folds_are_known():
    taught = {**GOOD, "scrub": 80}
    assert refusals(LabelPixels(taught, GOOD)) == []
    (said,) = refusals(LabelPixels(taught, GOOD, validation=GOOD))
    assert "class scrub" in said
    assert "validation or gold" in said
    assert refusals(LabelPixels(taught, GOOD, validation={"scrub": 1})) == []


def test_an_accepted_class_is_a_named_warning():
    pixels = LabelPixels(GOOD, {**GOOD, "grass": 5}, accepted=("grass",))
    (warning,) = require_ready(pixels)
    assert warning.severity == "warning"
    assert "grass" in warning.text


def test_a_class_of_few_pixels_is_said():
    (warning,) = assess(LabelPixels({**GOOD, "crops": 12}, {**GOOD, "crops": 4}))
    assert (warning.severity, "only 12" in warning.text) == ("warning", True)


def test_pixels_that_were_lost_before_chips_are_quoted_with_their_own_remedy():
    account = LabelAccount(()).preceded_by("train", {"border of a label": {1: 12}}, KARRA_10)
    said = refusals(LabelPixels.of_account(account))
    assert any("12 lost: border of a label" in text and "border_px" in text for text in said)
