import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.compositing.fit import (
    GoldVotes,
    _best_value,
    _candidates,
    agreement,
    climb,
    fit_weights,
)
from lulc_assets.core.errors import NoLabels

REFERENCE = np.full((1, 9), 256)


def gold(windows=8, per_window=200, grass_bias=0.6, seed=0):
    """Ground of grass and crops; the network halves the votes of grass."""
    rng = np.random.default_rng(seed)
    n = windows * per_window
    truth = rng.choice([3, 5], n)
    votes = np.zeros((n, 1, 9), np.int64)
    sure = rng.integers(800, 2400, n)
    votes[np.arange(n), 0, truth - 1] = np.where(truth == 3, sure * grass_bias, sure)
    votes[np.arange(n), 0, 7 - truth] = rng.integers(500, 1100, n)
    return GoldVotes(votes, truth, np.repeat(np.arange(windows), per_window))


def test_a_class_that_the_network_understates_is_raised_and_holds_on_windows_left_out():
    found = fit_weights(gold(), REFERENCE)
    assert not found.keeps_reference
    assert found.weights[0, 2] > found.weights[0, 4]
    assert found.agreement > found.reference_agreement
    assert found.cross_validated > found.reference_cross_validated
    fresh = gold(seed=9)
    assert agreement(fresh, found.weights) > agreement(fresh, REFERENCE)


def test_where_nothing_is_to_be_gained_the_reference_is_kept():
    found = fit_weights(gold(grass_bias=1.0), REFERENCE)
    assert found.keeps_reference
    assert (found.weights == REFERENCE).all()
    assert found.agreement == found.reference_agreement


def test_windows_that_contradict_each_other_change_nothing():
    rng = np.random.default_rng(3)
    votes = np.zeros((900, 1, 9), np.int64)
    truth = np.repeat(rng.permutation([2, 2, 2, 6, 6, 6, 2, 6, 2]), 100)
    votes[:, 0, 1], votes[:, 0, 5] = 1000, rng.integers(900, 1100, 900)
    found = fit_weights(GoldVotes(votes, truth, np.repeat(np.arange(9), 100)), REFERENCE)
    assert found.keeps_reference


def test_classes_without_a_label_keep_their_weight():
    weights = climb(gold(), REFERENCE, 0.001)
    assert (np.delete(weights[0], [2, 4]) == 256).all()


def test_a_stronger_pull_stays_nearer():
    near, far = (climb(gold(), REFERENCE, strength) for strength in (0.1, 0.001))
    assert np.abs(np.log2(near / 256)).sum() <= np.abs(np.log2(far / 256)).sum()


def test_two_windows_are_too_few():
    with pytest.raises(NoLabels, match="at least 3"):
        fit_weights(gold(windows=2), REFERENCE)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 1), st.integers(1, 9))
def test_the_best_value_is_that_of_trying_every_candidate(seed, group, code):
    rng = np.random.default_rng(seed)
    n = 60
    votes = rng.integers(0, 40, (n, 2, 9)) * (rng.random((n, 2, 9)) < 0.4)
    found = GoldVotes(votes, rng.integers(1, 10, n), np.zeros(n, np.int64))
    weights = rng.integers(1, 600, (2, 9))
    best = _best_value(found, weights.copy(), group, code, 256, 0.0)

    def value(candidate):
        tried = weights.copy()
        tried[group, code - 1] = candidate
        scores = np.einsum("ngc,gc->nc", votes, tried)
        return float((scores.argmax(axis=1) + 1 == found.truth).mean())

    assert value(best) == max(value(candidate) for candidate in _candidates(256))
