import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.estimation.compare import difference_of_ratios
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.judging.evaluate import Evaluation
from lulc_assets.core.judging.promotion import decide_promotion, explain_refusal, paired_difference
from lulc_assets.core.judging.promotion_rule import TEST_PATCHES, PromotionSettings
from lulc_assets.core.model.reliability import Reliability

SETTINGS = PromotionSettings(min_overall=0.6, margin=0.03)
NAMES = ("water", "trees", "grass")
NO_RELIABILITY = Reliability.none()


def judged(correct, pixels=None, reference="gold-1"):
    """An evaluation with so many correct pixels in each window of 1000, half of each class."""
    correct = np.array(correct, dtype=np.int64)
    pixels = np.full(len(correct), 1000) if pixels is None else np.array(pixels)
    hits, misses = correct.sum(), (pixels - correct).sum()
    matrix = np.zeros((3, 3), np.int64)
    matrix[0, 0], matrix[1, 1] = hits - hits // 2, hits // 2
    matrix[0, 1], matrix[1, 0] = misses - misses // 2, misses // 2
    return evaluation(matrix, NAMES[:2], pixels, correct, reference)


def evaluation(matrix, taught, pixels=(1000,), correct=(1000,), reference="gold-1", dates=1):
    ground = np.array(matrix, np.int64).sum(axis=0) // dates
    return Evaluation(
        "gold",
        NAMES,
        np.array(matrix, np.int64),
        1,
        reference,
        np.array(pixels, np.int64),
        np.array(correct, np.int64),
        NO_RELIABILITY,
        NO_RELIABILITY,
        ground,
        tuple(taught),
    )


IN_USE = judged([700, 720, 680, 710, 690, 700])


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        ([700, 720, 680, 710, 690, 700], True),  # the same
        ([780, 800, 760, 790, 770, 780], True),  # better everywhere
        ([680, 700, 660, 690, 670, 680], True),  # 2 points worse everywhere, and that surely
        ([660, 680, 640, 670, 650, 660], False),  # 4 points worse everywhere
        ([760, 640, 760, 640, 750, 650], False),  # the same on average, and nobody knows
        ([590, 600, 590, 600, 590, 600], False),  # below what any model must reach
    ],
)
def test_a_candidate_must_be_shown_to_be_not_worse(candidate, expected):
    assert decide_promotion(judged(candidate), IN_USE, SETTINGS).promote is expected


@pytest.mark.parametrize(("correct", "expected"), [(600, True), (599, False)])
def test_a_first_model_must_reach_the_least_agreement(correct, expected):
    assert decide_promotion(judged([correct] * 3), None, SETTINGS).promote is expected


def test_a_single_window_forgives_no_loss():
    assert decide_promotion(judged([700]), judged([700]), SETTINGS).promote
    verdict = decide_promotion(judged([699]), judged([700]), SETTINGS)
    assert not verdict.promote
    assert "no interval" in verdict.reason


def test_the_reason_has_both_figures_and_the_interval():
    verdict = decide_promotion(judged([660] * 3 + [640] * 3), judged([900] * 6), SETTINGS)
    assert "65.00%" in verdict.reason
    assert "90.00%" in verdict.reason
    assert "from 6 windows" in verdict.reason
    assert verdict.difference.ci95_low < -0.25 < verdict.difference.ci95_high < 0
    assert json.dumps(verdict.to_dict())


def test_figures_from_different_windows_are_not_compared():
    verdict = decide_promotion(judged([900] * 4), judged([700] * 4, reference="gold-2"), SETTINGS)
    assert not verdict.promote
    assert "other windows" in verdict.reason


def test_the_interval_is_that_of_a_cluster_sample_of_windows():
    """Against the accuracy room, which is told every pixel and its window."""
    rng = np.random.default_rng(5)
    pixels = np.array([40, 90, 60, 150, 80])
    window = np.repeat(np.arange(5), pixels)
    hard = rng.random(5)[window]
    first, second = (np.where(rng.random(len(window)) < 0.3 + 0.5 * hard, 1, 2) for _ in range(2))
    counts = [
        judged(np.bincount(window[codes == 1], minlength=5), pixels) for codes in (first, second)
    ]
    found = paired_difference(*counts)
    strata = Strata(
        ("all",),
        np.zeros(len(window), np.int64),
        np.array([float(len(window))]),
        np.zeros(1),
        window.astype(np.int64),
        np.ones(len(window)),
    )
    every = np.ones(len(window))
    right = [((codes == 1).astype(float), every) for codes in (first, second)]
    expected = difference_of_ratios(*right, strata)
    assert found.value == pytest.approx(expected.value)
    assert found.ci95_low == pytest.approx(expected.ci_low)
    assert found.ci95_high == pytest.approx(expected.ci_high)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=12))
def test_swapping_the_models_turns_the_interval_round(pairs):
    one, other = judged([a for a, _ in pairs]), judged([b for _, b in pairs])
    there, back = paired_difference(one, other), paired_difference(other, one)
    assert there.ci95_low == pytest.approx(-back.ci95_high)
    assert there.ci95_low <= there.value + 1e-12 <= there.ci95_high + 2e-12


