import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.estimators import effective_count, estimate_ratio
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.strata import Strata


def one_stratum(n, size=1000.0, fraction=0.0):
    return Strata(("all",), np.zeros(n, np.int64), np.array([size]), np.array([fraction]))


def test_a_domain_of_a_simple_random_sample_has_the_textbook_standard_error():
    x = np.array([1.0] * 40 + [0.0] * 60)
    y = np.array([1.0] * 10 + [0.0] * 90)

    ratio = estimate_ratio(y, x, one_stratum(100))

    assert ratio.value == pytest.approx(0.25)
    assert ratio.se == pytest.approx(np.sqrt(100 / 99 * 0.25 * 0.75 / 40))


def test_the_finite_population_factor_shrinks_the_error():
    y = np.array([1.0, 0.0] * 50)
    x = np.ones(100)

    free = estimate_ratio(y, x, one_stratum(100))
    corrected = estimate_ratio(y, x, one_stratum(100, fraction=0.75))

    assert corrected.se == pytest.approx(free.se / 2)


def test_a_ratio_without_denominator_is_nan():
    ratio = estimate_ratio(np.zeros(4), np.zeros(4), one_stratum(4))

    assert np.isnan(ratio.value)
    assert np.isnan(ratio.se)


def test_a_stratum_with_one_unit_is_named():
    with pytest.raises(InvalidSample, match=r"fewer than two units: hills \(1\)"):
        Strata(("plain", "hills"), np.array([0, 0, 1]), np.ones(2), np.zeros(2))


@given(
    counts=st.lists(st.integers(2, 6), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    scale=st.floats(0.01, 1e4),
)
def test_only_the_proportions_of_the_strata_matter(counts, seed, scale):
    rng = np.random.default_rng(seed)
    of_unit = np.repeat(np.arange(len(counts)), counts)
    sizes = rng.uniform(1, 10, len(counts))
    x = np.ones(of_unit.size)
    y = rng.integers(0, 2, of_unit.size).astype(float)
    names = tuple(map(str, counts))

    first = estimate_ratio(y, x, Strata(names, of_unit, sizes, np.zeros(len(counts))))
    second = estimate_ratio(y, x, Strata(names, of_unit, sizes * scale, np.zeros(len(counts))))

    assert second.value == pytest.approx(first.value)
    assert second.se == pytest.approx(first.se)


def test_effective_count_falls_below_the_count_when_weights_differ():
    assert effective_count(np.array([2.0, 2.0, 2.0])) == pytest.approx(3)
    assert effective_count(np.array([10.0, 1.0])) < 1.3
    assert effective_count(np.array([])) == 0


def test_poststrata_are_the_mapped_classes():
    post = poststratify(np.array([1, 1, 3, 3, 3]), np.array([5.0, 0.0, 7.0]), names=tuple("ABC"))

    assert post.strata.names == ("A", "C")
    assert post.strata.of_unit.tolist() == [0, 0, 1, 1, 1]
    assert post.strata.sizes.tolist() == [5.0, 7.0]
    assert post.thin == post.collapsed == ()


def test_thin_classes_pool_and_take_the_smallest_neighbour_when_still_thin():
    codes = np.array([1] * 5 + [2] * 3 + [3])

    post = poststratify(codes, np.array([50.0, 30.0, 1.0, 0.5]), names=tuple("ABCD"))

    assert post.thin == (3, 4)
    assert post.collapsed == (2, 3, 4)
    assert post.strata.names == ("A", "B + C + D")
    assert post.strata.sizes.tolist() == [50.0, 31.5]


def test_two_thin_classes_with_enough_units_together_need_no_neighbour():
    codes = np.array([1] * 5 + [2, 3])

    post = poststratify(codes, np.array([50.0, 3.0, 1.0]), names=tuple("ABC"))

    assert post.strata.names == ("A", "B + C")


def test_units_on_a_class_without_area_are_refused():
    with pytest.raises(InvalidSample, match="without area: B"):
        poststratify(np.array([1, 1, 2, 2]), np.array([5.0, 0.0]), names=("A", "B"))


def test_a_sample_of_one_unit_is_refused():
    with pytest.raises(InvalidSample, match="fewer than two units"):
        poststratify(np.array([1]), np.array([5.0, 2.0]))
