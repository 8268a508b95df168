import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.estimators import (
    design_effect,
    estimate_ratio,
    spread_without_one,
)
from lulc_assets.core.estimation.intervals import (
    cluster_interval,
    normal_interval,
    quantile,
    wilson_interval,
)
from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata


def windows(sizes, *, stratum=None, weights=None):
    """Strata of a sample of windows with the given numbers of units."""
    primary = np.repeat(np.arange(len(sizes)), sizes)
    of_primary = np.zeros(len(sizes), np.int64) if stratum is None else np.asarray(stratum)
    names = tuple(f"s{h}" for h in range(int(of_primary.max()) + 1))
    unit_weights = np.ones(primary.size) if weights is None else np.asarray(weights, float)
    of_unit = of_primary[primary]
    size = np.bincount(of_unit, unit_weights, len(names))
    return Strata(names, of_unit, size, np.zeros(len(names)), primary, unit_weights)


def test_the_variance_comes_from_the_totals_of_primary_units():
    # Four windows of three units; hits 3, 3, 0, 1 around 12 units: p = 7 / 12.
    y = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0], float)
    strata = windows([3, 3, 3, 3])

    ratio = estimate_ratio(y, np.ones(12), strata)

    residuals = np.array([3, 3, 0, 1]) - 3 * 7 / 12
    assert ratio.value == pytest.approx(7 / 12)
    assert ratio.se == pytest.approx(np.sqrt(4 / 3 * np.sum(residuals**2)) / 12)
    assert strata.degrees_of_freedom == 3


def test_windows_that_agree_within_are_worth_one_unit_each():
    y = np.repeat([1.0, 0, 1, 1, 0, 1, 1, 1], 50)

    ratio = estimate_ratio(y, np.ones(400), windows([50] * 8))

    # All units of a window tell the same: the design effect is the size of the window.
    assert design_effect(ratio, 400) == pytest.approx(50 * 399 / 400 * 8 / 7, rel=1e-9)


@settings(deadline=None)
@given(seed=st.integers(0, 500), n=st.integers(4, 40), strata_count=st.integers(1, 3))
def test_windows_of_one_unit_are_plain_stratified_sampling(seed, n, strata_count):
    rng = np.random.default_rng(seed)
    of_unit = np.sort(np.arange(n * strata_count) % strata_count)
    sizes = rng.uniform(10, 100, strata_count)
    names = tuple(map(str, range(strata_count)))
    plain = Strata(names, of_unit, sizes, np.zeros(strata_count))
    single = Strata(
        names, of_unit, sizes, np.zeros(strata_count), np.arange(of_unit.size), plain.weights
    )
    y, x = rng.integers(0, 2, of_unit.size).astype(float), np.ones(of_unit.size)

    first, second = estimate_ratio(y, x, plain), estimate_ratio(y, x, single)

    assert second.value == pytest.approx(first.value)
    assert second.se == pytest.approx(first.se)
    assert single.degrees_of_freedom == plain.degrees_of_freedom


def test_unequal_weights_of_two_stages_enter_the_estimate():
    strata = windows([2, 2, 2], weights=[1, 1, 10, 10, 1, 1])
    y = np.array([0, 0, 1, 1, 0, 0], float)

    assert estimate_ratio(y, np.ones(6), strata).value == pytest.approx(20 / 24)


def test_one_window_in_a_stratum_is_named():
    with pytest.raises(InvalidSample, match=r"fewer than two primary units: s1 \(1\)"):
        windows([3, 3, 3], stratum=[0, 0, 1])


def test_a_window_in_two_strata_is_refused():
    with pytest.raises(InvalidSample, match="primary unit lies in the strata a and b"):
        Strata(
            ("a", "b"),
            np.array([0, 0, 1, 1]),
            np.array([2.0, 2.0]),
            np.zeros(2),
            np.array([0, 1, 1, 2]),
        )


def test_the_interval_of_a_perfect_cluster_sample_counts_windows_not_pixels():
    strata = windows([100] * 10)
    x = np.ones(1000)

    low, high = cluster_interval(estimate_ratio(x, x, strata), x, x, strata)

    assert high == 1.0
    # Ten windows, t of 9 degrees of freedom; a thousand pixels would give 0.996.
    assert low == pytest.approx(10 / (10 + 2.2622**2), abs=1e-4)


def test_a_cluster_sample_has_wider_intervals_than_its_pixels_pretend():
    rng = np.random.default_rng(3)
    m, size = 30, 64
    share = np.clip(rng.beta(2, 0.5, m), 0, 1)
    agree = rng.random((m, size)) < share[:, None]
    shown = np.ones(m * size, int)
    true = np.where(agree.ravel(), 1, 2)
    naive = Strata(("all",), np.zeros(m * size, int), np.array([1.0]), np.zeros(1))
    titles = ("wood", "lake")

    honest, pretended = (
        estimate_figures(
            shown, true, strata, area_ha=1.0, titles=titles, settings=AccuracySettings()
        )
        for strata in (windows([size] * m), naive)
    )

    assert honest.overall.value == pytest.approx(pretended.overall.value)
    assert honest.overall.se > 3 * pretended.overall.se
    assert honest.design_effect == pytest.approx(
        (honest.overall.se / pretended.overall.se) ** 2, rel=1e-6
    )


