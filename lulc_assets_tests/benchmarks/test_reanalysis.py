import numpy as np
import pytest

from benchmarks.karra_figure3.reanalysis import (
    PrintedTable,
    accuracies,
    cluster_design_effect,
    explain_areas,
    find_sample_sizes,
    half_width_of_share,
)
from lulc_assets.core.errors import InvalidSample

ROWS = np.array([[0.9, 0.08, 0.02], [0.1, 0.85, 0.05], [0.2, 0.1, 0.7]])
SIZES = np.array([40_000.0, 25_000.0, 5_000.0])
"""A made-up assessment: one matrix re-weighted for each region, one vector of sizes."""


def printed(weights, total, *, by_mapped, digits=None):
    """A region's table as it would be printed under a rule."""
    weights = np.array(weights)
    matrix = weights[:, None] * ROWS
    share = matrix.sum(axis=0)
    variance = (weights[:, None] ** 2 * ROWS * (1 - ROWS) / (SIZES[:, None] - 1)).sum(axis=0)
    factor = total * (weights if by_mapped else 1.0)
    areas, half = share * factor, 1.96 * np.sqrt(variance) * factor
    if digits is not None:
        matrix, areas = matrix.round(digits), areas.round(digits)
    return PrintedTable("made up", matrix, areas, half)


REGIONS = ((0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.1, 0.1, 0.8), (0.33, 0.33, 0.34))


@pytest.mark.parametrize("by_mapped", [False, True])
def test_the_rule_behind_printed_areas_is_found_with_its_total(by_mapped):
    for weights in REGIONS:
        best, other = explain_areas(printed(weights, 42.4, by_mapped=by_mapped))

        assert best.rule == ("share × mapped area of the class" if by_mapped else "share × total")
        assert best.total_area == pytest.approx(42.4)
        assert best.spread < 1e-9
        assert other.spread > 100 * max(best.spread, 1e-6)


def test_rounding_as_in_print_does_not_hide_the_rule():
    best, other = explain_areas(printed(REGIONS[0], 42.4, by_mapped=True, digits=4))

    assert best.rule == "share × mapped area of the class"
    assert best.total_area == pytest.approx(42.4, rel=2e-3)
    assert best.spread < 0.01 < other.spread


def test_one_vector_of_sample_sizes_is_found_from_all_regions():
    tables = [printed(w, t, by_mapped=True) for w, t in zip(REGIONS, (42, 7, 190, 3), strict=True)]

    assert find_sample_sizes(tables) == pytest.approx(SIZES, rel=1e-6)


def test_users_accuracy_of_a_re_weighted_matrix_is_the_same_everywhere():
    found = [accuracies(printed(w, 1, by_mapped=False).proportions) for w in REGIONS]

    for _, users, _ in found:
        assert users == pytest.approx(np.diag(ROWS))
    assert len({round(overall, 6) for overall, _, _ in found}) == len(REGIONS)


def test_a_class_nobody_found_has_no_producers_accuracy():
    _, users, producers = accuracies(np.array([[0.6, 0.0], [0.4, 0.0]]))

    assert users.tolist() == [1.0, 0.0]
    assert np.isnan(producers[1])


def test_windows_of_many_pixels_multiply_the_variance():
    assert cluster_design_effect(1000, 1000, 0.5) == 1
    assert cluster_design_effect(1000, 10, 0.1) == pytest.approx(1 + 99 * 0.1)
    assert cluster_design_effect(1000, 10, 1.0) == 100
    assert half_width_of_share(0.5, 100, 4.0) == pytest.approx(2 * 1.96 * 0.05)


def test_tables_that_cannot_be_are_refused():
    with pytest.raises(InvalidSample, match=r"proportions sum to 0\.5"):
        PrintedTable("x", np.full((2, 2), 0.125), np.ones(2), np.ones(2))
    with pytest.raises(InvalidSample, match="differ in their classes"):
        PrintedTable("x", np.full((2, 2), 0.25), np.ones(3), np.ones(3))
    with pytest.raises(InvalidSample, match="correlation of 0–1"):
        cluster_design_effect(100, 10, 1.5)
