from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.lattice import neighbour_pairs

from .samples import sample_at, small_grid


def lattice(rows, cols):
    """Rows, columns and neighbours of a full lattice."""
    number = np.arange(rows * cols).reshape(rows, cols)
    pairs = [
        np.stack([one.ravel(), other.ravel()], axis=1)
        for one, other in ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:]))
    ]
    return np.concatenate(pairs)


def one_stratum(n, pairs):
    return Strata(("all",), np.zeros(n, np.int64), np.array([1.0]), np.zeros(1), neighbours=pairs)


@pytest.mark.parametrize("epsg", [None, 4326, 3035])
def test_neighbours_are_one_step_apart_and_diagonals_are_none(epsg):
    rows, cols = (axis.ravel() for axis in np.mgrid[0:60:12, 0:84:12])
    units = sample_at(small_grid(), rows, cols, np.ones(35)).units

    pairs = neighbour_pairs(units.geometry if epsg is None else units.geometry.to_crs(epsg))

    assert {frozenset(p) for p in pairs.tolist()} == {frozenset(p) for p in lattice(5, 7).tolist()}


def test_a_gap_of_no_data_leaves_the_others_their_neighbours():
    rows, cols = (axis.ravel() for axis in np.mgrid[0:60:12, 0:84:12])
    points = sample_at(small_grid(), rows, cols, np.ones(35)).units.geometry

    pairs = neighbour_pairs(points.drop(17).reset_index(drop=True))

    assert len(pairs) == len(lattice(5, 7)) - 4


def test_a_sample_of_one_point_has_no_neighbours():
    points = sample_at(small_grid(), [1], [1], [1]).units.geometry

    assert neighbour_pairs(points).shape == (0, 2)


def test_the_variance_is_half_the_mean_squared_difference_of_neighbours():
    y = np.array([1, 1, 0, 1, 0, 0], float)
    strata = one_stratum(6, lattice(2, 3))

    ratio = estimate_ratio(y, np.ones(6), strata)

    # Of seven pairs four differ; 6 / 5 is the factor m / (m - 1) of a sample variance.
    differing = sum(y[i] != y[j] for i, j in lattice(2, 3))
    assert ratio.se**2 == pytest.approx(6 / 5 * differing / 7 / 2 / 6)


def test_places_that_resemble_their_neighbours_have_a_smaller_variance():
    y = np.repeat([1.0, 0.0], 50)
    near = one_stratum(100, lattice(10, 10))

    near_se, far_se = (
        estimate_ratio(y, np.ones(100), s).se for s in (near, replace(near, neighbours=None))
    )

    assert near_se < 0.5 * far_se


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_without_likeness_of_neighbours_both_variances_agree_on_average(seed):
    rng = np.random.default_rng(seed)
    pairs = lattice(12, 12)
    draws = [rng.random(144) < 0.3 for _ in range(40)]

    near, far = (
        np.mean([estimate_ratio(y.astype(float), np.ones(144), s).se ** 2 for y in draws])
        for s in (one_stratum(144, pairs), one_stratum(144, None))
    )

    assert near == pytest.approx(far, rel=0.08)
