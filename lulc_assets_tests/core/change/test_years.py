"""The year of change from several change maps."""

import numpy as np
import pytest

from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.years import GradedYear, year_of_change
from lulc_assets.core.errors import InvalidProduct

TREES, BARE, CROPS, GRASS = 2, 8, 5, 3


def layers(from_to, grade=Grade.NONE, on="2021-03-01"):
    one = np.full((1, 1), from_to, np.uint16)
    return GradedYear(
        one, np.full((1, 1), grade, np.uint8), np.full((1, 1), day_number(on), np.uint16)
    )


def found(years):
    year, from_to = year_of_change(years)
    return int(year[0, 0]), int(from_to[0, 0])


STABLE = layers(100 * TREES + TREES)
STAYS_BARE = layers(100 * BARE + BARE)


@pytest.mark.parametrize(
    ("day", "year"), [("2020-07-01", 2021), ("2021-06-30", 2021), ("2021-07-01", 2022),
                      ("2020-06-30", 2020)],
)  # fmt: skip
def test_a_change_belongs_to_the_year_that_it_holds_most_of(day, year):
    change = layers(208, Grade.SUSTAINED, day)
    assert found({2021: change, 2022: STAYS_BARE}) == (year, 208)


def test_a_recent_change_counts_when_the_next_year_keeps_it():
    recent = layers(208, Grade.RECENT, "2021-05-01")
    assert found({2021: recent}) == (0, 0)
    assert found({2021: recent, 2022: STAYS_BARE}) == (2021, 208)


def test_what_turns_back_is_no_lasting_change():
    change = layers(208, Grade.SUSTAINED)
    assert found({2021: change, 2022: layers(802, Grade.FLICKER)}) == (0, 0)


def test_flicker_and_stable_pixels_have_no_year():
    assert found({2021: layers(208, Grade.FLICKER), 2022: STAYS_BARE}) == (0, 0)
    assert found({2021: STABLE, 2022: STABLE}) == (0, 0)


def test_a_turn_of_a_rotation_counts_after_five_years():
    turn = layers(100 * CROPS + GRASS, Grade.RECENT, "2021-05-01")
    grass = layers(100 * GRASS + GRASS)
    assert found({2021: turn} | dict.fromkeys(range(2022, 2026), grass)) == (0, 0)
    assert found({2021: turn} | dict.fromkeys(range(2022, 2027), grass)) == (2021, 503)


def test_of_two_changes_the_last_counts_with_the_class_of_the_beginning():
    first = layers(208, Grade.SUSTAINED, "2021-03-01")
    second = layers(807, Grade.SUSTAINED, "2022-03-01")
    assert found({2021: first, 2022: second}) == (2022, 207)


@pytest.mark.parametrize("years", [{}, {2020: STABLE, 2022: STABLE}])
def test_gaps_are_refused(years):
    with pytest.raises(InvalidProduct, match="gaps"):
        year_of_change(years)
