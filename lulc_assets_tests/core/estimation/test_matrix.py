import numpy as np
import pytest

from lulc_assets.core.estimation.matrix import agreement_share, count_matrix, proportion_matrix


def test_rows_are_the_map_and_columns_the_reference():
    matrix = count_matrix(np.array([1, 1, 2]), np.array([1, 2, 2]), 3)

    assert matrix.dtype == np.int64
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_weighted_cells_sum_to_one():
    shares = proportion_matrix(np.array([1, 2, 2]), np.array([1, 2, 1]), np.array([2.0, 1, 1]), 2)

    assert shares.tolist() == [[0.5, 0.0], [0.25, 0.25]]


def test_agreement_of_nothing_is_unknown_not_zero():
    assert agreement_share(np.zeros((9, 9), np.int64)) is None
    assert agreement_share(np.diag([3, 1]).astype(np.int64)) == 1.0


@pytest.mark.parametrize("codes", [[0, 1], [1, 4]])
def test_codes_outside_the_legend_are_refused(codes):
    with pytest.raises(ValueError, match="map codes must be 1…3"):
        count_matrix(np.array(codes), np.array([1, 1]), 3)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 map codes but 1 reference"):
        count_matrix(np.array([1, 1]), np.array([1]), 3)
