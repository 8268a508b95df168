import numpy as np
import pytest

from lulc_assets.core.estimation.compare import compare_maps
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.strata import Strata


def one_stratum(n):
    return Strata(("all",), np.zeros(n, np.int64), np.array([1.0]), np.zeros(1))


def test_a_paired_difference_is_mcnemars():
    # 100 units: both right 60, only the first 20, only the second 5, neither 15.
    reference = np.ones(100, int)
    first = np.repeat([1, 1, 2, 2], [60, 20, 5, 15])
    second = np.repeat([1, 2, 1, 2], [60, 20, 5, 15])

    overall = compare_maps(first, second, reference, one_stratum(100), n_classes=2).overall

    assert overall.value == pytest.approx(0.15)
    assert overall.se == pytest.approx(np.sqrt((0.25 - 0.15**2) / 99))
    assert overall.ci_low > 0


def test_pairing_beats_two_separate_standard_errors():
    rng = np.random.default_rng(0)
    reference = rng.integers(1, 4, 400)
    first = np.where(rng.random(400) < 0.85, reference, 1)
    second = np.where(rng.random(400) < 0.9, first, 2)
    strata = one_stratum(400)

    paired = compare_maps(first, second, reference, strata, n_classes=3).overall

    alone = [
        estimate_ratio((m == reference).astype(float), np.ones(400), strata)
        for m in (first, second)
    ]
    assert paired.value == pytest.approx(alone[0].value - alone[1].value)
    assert paired.se < np.hypot(alone[0].se, alone[1].se)


def test_the_same_map_twice_differs_by_nothing():
    codes = np.array([1, 2, 2, 1, 2, 1])

    comparison = compare_maps(
        codes, codes, np.array([1, 1, 2, 1, 2, 2]), one_stratum(6), n_classes=2
    )

    for estimate in (comparison.overall, *comparison.users, *comparison.producers):
        assert estimate.value == pytest.approx(0, abs=1e-12)
        assert estimate.se == pytest.approx(0, abs=1e-12)


def test_a_class_that_one_map_lacks_cannot_be_compared():
    comparison = compare_maps(
        np.array([1, 1, 2, 2]),
        np.array([1, 1, 1, 1]),
        np.array([1, 2, 2, 2]),
        one_stratum(4),
        n_classes=2,
    )

    assert np.isnan(comparison.users[1].value)
    assert comparison.producers[1].value == pytest.approx(2 / 3)


def test_intervals_of_a_difference_hold_in_95_percent_of_samples():
    rng = np.random.default_rng(5)
    population = rng.integers(1, 4, 20_000)
    first = np.where(rng.random(population.size) < 0.8, population, 1)
    second = np.where(rng.random(population.size) < 0.8, first, rng.integers(1, 4, first.size))
    truth = np.mean(first == population) - np.mean(second == population)
    covered, draws = 0, 400
    for _ in range(draws):
        u = rng.choice(population.size, 200, replace=False)
        overall = compare_maps(
            first[u], second[u], population[u], one_stratum(200), n_classes=3
        ).overall
        covered += overall.ci_low <= truth <= overall.ci_high

    assert 0.92 <= covered / draws <= 0.98