def test_windows_narrow_the_interval_when_both_models_fail_in_the_same_ones():
    rng = np.random.default_rng(0)
    hard = rng.integers(300, 950, 12)
    together = paired_difference(judged(hard + 10), judged(hard))
    apart = paired_difference(judged(hard + 10), judged(rng.permutation(hard)))
    width = together.ci95_high - together.ci95_low
    assert width < 0.1 * (apart.ci95_high - apart.ci95_low)


# --- classes -----------------------------------------------------------------------


def by_class(water, trees, grass=(0, 0, 0), taught=NAMES, dates=1):
    """An evaluation from what is drawn on the gold pixels of each class."""
    return evaluation(np.array([water, trees, grass]).T, taught, dates=dates)


BLIND = by_class((0, 400, 0), (0, 9600, 0))


def test_a_model_that_knows_one_class_only_is_refused_however_high_its_agreement():
    verdict = decide_promotion(BLIND, None, SETTINGS)
    assert BLIND.overall == 0.96
    assert not verdict.promote
    assert "water is never drawn (0.0% of 400 gold pixels) although it was taught" in verdict.reason
    assert "min_class_recall" in verdict.reason


HALF_BLIND = by_class((5, 395, 0), (0, 9000, 0), (0, 100, 900))


def test_a_model_is_used_without_a_class_that_it_is_blind_to():
    verdict = decide_promotion(HALF_BLIND, None, SETTINGS)
    assert verdict.promote
    assert verdict.unmapped == ("water",)
    assert "water is hardly known (1.2% of 400 gold pixels)" in verdict.reason
    assert "water is left out of the maps" in verdict.reason
    assert verdict.to_dict()["unmapped"] == ["water"]


def test_a_patch_classifier_answers_all_its_classes_or_none():
    verdict = decide_promotion(HALF_BLIND, None, SETTINGS, TEST_PATCHES)
    assert not verdict.promote
    assert not verdict.unmapped


def test_a_class_that_maps_have_is_not_given_up():
    knows = by_class((100, 300, 0), (0, 9000, 0), (0, 100, 900))
    verdict = decide_promotion(HALF_BLIND, knows, SETTINGS)
    assert not verdict.promote
    assert "water is hardly known" in verdict.reason
    learnt = decide_promotion(knows, HALF_BLIND, SETTINGS)
    assert learnt.promote
    assert not learnt.unmapped


def test_a_class_that_maps_do_not_have_may_stay_out():
    better = by_class((5, 395, 0), (0, 9000, 0), (0, 50, 950))
    verdict = decide_promotion(better, HALF_BLIND, SETTINGS)
    assert verdict.promote
    assert verdict.unmapped == ("water",)


def test_a_model_that_draws_a_class_elsewhere_only_is_blind_to_it():
    verdict = decide_promotion(by_class((20, 380, 0), (90, 9600, 0)), None, SETTINGS)
    assert not verdict.promote
    assert "water is hardly known (5.0% of 400" in verdict.reason


def test_a_class_that_was_never_taught_or_that_gold_hardly_shows_refuses_nothing_and_is_named():
    untaught = by_class((0, 400, 0), (0, 9600, 0), taught=("trees",))
    assert decide_promotion(untaught, None, SETTINGS).promote
    rare = decide_promotion(by_class((0, 99, 0), (0, 9600, 0)), None, SETTINGS)
    assert rare.promote
    assert "too few gold pixels to judge water, grass" in rare.reason


@pytest.mark.parametrize(("dates", "refused"), [(1, True), (4, True), (5, False)])
def test_ground_that_many_dates_show_is_no_more_evidence(dates, refused):
    verdict = decide_promotion(by_class((0, 400, 0), (0, 9600, 0), dates=dates), None, SETTINGS)
    assert verdict.promote is not refused
    assert ("too few gold pixels to judge water" in verdict.reason) is not refused


def test_the_weakest_class_is_in_the_reason():
    verdict = decide_promotion(by_class((100, 300, 0), (0, 9600, 0)), None, SETTINGS)
    assert verdict.promote
    assert "weakest is water with 25.0% of its 400 gold pixels" in verdict.reason


def test_a_class_that_the_promoted_model_knows_much_better_is_not_given_up():
    known, lost = by_class((380, 20, 0), (0, 9600, 0)), by_class((100, 300, 0), (0, 9600, 0))
    verdict = decide_promotion(lost, known, SETTINGS)
    assert not verdict.promote
    assert "water falls from an F1 of 0.97 to 0.40" in verdict.reason
    assert decide_promotion(known, lost, SETTINGS).promote


def test_classes_are_not_looked_at_when_the_project_says_so():
    verdict = decide_promotion(BLIND, None, PromotionSettings(min_class_recall=0.0))
    assert verdict.promote
    assert "classes are not looked at" in verdict.reason


def test_an_evaluation_keeps_what_was_taught():
    assert Evaluation.from_dict(BLIND.to_dict()).taught == NAMES
    assert BLIND.to_dict()["recall"] == {"water": 0.0, "trees": 1.0, "grass": None}


def test_a_refusal_says_why_and_what_to_do():
    said = explain_refusal("0123456789abcdef", "water is never drawn")
    assert "0123456789ab is refused because water is never drawn" in said
    assert "lulc model list" in said
    assert "lulc model promote 0123456789ab --reason" in said
