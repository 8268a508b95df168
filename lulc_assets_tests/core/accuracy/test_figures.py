import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.accuracy.estimators import Strata, poststratify
from lulc_assets.core.accuracy.figures import AccuracySettings, estimate_figures

PRINTED = AccuracySettings(users_interval="normal")


def units_of(matrix):
    """Map and reference codes of the units that a matrix counts."""
    rows, cols = np.indices(matrix.shape)
    counts = matrix.ravel()
    return np.repeat(rows.ravel() + 1, counts), np.repeat(cols.ravel() + 1, counts)


@pytest.fixture(scope="module")
def olofsson():
    """Olofsson et al. 2014, table 8: deforestation, gain, stable forest, stable non-forest."""
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    areas_ha = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09
    codes = units_of(counts)
    strata = poststratify(codes[0], areas_ha).strata
    titles = ("deforestation", "gain", "forest", "other")
    return estimate_figures(*codes, strata, area_ha=areas_ha.sum(), titles=titles, settings=PRINTED)


def test_olofsson_2014_areas_with_their_intervals(olofsson):
    areas = [estimate.value for estimate in olofsson.areas_ha]
    half_widths = [1.96 * estimate.se for estimate in olofsson.areas_ha]

    assert areas == pytest.approx([21_158, 11_686, 285_770, 581_386], abs=0.5)
    assert half_widths == pytest.approx([6_158, 3_756, 15_510, 16_282], abs=0.5)


def test_olofsson_2014_accuracies(olofsson):
    users = [estimate.value for estimate in olofsson.users]
    producers = [estimate.value for estimate in olofsson.producers]

    assert olofsson.overall.value == pytest.approx(0.9465, abs=5e-5)
    assert 1.96 * olofsson.overall.se == pytest.approx(0.0185, abs=5e-5)
    assert users == pytest.approx([0.880, 0.733, 0.927, 0.963], abs=5e-4)
    # 0.7486… is printed as 0.749, 0.8471… as 0.847.
    assert producers == pytest.approx([0.749, 0.847, 0.934, 0.962], abs=1e-3)


def test_t_quantiles_replace_the_printed_1_96(olofsson):
    overall = olofsson.overall

    assert overall.ci95_high - overall.value == pytest.approx(1.9637 * overall.se, rel=1e-4)


@pytest.fixture(scope="module")
def stehman():
    """Stehman 2014, table 2: strata that are not the map classes."""
    shown = "AAAAAAABBB" + "ABBBBBBBBB" + "BBCCCCCCBB" + "DDDDDDDDDD"
    true = "AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB"
    codes = [np.array([ord(letter) - ord("A") + 1 for letter in text]) for text in (shown, true)]
    sizes = np.array([40_000.0, 30_000, 20_000, 10_000])
    strata = Strata(tuple("1234"), np.repeat(np.arange(4), 10), sizes, 10 / sizes)
    return estimate_figures(*codes, strata, area_ha=1.0, titles="ABCD", settings=AccuracySettings())


def test_stehman_2014_strata_other_than_the_map_classes(stehman):
    class_b, class_c = 1, 2
    found = {
        "area A": stehman.areas_ha[0],
        "area C": stehman.areas_ha[class_c],
        "overall": stehman.overall,
        "user's B": stehman.users[class_b],
        "producer's B": stehman.producers[class_b],
    }

    assert {k: round(e.value, 3) for k, e in found.items()} == {
        "area A": 0.35,
        "area C": 0.20,
        "overall": 0.63,
        "user's B": 0.574,
        "producer's B": 0.794,
    }
    assert {k: round(e.se, 4) for k, e in found.items()} == {
        "area A": 0.0822,
        "area C": 0.0643,
        "overall": 0.0846,
        "user's B": 0.1248,
        "producer's B": 0.1165,
    }


