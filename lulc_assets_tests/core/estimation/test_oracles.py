"""Our one ratio estimator against formulas and programs written by others.

The closed forms are equations 2 and 5–7 of Olofsson et al. 2013 and 4–11 of Olofsson et al.
2014, which the R package mapaccuracy and PyMapAccuracy implement. samplics is a survey package;
its Taylor linearisation is the general case. Where it is not installed its tests skip.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AS_PRINTED
from lulc_assets.core.estimation.strata import Strata
from lulc_assets_tests.core.sampling.samples import units_of


def closed_forms(counts, areas):
    """Overall, user's, producer's accuracies and area shares with variances, by the book."""
    n, w = counts.sum(axis=1), areas / areas.sum()
    p = w[:, None] * counts / n[:, None]
    users, producers = np.diag(counts) / n, np.diag(p) / p.sum(axis=0)
    cell = counts / n[:, None]
    v_users = users * (1 - users) / (n - 1)
    v_area = (w[:, None] ** 2 * cell * (1 - cell) / (n - 1)[:, None]).sum(axis=0)
    column = areas.sum() * p.sum(axis=0)
    spread = areas[:, None] ** 2 * cell * (1 - cell) / (n - 1)[:, None]
    others = spread.sum(axis=0) - np.diag(spread)
    v_producers = (areas**2 * (1 - producers) ** 2 * v_users + producers**2 * others) / column**2
    return {
        "overall": (np.trace(p), np.sqrt(np.sum(w**2 * v_users))),
        "users": (users, np.sqrt(v_users)),
        "producers": (producers, np.sqrt(v_producers)),
        "areas": (p.sum(axis=0), np.sqrt(v_area)),
    }


matrices = st.lists(st.integers(0, 40), min_size=16, max_size=16).map(
    lambda cells: np.array(cells).reshape(4, 4) + 3 * np.eye(4, dtype=int)
)


def figures_of(counts, seed):
    areas = np.random.default_rng(seed).uniform(1, 1000, 4)
    codes = units_of(counts)
    figures = estimate_figures(
        *codes,
        poststratify(codes[0], areas).strata,
        area_ha=1.0,
        titles="ABCD",
        settings=AS_PRINTED,
    )
    return areas, figures


@settings(deadline=None)
@given(counts=matrices, seed=st.integers(0, 10_000))
def test_strata_that_are_map_classes_give_the_closed_forms(counts, seed):
    areas, figures = figures_of(counts, seed)

    book = closed_forms(counts, areas)

    assert figures.overall.value == pytest.approx(book["overall"][0])
    assert figures.overall.se == pytest.approx(book["overall"][1], abs=1e-8)
    for name, found in (
        ("users", figures.users),
        ("producers", figures.producers),
        ("areas", figures.areas_ha),
    ):
        assert [e.value for e in found] == pytest.approx(book[name][0])
        assert [e.se for e in found] == pytest.approx(book[name][1], abs=1e-8)


@settings(deadline=None)
@given(counts=matrices, seed=st.integers(0, 10_000))
def test_f1_is_the_harmonic_mean_of_users_and_producers(counts, seed):
    _, figures = figures_of(counts, seed)

    for u, p, f1 in zip(figures.users, figures.producers, figures.f1, strict=True):
        assert f1.value == pytest.approx(2 * u.value * p.value / (u.value + p.value))
        assert f1.ci_low <= f1.value <= f1.ci_high


@pytest.fixture(scope="module")
def taylor():
    """samplics' ratio estimator with the sums of weights that it is given."""
    with warnings.catch_warnings():
        # It announces on import that its successor has another name.
        warnings.simplefilter("ignore")
        estimation = pytest.importorskip("samplics.estimation")
        from samplics.utils.types import PopParam

    def estimate(y, x, weights, stratum, primary=None):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ratio = estimation.TaylorEstimator(PopParam.ratio)
            ratio.estimate(y=y, x=x, samp_weight=weights, stratum=stratum, psu=primary)
        return float(ratio.point_est), float(ratio.stderror)

    return estimate


@pytest.mark.parametrize("seed", range(5))
def test_strata_and_domains_agree_with_a_survey_package(taylor, seed):
    rng = np.random.default_rng(seed)
    of_unit = np.repeat(np.arange(3), [30, 50, 20])
    strata = Strata(tuple("abc"), of_unit, rng.uniform(100, 900, 3), np.zeros(3))
    x = (rng.random(100) < 0.7).astype(float)
    y = x * (rng.random(100) < 0.6)

    ours = estimate_ratio(y, x, strata)

    value, se = taylor(y, x, strata.weights, of_unit)
    assert ours.value == pytest.approx(value)
    assert ours.se == pytest.approx(se)


@pytest.mark.parametrize("seed", range(5))
def test_clusters_within_strata_agree_with_a_survey_package(taylor, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 12, 24)
    primary = np.repeat(np.arange(24), sizes)
    of_unit = np.repeat([0, 1], [10, 14])[primary]
    weights = rng.uniform(1, 20, primary.size)
    total = np.bincount(of_unit, weights)
    strata = Strata(("a", "b"), of_unit, total, np.zeros(2), primary, weights)
    x = (rng.random(primary.size) < 0.8).astype(float)
    y = x * (rng.random(primary.size) < 0.3 + 0.5 * (primary % 2))

    ours = estimate_ratio(y, x, strata)

    value, se = taylor(y, x, weights, of_unit, primary)
    assert ours.value == pytest.approx(value)
    assert ours.se == pytest.approx(se)
