import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AS_PRINTED, AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets_tests.core.sampling.samples import units_of


def test_printed_intervals_take_the_normal_quantile_of_their_level():
    codes = np.repeat([1, 2], [40, 20]), np.repeat([1, 2, 1, 2], [30, 10, 10, 10])
    strata = poststratify(codes[0], np.array([3.0, 1.0])).strata

    def half_width(settings):
        overall = estimate_figures(
            *codes, strata, area_ha=4.0, titles=("wood", "lake"), settings=settings
        ).overall
        return (overall.ci_high - overall.value) / overall.se

    assert half_width(AS_PRINTED) == pytest.approx(1.9600, abs=1e-4)
    ninety = AccuracySettings(intervals="printed", level=0.9)
    assert half_width(ninety) == pytest.approx(1.6449, abs=1e-4)


def test_producers_accuracy_without_reference_units_is_nan_and_said():
    codes = np.array([1] * 30 + [2] * 30), np.array([1] * 60)
    strata = poststratify(codes[0], np.array([3.0, 1.0])).strata

    figures = estimate_figures(
        *codes, strata, area_ha=4.0, titles=("wood", "lake"), settings=AccuracySettings()
    )

    lake = figures.producers[1]
    assert math.isnan(lake.value)
    assert math.isnan(lake.ci_low)
    assert lake.n == 0
    assert figures.areas_ha[1].value == 0
    assert figures.areas_ha[1].ci_high > 0
    assert any("No reference unit is lake" in warning for warning in figures.warnings)


def test_a_map_without_errors_gets_intervals_with_a_width_and_a_warning():
    codes = np.repeat([1, 2], [40, 20])
    strata = poststratify(codes, np.array([3.0, 1.0])).strata

    figures = estimate_figures(
        codes, codes, strata, area_ha=4.0, titles=("wood", "lake"), settings=AS_PRINTED
    )

    for estimate in (figures.overall, *figures.users, *figures.producers, *figures.areas_ha):
        assert estimate.se == 0
        assert estimate.ci_low < estimate.ci_high
    assert figures.overall.value == figures.overall.ci_high == 1.0
    assert any("wood (100% of 40)" in warning for warning in figures.warnings)


def test_few_omissions_are_said():
    codes = np.repeat([1, 2], [90, 20]), np.repeat([1, 2, 2], [85, 5, 20])
    strata = poststratify(codes[0], np.array([90.0, 20.0])).strata

    def warned(least):
        settings = AccuracySettings(min_omission_units=least)
        figures = estimate_figures(
            *codes, strata, area_ha=1.0, titles=("wood", "lake"), settings=settings
        )
        return [w for w in figures.warnings if "misses of" in w and "lake" in w]

    assert warned(20)
    assert not warned(5)


matrices = st.lists(st.integers(0, 30), min_size=9, max_size=9).map(
    lambda cells: np.array(cells).reshape(3, 3) + np.diag([1, 1, 1]) * 2
)


@settings(deadline=None, max_examples=40)
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
        assert 0 <= estimate.ci_low <= estimate.value <= estimate.ci_high <= max(1, total)
        assert estimate.ci_low < estimate.ci_high


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
        covered += overall.ci_low <= truth <= overall.ci_high
        values.append(overall.value)
        variances.append(overall.se**2)

    assert 0.92 <= covered / draws <= 0.98
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(draws))
    assert np.mean(variances) == pytest.approx(np.var(values), rel=0.25)


def test_a_heavy_unit_of_another_stratum_is_warned_of():
    # Of class 2 mapped, 30 units come from its own stratum and 2 from one of 100 times the weight.
    of_unit = np.repeat([0, 1], [60, 60])
    shown = np.where(np.arange(120) < 60, 2, 1)
    shown[30:60], shown[60:62] = 1, 2
    true = shown.copy()
    true[60] = 1
    strata = Strata(("old lake", "old wood"), of_unit, np.array([60.0, 6000.0]), np.zeros(2))

    figures = estimate_figures(
        shown, true, strata, area_ha=1.0, titles=("wood", "lake"), settings=AccuracySettings()
    )

    assert any(w.startswith("User's accuracy of wood, lake rests") for w in figures.warnings)
    lake = figures.users[1]
    assert lake.ci_low < 0.35
    assert lake.ci_high > 0.9
