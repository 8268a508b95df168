import numpy as np
import pytest

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.merging import merge_names, merged_weights
from lulc_assets_tests.core.sampling.samples import sample_at, small_grid


def test_merged_strata_share_a_name_and_the_others_keep_theirs():
    names = merge_names(["a", "b", "c"], [["c", "a"]])

    assert names == {"a": "a + c", "b": "b", "c": "a + c"}


def test_a_stratum_that_is_not_there_is_named():
    with pytest.raises(InvalidSample, match=r"cannot merge 'd': the strata are a, b"):
        merge_names(["a", "b"], [["a", "d"]])


def test_units_keep_their_own_weight_unless_a_stratum_of_the_group_has_none():
    sizes, counts = np.array([100.0, 50.0, 30.0]), np.array([10, 1, 3])

    kept = merged_weights(sizes, counts, np.array([0, 0, 1]))
    pooled = merged_weights(sizes, np.array([10, 0, 3]), np.array([0, 0, 1]))

    assert kept.tolist() == [10.0, 50.0, 10.0]
    assert pooled.tolist() == [15.0, 15.0, 10.0]


def test_the_finite_population_factor_leaves_weights_of_merged_strata_alone():
    rows = np.arange(12)
    strata = np.repeat(["a", "b"], [10, 2])
    chance = np.repeat([0.1, 0.02], [10, 2])
    sample = sample_at(
        small_grid(),
        rows,
        rows,
        np.ones(12),
        design="stratified",
        strata=strata,
        chance=chance,
        stratum_pixels={"a": 100, "b": 100},
    )

    with_factor, without = (
        sample.strata(finite_population=f, merge=[["a", "b"]]) for f in (True, False)
    )

    assert with_factor.weights.tolist() == without.weights.tolist()
    assert set(without.weights.tolist()) == {10.0, 50.0}
    assert with_factor.fractions.tolist() == [12 / 200]
