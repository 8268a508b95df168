import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.estimation.estimators import Ratio, estimate_ratio
from lulc_assets.core.estimation.intervals import (
    has_no_spread,
    normal_interval,
    quantile,
    spread_interval,
    wilson_interval,
)
from lulc_assets.core.estimation.strata import Strata


def test_wilson_gives_the_published_values():
    # Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@given(n=st.integers(1, 5000), hits=st.data())
def test_wilson_holds_the_share_and_never_has_zero_width(n, hits):
    share = hits.draw(st.integers(0, n)) / n

    low, high = wilson_interval(share, n)

    assert 0 <= low <= share <= high <= 1
    assert high > low


def test_wilson_without_units_knows_nothing():
    assert wilson_interval(0.5, 0) == (0.0, 1.0)


def test_normal_interval_is_clipped_to_shares():
    assert normal_interval(Ratio(0.98, 0.05), 30)[1] == 1.0
    assert normal_interval(Ratio(0.02, 0.05), 30)[0] == 0.0


def test_few_degrees_of_freedom_widen_the_interval():
    few = normal_interval(Ratio(0.5, 0.05), 4)
    many = normal_interval(Ratio(0.5, 0.05), 4000)

    assert few[1] - few[0] > 1.3 * (many[1] - many[0])


def test_the_level_sets_the_quantile():
    assert quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert quantile(0.9) == pytest.approx(1.644854, abs=1e-6)
    assert quantile(0.9, 9) == pytest.approx(1.833113, abs=1e-6)


def test_the_effective_number_of_a_simple_random_sample_is_its_own_less_one():
    strata = Strata(("all",), np.zeros(60, int), np.array([5.0]), np.zeros(1))
    y, x = (np.arange(60) < 13).astype(float), np.ones(60)
    ratio = estimate_ratio(y, x, strata)

    found = spread_interval(ratio, x, strata)

    assert found == pytest.approx(wilson_interval(13 / 60, 59, quantile(0.95, 59)))


def test_a_perfect_stratified_sample_still_has_a_width():
    strata = Strata(("a", "b"), np.repeat([0, 1], [20, 30]), np.array([5.0, 9.0]), np.zeros(2))
    x = np.ones(50)
    y = np.repeat([1.0, 0.0], [20, 30])
    ratio = estimate_ratio(y, x, strata)

    low, high = spread_interval(ratio, x, strata)

    assert has_no_spread(ratio)
    assert 0 < low < 5 / 14 < high < 1
