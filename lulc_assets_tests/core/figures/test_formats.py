import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.figures.formats import (
    format_area_estimate,
    format_area_ha,
    format_number,
    format_share,
    format_share_estimate,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("area_ha", "text"),
    [(1234.5, "1,234 ha"), (3.44, "3.4 ha"), (0.126, "0.13 ha"), (0.0, "0 ha"), (NAN, "–")],
)
def test_areas_carry_their_unit_and_sensible_digits(area_ha, text):
    assert format_area_ha(area_ha).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.8734, "87.3 %"),
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.0001, "< 0.1 %"),
        (0.9999, "> 99.9 %"),
        (NAN, "–"),
    ],
)
def test_shares_are_per_cent(share, text):
    assert format_share(share).replace("\u00a0", " ") == text


@given(st.floats(min_value=1e-9, max_value=1 - 1e-9))
def test_a_share_between_never_reads_as_nothing_or_all(share):
    assert format_share(share) not in ("0.0\u00a0%", "100.0\u00a0%")


@given(st.floats(min_value=0.01, max_value=1e9))
def test_a_printed_number_is_within_its_last_digit(value):
    assert float(format_number(value).replace(",", "")) == pytest.approx(value, rel=0.06, abs=0.5)


def test_an_even_interval_is_written_with_plus_minus():
    even = Estimate(0.9, 0.01, 0.88, 0.92, 300)
    assert format_share_estimate(even).replace("\u00a0", " ") == "90.0 % ± 2.0"


def test_a_lopsided_interval_is_written_with_both_ends():
    lopsided = Estimate(0.99, 0.01, 0.93, 0.998, 60)
    text = format_share_estimate(lopsided)
    assert "±" not in text
    assert "93.0–99.8" in text
    assert "10–90.0" in format_area_estimate(Estimate(20, 9, 10, 90, 5)).replace("10.0", "10")


@pytest.mark.parametrize("estimate", [None, Estimate(NAN, NAN, NAN, NAN, 0)])
def test_what_cannot_be_estimated_is_a_dash(estimate):
    assert format_share_estimate(estimate) == "–"
    assert format_area_estimate(estimate) == "–"


def test_a_value_without_interval_stands_alone():
    assert "±" not in format_area_estimate(Estimate(5000.0, NAN, NAN, NAN, 1))
