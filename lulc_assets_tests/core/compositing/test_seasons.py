from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.compositing.seasons import (
    QUARTERS,
    Season,
    parse_seasons,
    part_of,
    parts_of_year,
    season_parts,
)

DAYS = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda d: (d.month, d.day))
SEASONS = st.lists(st.builds(Season, st.just("s"), DAYS, DAYS), max_size=4)


@given(SEASONS, st.dates(date(2019, 1, 1), date(2020, 12, 31)))
def test_a_day_is_in_a_season_when_its_part_is(seasons, day):
    parts = parts_of_year(seasons)
    part = part_of(day.isoformat(), parts)
    at = (day.month, day.day)
    for season in seasons:
        former, own = season_parts(season, parts)
        if season.crosses_year:
            assert (part in former) == (at >= season.first)
            assert (part in own) == (at <= season.last)
        else:
            assert former == []
            assert (part in own) == (season.first <= at <= season.last)


def test_without_seasons_a_year_is_one_part():
    assert [part.name for part in parts_of_year(())] == ["0101"]


def test_quarters_are_the_parts_of_a_year():
    parts = parts_of_year(parse_seasons(QUARTERS))
    assert [part.name for part in parts] == ["0101", "0401", "0701", "1001"]


@pytest.mark.parametrize("year", [2023, 2024])
def test_a_season_over_new_year_begins_in_the_former_year(year):
    (wet,) = parse_seasons({"wet": ("11-01", "02-29")})
    first, last = wet.days(year)
    assert first == date(year - 1, 11, 1)
    assert last + timedelta(days=1) == date(year, 3, 1)
