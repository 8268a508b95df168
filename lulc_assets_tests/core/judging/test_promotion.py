import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.estimation.compare import compare_maps
from lulc_assets.core.estimation.estimators import Strata
from lulc_assets.core.judging.promotion import (
    PromotionSettings,
    decide_promotion,
    paired_difference,
)

SETTINGS = PromotionSettings(min_overall=0.6, margin=0.03)


def judged(correct, pixels=None, reference="gold-1"):
    """What the rule reads of an evaluation: correct pixels of each window of 1000."""
    correct = np.array(correct, dtype=np.int64)
    pixels = np.full(len(correct), 1000) if pixels is None else np.array(pixels)
    return SimpleNamespace(
        overall=correct.sum() / pixels.sum(),
        n_pixels=int(pixels.sum()),
        window_pixels=pixels,
        window_correct=correct,
        reference_digest=reference,
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
    expected = compare_maps(first, second, np.ones_like(first), strata, n_classes=2).overall
    assert found.value == pytest.approx(expected.value)
    assert found.ci95_low == pytest.approx(expected.ci95_low)
    assert found.ci95_high == pytest.approx(expected.ci95_high)


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
