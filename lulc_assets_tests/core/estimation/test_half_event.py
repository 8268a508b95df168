import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.change import estimate_change
from lulc_assets.core.estimation.choice import estimate_area_share, estimate_overall
from lulc_assets.core.estimation.compare import compare_maps
from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

DEFAULTS = AccuracySettings()


def strata_of(sizes, counts):
    names = tuple(f"s{h}" for h in range(len(counts)))
    of_unit = np.repeat(np.arange(len(counts)), counts)
    return Strata(names, of_unit, np.array(sizes, float), np.zeros(len(counts)))


def mid_p(hits, n, tail):
    """End of the mid-P interval of a binomial share, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        beyond = binom.sf(hits, n, p) if tail == "low" else binom.cdf(hits - 1, n, p)
        beyond += 0.5 * binom.pmf(hits, n, p)
        low, high = (p, high) if (beyond < 0.025) == (tail == "low") else (low, p)
    return low


@pytest.mark.parametrize(("hits", "n"), [(0, 50), (1, 100), (3, 60), (20, 40)])
def test_one_stratum_is_close_to_the_mid_p_interval(hits, n):
    y = (np.arange(n) < hits).astype(float)

    found = estimate_area_share(y, np.ones(n), strata_of([1], [n]), DEFAULTS)

    # A little wider, because few units get the quantile of t.
    assert found.ci_high == pytest.approx(mid_p(hits, n, "high"), rel=0.06)
    assert found.ci_low == pytest.approx(0.0 if hits == 0 else mid_p(hits, n, "low"), abs=0.02)


def test_a_rare_event_in_one_stratum_is_covered_at_every_share():
    n, most = 500, 25
    ends = []
    for hits in range(most + 1):
        y = (np.arange(n) < hits).astype(float)
        found = estimate_area_share(y, np.ones(n), strata_of([1], [n]), DEFAULTS)
        ends.append((found.ci_low, found.ci_high))
    low, high = np.array(ends).T

    covered = [
        np.sum(binom.pmf(np.arange(most + 1), n, p) * ((low <= p) & (p <= high)))
        for p in np.linspace(0.0005, 0.024, 95)
    ]

    # Exact, by the binomial distribution; a gamma variate of shape 1/2 went down to 0.904.
    assert min(covered) > 0.93


counts_of_strata = st.lists(st.integers(2, 40), min_size=1, max_size=5)


@settings(deadline=None, max_examples=40)
@given(counts=counts_of_strata, seed=st.integers(0, 999), level=st.sampled_from([0.5, 0.9, 0.99]))
def test_every_interval_holds_its_estimate_and_has_a_width(counts, seed, level):
    rng = np.random.default_rng(seed)
    strata = strata_of(rng.uniform(1, 1000, len(counts)), counts)
    n = strata.of_unit.size
    y = (rng.random(n) < rng.choice([0.0, 0.02, 0.5, 1.0])).astype(float)
    chosen = AccuracySettings(level=level)

    for found in (
        estimate_area_share(y, np.ones(n), strata, chosen),
        estimate_overall(y, np.ones(n), strata, chosen),
    ):
        assert 0 <= found.ci_low <= found.value <= found.ci_high <= 1
        assert found.ci_low < found.ci_high
        assert found.level == level


@settings(deadline=None, max_examples=20)
@given(counts=counts_of_strata, seed=st.integers(0, 999))
def test_what_speaks_for_a_class_speaks_against_the_rest(counts, seed):
    rng = np.random.default_rng(seed)
    strata = strata_of(rng.uniform(1, 50, len(counts)), counts)
    y = (rng.random(strata.of_unit.size) < 0.2).astype(float)
    ones = np.ones(y.size)

    share, rest = (estimate_area_share(v, ones, strata, DEFAULTS) for v in (y, 1 - y))

    width = share.ci_high - share.ci_low
    assert rest.ci_high == pytest.approx(1 - share.ci_low, abs=0.06 * width)
    assert rest.ci_low == pytest.approx(1 - share.ci_high, abs=0.06 * width)


@pytest.mark.parametrize("others", [1, 5, 24])
def test_the_number_of_other_classes_does_not_matter(others):
    rng = np.random.default_rng(2)
    shown, true = np.repeat([1, 2], [60, 300]), np.repeat([1, 2, 1, 2], [50, 10, 2, 298])
    strata = strata_of([0.05, 0.95], [60, 300])
    split = rng.integers(0, others, 360)
    many = [np.where(codes == 2, 2 + split, 1) for codes in (shown, true)]

    def figures(codes, k):
        found = estimate_figures(
            *codes,
            strata,
            area_ha=1.0,
            titles=tuple(map(str, range(k))),
            settings=DEFAULTS,
        )
        return found.areas_ha[0], found.producers[0], found.users[0], found.f1[0]

    assert figures(many, 1 + others) == figures((shown, true), 2)


def test_a_heavy_stratum_without_an_omission_may_hold_some():
    # 88 % of the map without an omission among 50 units: 3 / 50 of it is within reason.
    strata = strata_of([0.88, 0.12], [50, 50])
    y = np.concatenate([np.zeros(50), np.ones(40), np.zeros(10)])

    found = estimate_area_share(y, np.ones(100), strata, DEFAULTS)

    assert found.value == pytest.approx(0.096)
    assert 0.02 < found.ci_high - found.value < 0.06
    assert found.ci_low > 0.075


def test_intervals_of_rare_change_hold_in_95_percent_of_samples():
    sizes, counts = np.array([0.008, 0.03, 0.962]), [75, 75, 300]
    shares = np.array([0.8, 0.05, 0.001])
    truth = float(sizes @ shares)
    strata, rng, covered, draws = strata_of(sizes, counts), np.random.default_rng(8), 0, 300
    for _ in range(draws):
        lost = rng.random(450) < np.repeat(shares, counts)
        found = estimate_change(
            np.ones(450, int), np.where(lost, 2, 1), strata, area_ha=1.0, titles=("wood", "field")
        )
        covered += found.losses[0].ci_low <= truth <= found.losses[0].ci_high
        assert found.net[1].ci_low <= found.net[1].value <= found.net[1].ci_high

    assert 0.93 <= covered / draws <= 1.0


def test_overall_accuracy_knows_that_a_heavy_stratum_may_err():
    # ± t SE and Wilson with the effective number see only the light stratum.
    sizes, counts, shares = [0.95, 0.05], [30, 30], np.array([0.98, 0.8])
    strata, rng, covered, draws = strata_of(sizes, counts), np.random.default_rng(1), 0, 300
    truth = float(np.array(sizes) @ shares)
    for _ in range(draws):
        right = (rng.random(60) < np.repeat(shares, counts)).astype(float)
        found = estimate_overall(right, np.ones(60), strata, DEFAULTS)
        covered += found.ci_low <= truth <= found.ci_high

    assert covered / draws >= 0.93


def test_maps_that_agree_everywhere_in_a_sample_may_differ_elsewhere():
    codes = np.repeat([1, 2], 40)
    strata = strata_of([9, 1], [40, 40])

    overall = compare_maps(codes, codes, codes, strata, n_classes=2).overall

    assert overall.ci_low < 0 == overall.value < overall.ci_high
    assert overall.ci_low == pytest.approx(-overall.ci_high, rel=0.05)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.1, float("nan")])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(InvalidSample, match="between 0 and 1"):
        AccuracySettings(level=level)
