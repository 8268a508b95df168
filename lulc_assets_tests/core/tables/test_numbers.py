import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.tables.numbers import AmbiguousNumbers, read_numbers


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["12.400", "1.200", "950"], [12400, 1200, 950]),
        (["12,400", "1,200", "950"], [12400, 1200, 950]),
        (["12\u202f400,5", "1 200", "950"], [12400.5, 1200, 950]),
        (["12\u00a0400", "1\u00a0200", "950"], [12400, 1200, 950]),
        (["12.400,50", "1.200,25", "950,00"], [12400.5, 1200.25, 950]),
        (["1,234,567.5", "12"], [1234567.5, 12]),
        (["1’200", "12'400"], [1200, 12400]),
        (["0.857", "12.400"], [0.857, 12.4]),
        (["0,857", "12,400"], [0.857, 12.4]),
        (["1234.567", "12.345"], [1234.567, 12.345]),
        (["1e3", "-2.5E-1", "−4"], [1000, -0.25, -4]),
        (["a", "", "7"], [None, None, 7]),
        (["٣", "½", "nan", "inf"], [None] * 4),
    ],
)
def test_a_column_is_read_in_the_convention_that_all_its_cells_follow(texts, numbers):
    assert read_numbers(texts) == numbers


@pytest.mark.parametrize(
    ("texts", "cell"),
    [
        (["18.000", "13.500"], "'18.000'"),
        (["18,000", "13500"], "'18,000'"),
        (["12.435", "950"], "'12.435'"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_a_cell(texts, cell):
    with pytest.raises(AmbiguousNumbers, match=f"{cell} with three decimals or in thousands"):
        read_numbers(texts)


def test_other_columns_of_the_file_decide_what_the_column_leaves_open():
    assert read_numbers(["18.000", "13.500"], ["0,5", "1,25"]) == [18000, 13500]
    assert read_numbers(["18.000", "13.500"], ["0.5", "names too"]) == [18, 13.5]


def test_marks_that_contradict_each_other_are_named():
    with pytest.raises(AmbiguousNumbers, match=r"'1,5' and '1\.5'"):
        read_numbers(["7", "1,5", "1.5"])


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=8),
    st.sampled_from([".", ",", " ", "'", "\u00a0", "\u202f"]),
)
def test_grouped_whole_numbers_are_never_read_as_something_else(numbers, mark):
    texts = [f"{n:,}".replace(",", mark) for n in numbers]
    try:
        assert read_numbers(texts) == numbers
    except AmbiguousNumbers:
        assert mark in ".,"


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**8), min_size=1, max_size=8),
    st.integers(0, 5),
    st.sampled_from([".", ","]),
)
def test_numbers_of_a_fixed_number_of_decimals_are_never_read_as_something_else(raw, digits, mark):
    values = [n / 10**digits for n in raw]
    texts = [f"{value:.{digits}f}".replace(".", mark) for value in values]
    try:
        assert read_numbers(texts) == pytest.approx(values)
    except AmbiguousNumbers:
        assert digits == 3
