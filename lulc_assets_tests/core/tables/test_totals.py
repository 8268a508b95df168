import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lulc_assets.core.tables.totals import find_total, find_totals

MATRIX = np.array([[82, 14, 1], [6, 70, 0], [0, 2, 25]])
CLASSES = ["a", "b", "c"]


def test_a_sum_of_all_others_is_a_total_whatever_its_name():
    wide = np.column_stack([MATRIX, MATRIX.sum(axis=1)])
    both = np.vstack([wide, wide.sum(axis=0)])

    assert find_totals(wide, CLASSES, [*CLASSES, "Gesamtergebnis"]) == (set(), {"Gesamtergebnis"})
    assert find_totals(both, [*CLASSES, "合計"], [*CLASSES, "合計"]) == ({"合計"}, {"合計"})
    assert find_totals(wide.T, [*CLASSES, "somme"], CLASSES) == ({"somme"}, set())


def test_a_class_of_both_directions_is_no_total_because_one_of_them_is_a_sum():
    chance = np.array([[5, 0, 5], [0, 4, 4], [2, 1, 3]])

    assert find_totals(chance, CLASSES, CLASSES) == (set(), set())


@settings(deadline=None)
@given(arrays(np.int64, (4, 4), elements=st.integers(0, 50)))
def test_a_square_matrix_of_classes_keeps_every_class_that_is_no_sum_both_ways(counts):
    names = ["a", "b", "c", "d"]
    rows, columns = find_totals(counts, names, names)

    for name in rows | columns:
        i = names.index(name)
        assert (2 * counts[i] == counts.sum(axis=0)).all()
        assert (2 * counts[:, i] == counts.sum(axis=1)).all()


def test_of_areas_only_a_name_without_class_is_a_total():
    areas = {"a": 50.0, "b": 30.0, "c": 20.0}

    assert find_total(areas, ["a", "b", "c"]) is None
    assert find_total({**areas, "Total general": 100.0}, ["a", "b", "c"]) == "Total general"
    assert find_total({**areas, "swamp": 99.0}, ["a", "b", "c"]) is None
    assert find_total({"a": 5.0, "b": 5.0}, ["a"]) is None