def test_producers_accuracy_without_reference_units_is_nan_and_said():
    codes = np.array([1] * 30 + [2] * 30), np.array([1] * 60)
    strata = poststratify(codes[0], np.array([3.0, 1.0])).strata

    figures = estimate_figures(
        *codes, strata, area_ha=4.0, titles=("wood", "lake"), settings=AccuracySettings()
    )

    lake = figures.producers[1]
    assert math.isnan(lake.value)
    assert math.isnan(lake.ci95_low)
    assert lake.n == 0
    assert figures.areas_ha[1].value == 0
    assert figures.areas_ha[1].ci95_high > 0
    assert any("No reference unit is lake" in warning for warning in figures.warnings)


def test_a_map_without_errors_gets_intervals_with_a_width_and_a_warning():
    codes = np.repeat([1, 2], [40, 20])
    strata = poststratify(codes, np.array([3.0, 1.0])).strata

    figures = estimate_figures(
        codes, codes, strata, area_ha=4.0, titles=("wood", "lake"), settings=PRINTED
    )

    for estimate in (figures.overall, *figures.users, *figures.producers, *figures.areas_ha):
        assert estimate.se == 0
        assert estimate.ci95_low < estimate.ci95_high
    assert figures.overall.value == figures.overall.ci95_high == 1.0
    assert any("wood (100% of 40)" in warning for warning in figures.warnings)


def test_few_omissions_are_said():
    codes = np.repeat([1, 2], [90, 20]), np.repeat([1, 2, 2], [85, 5, 20])
    strata = poststratify(codes[0], np.array([90.0, 20.0])).strata

    def warned(least):
        settings = AccuracySettings(min_omission_units=least)
        figures = estimate_figures(
            *codes, strata, area_ha=1.0, titles=("wood", "lake"), settings=settings
        )
        return [w for w in figures.warnings if "omission of" in w and "lake" in w]

    assert warned(20)
    assert not warned(5)


matrices = st.lists(st.integers(0, 30), min_size=9, max_size=9).map(
    lambda cells: np.array(cells).reshape(3, 3) + np.diag([1, 1, 1]) * 2
)


@given(matrix=matrices, seed=st.integers(0, 100))
def test_areas_sum_to_the_map_and_intervals_hold_their_estimates(matrix, seed):
    areas = np.random.default_rng(seed).uniform(1, 100, 3)
    codes = units_of(matrix)
    strata = poststratify(codes[0], areas).strata

    figures = estimate_figures(
        *codes, strata, area_ha=areas.sum(), titles="ABC", settings=AccuracySettings()
    )

    total = areas.sum()
    assert sum(e.value for e in figures.areas_ha) == pytest.approx(total)
    assert figures.proportions.sum() == pytest.approx(1)
    assert figures.proportions.sum(axis=1) == pytest.approx(areas / total)
    assert figures.overall.value == pytest.approx(np.trace(figures.proportions))
    for estimate in (figures.overall, *figures.users, *figures.producers, *figures.areas_ha):
        assert 0 <= estimate.ci95_low <= estimate.value <= estimate.ci95_high <= max(1, total)
        assert estimate.ci95_low < estimate.ci95_high


def test_poststratified_simple_random_samples_cover_the_truth_in_95_percent():
    rng = np.random.default_rng(7)
    shown = np.repeat([1, 2, 3], [6000, 3000, 1000])
    true = shown.copy()
    wrong = rng.random(shown.size) < np.array([0, 0.1, 0.25, 0.3])[shown]
    true[wrong] = shown[wrong] % 3 + 1
    truth = float(np.mean(shown == true))
    sizes = np.bincount(shown)[1:].astype(float)
    draws, n, covered, values, variances = 400, 250, 0, [], []
    for _ in range(draws):
        units = rng.choice(shown.size, n, replace=False)
        post = poststratify(shown[units], sizes, fraction=n / shown.size)
        overall = estimate_figures(
            shown[units],
            true[units],
            post.strata,
            area_ha=1.0,
            titles="ABC",
            settings=AccuracySettings(),
        ).overall
        covered += overall.ci95_low <= truth <= overall.ci95_high
        values.append(overall.value)
        variances.append(overall.se**2)

    assert 0.92 <= covered / draws <= 0.98
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(draws))
    assert np.mean(variances) == pytest.approx(np.var(values), rel=0.25)