def test_few_windows_have_few_degrees_of_freedom():
    y = np.array([1, 1, 0, 1, 0, 0], float)
    ratio = estimate_ratio(y, np.ones(6), windows([2, 2, 2]))

    low, high = normal_interval(ratio, 2)

    assert high - low == pytest.approx(min(1.0, 2 * 4.3027 * ratio.se), abs=1e-3)


def test_a_handful_of_windows_counts_each_as_one_unit():
    # Five windows of 100 pixels hold the class; a share of .5 varies little among them.
    strata = windows([100] * 30)
    x = np.repeat([1.0, 0.0], [500, 2500])
    y = x * np.tile([1.0, 0.0], 1500)
    y[0] = 0.0
    ratio = estimate_ratio(y, x, strata)

    low, high = cluster_interval(ratio, y, x, strata)

    # Wilson with n = 5 and the t quantile of 29 degrees of freedom.
    assert (low, high) == pytest.approx(wilson_interval(0.498, 5, quantile(0.95, 29)), abs=1e-4)


def test_leaving_out_each_window_gives_the_jackknife_by_hand():
    rng = np.random.default_rng(4)
    sizes = rng.integers(2, 9, 12)
    strata = windows(sizes, stratum=[0] * 7 + [1] * 5)
    x = rng.integers(0, 2, sizes.sum()).astype(float)
    y = x * rng.integers(0, 2, x.size)

    found = spread_without_one([(y, x)], strata).variance

    expected = 0.0
    for window in range(12):
        h, of_h = strata.of_primary[window], strata.of_primary
        m = int(np.sum(of_h == h))
        weight = np.where(of_h[strata.primary] == h, m / (m - 1), 1.0)
        weight = weight * (strata.primary != window)
        without = np.sum(weight * y) / np.sum(weight * x)
        expected += (m - 1) / m * (without - y.sum() / x.sum()) ** 2
    assert found == pytest.approx(expected)


def test_users_accuracy_of_a_class_in_few_windows_is_warned_of():
    rng = np.random.default_rng(0)
    shown = np.repeat([1, 2], [1800, 200])
    true = np.where(rng.random(2000) < 0.8, shown, 3 - shown)

    figures = estimate_figures(
        shown,
        true,
        windows([50] * 40),
        area_ha=1.0,
        titles=("wood", "lake"),
        settings=AccuracySettings(),
    )

    assert any(
        w.startswith("User's accuracy of lake rests on fewer than 20") for w in figures.warnings
    )
    lake = figures.users[1]
    assert lake.ci_high - lake.ci_low > 4 * lake.se


def test_a_variance_that_few_windows_make_up_has_few_degrees_of_freedom():
    # Eleven windows differ a little and one by far: its square is nearly all of the variance.
    even = np.concatenate([np.repeat([4, 6], 3), np.repeat([4.5, 5.5], 3)]) / 10
    odd = np.where(np.arange(12) == 0, 0.0, even)

    alike, lone = (
        spread_without_one([(np.repeat(share, 10), np.ones(120))], windows([10] * 12))
        for share in (even, odd)
    )

    # 2 V² / V̂ar(V) written out for one stratum with mean squares s² and fourth moments m⁴.
    moved = (0.5 - odd - np.mean(0.5 - odd)) / 11
    second, fourth = np.mean(moved**2), np.mean(moved**4)
    expected = 2 * 12 * second**2 / (fourth - second**2 * 9 / 11)
    assert alike.degrees == 11
    assert lone.degrees == pytest.approx(expected)
    assert lone.degrees < 5


def test_windows_of_unequal_size_are_worth_fewer_degrees_of_freedom():
    sizes = [2] * 15 + [100] * 3
    y = np.repeat(np.tile([0.4, 0.6], 9), sizes)

    spread = spread_without_one([(y, np.ones(y.size))], windows(sizes))

    # Kish: (Σ size)² / Σ size² = 3.6 windows, of which the mean takes one.
    assert spread.degrees == pytest.approx(330**2 / (15 * 4 + 3 * 10000) - 1)


@pytest.mark.parametrize(("m", "warned"), [(40, True), (120, False)])
def test_few_windows_are_warned_of_with_the_coverage_that_was_measured(m, warned):
    shown = np.tile([1, 2], 5 * m)
    true = np.where(np.arange(shown.size) % 7, shown, 3 - shown)

    found = estimate_figures(
        shown,
        true,
        windows([10] * m),
        area_ha=1.0,
        titles=("wood", "lake"),
        settings=AccuracySettings(),
    )

    said = f"{m} windows: from fewer than 100 an interval like these holds the truth in 93 to 96"
    assert any(said in sentence for sentence in found.warnings) is warned
