"""Seasons, and the parts of a year that votes are kept by.

What belongs here: windows of the calendar, cut into parts so that each date lies in exactly
one part and each season is a union of parts. What does not: counting (``kernel``) and files.

A season that crosses the year's end belongs to the year in which it ends: of the former year
it takes the parts from its first day on, of its own year those up to its last day.
"""

from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lulc_assets.core.errors import InvalidProject

QUARTERS: Mapping[str, tuple[str, str]] = {
    "q1": ("01-01", "03-31"),
    "q2": ("04-01", "06-30"),
    "q3": ("07-01", "09-30"),
    "q4": ("10-01", "12-31"),
}
"""What ``seasons = "quarters"`` means: the quarters that scenes are selected by."""

_LEAP_YEAR = 2000
"""Days of seasons are days of a leap year, so that 02-29 can be one."""

Day = tuple[int, int]
"""Month and day."""


@dataclass(frozen=True)
class Season:
    """A window of the calendar, first and last day included.

    Attributes:
        name: part of file names.
        first: month and day.
        last: month and day; before ``first`` when the season crosses the year's end.
    """

    name: str
    first: Day
    last: Day

    @property
    def crosses_year(self) -> bool:
        """Whether it begins in the former year."""
        return self.last < self.first

    def days(self, year: int) -> tuple[date, date]:
        """Its first and last day in the year in which it ends; 02-29 is 02-28 in most."""
        return _day(year - self.crosses_year, self.first), _day(year, self.last)


@dataclass(frozen=True)
class Part:
    """A part of a year whose votes are kept apart.

    Attributes:
        name: its first day, ``MMDD``.
        first: month and day; the part ends where the next begins.
    """

    name: str
    first: Day


def parse_seasons(given: Mapping[str, Sequence[str]]) -> tuple[Season, ...]:
    """Seasons of the project file, name → (first day, last day) as ``MM-DD``.

    Raises:
        InvalidProject: a name or a day cannot be.
    """
    found = []
    for name, days in given.items():
        if not (name.isascii() and name.isidentifier() and name.islower()):
            raise InvalidProject(
                f"season {name!r}: its name is part of file names; use letters a-z, digits and _, "
                "like wet"
            )
        if len(days) != 2:
            raise InvalidProject(f"season {name}: give its first and its last day, like 11-01")
        found.append(Season(name, *(_parse_day(name, day) for day in days)))
    return tuple(found)


def _parse_day(name: str, text: str) -> Day:
    try:
        day = date.fromisoformat(f"{_LEAP_YEAR}-{text}")
    except ValueError as error:
        raise InvalidProject(
            f"season {name}: {text!r} is not a day; write it like 11-01"
        ) from error
    return day.month, day.day


def _day(year: int, day: Day) -> date:
    if day == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return date(year, *day)


def parts_of_year(seasons: Sequence[Season]) -> tuple[Part, ...]:
    """The parts that the seasons cut a year into; without seasons, one: the year."""
    starts = {(1, 1)}
    for season in seasons:
        after = date(_LEAP_YEAR, *season.last) + timedelta(days=1)
        starts |= {season.first, (after.month, after.day)}
    return tuple(Part(f"{month:02d}{day:02d}", (month, day)) for month, day in sorted(starts))


def part_of(day: str, parts: Sequence[Part]) -> Part:
    """The part that holds a date ``YYYY-MM-DD``."""
    found = date.fromisoformat(day)
    return max(
        (part for part in parts if part.first <= (found.month, found.day)),
        key=lambda part: part.first,
    )


def season_parts(season: Season, parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Parts of the former and of its own year that make a season."""
    if not season.crosses_year:
        return [], [p for p in parts if season.first <= p.first <= season.last]
    former = [part for part in parts if part.first >= season.first]
    return former, [part for part in parts if part.first <= season.last]
