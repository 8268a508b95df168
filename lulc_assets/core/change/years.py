"""The year of change from the change maps of several years.

What belongs here: which year a change belongs to, changes that further years confirm or take
back. What does not: grading one pair of years (``grading``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.layers import FROM
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.legend import KARRA_10, Legend

HALF_YEAR = (7, 1)
"""A change from this day on is first in the map of the next year: the class of a year is the
one that holds for most of it."""

ROTATION_YEARS = 5
"""Years that a turn of a rotation must last to be a change (see ``GradeRule.rotating``)."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class GradedYear:
    """Layers of a change map.

    Attributes:
        from_to: (h, w) uint16.
        grade: (h, w) uint8.
        changed_on: (h, w) uint16.
    """

    from_to: U16
    grade: U8
    changed_on: U16


def year_of_change(
    years: Mapping[int, GradedYear], rule: GradeRule | None = None, legend: Legend = KARRA_10
) -> tuple[U16, U16]:
    """The year of each pixel's lasting change, from maps that follow each other.

    A sustained change counts in the year whose map its date belongs to, which is not always the
    one whose map first shows it. A recent one counts when no later map of the series takes
    it back: the years after it are its follow-up; of a turn of a rotation it takes five. A change
    that a later one undoes is not a lasting change; of several the last counts.

    Args:
        years: year → layers; without gaps.
        rule: that the maps were graded by; None for the defaults.
        legend: of the maps.

    Returns:
        Year (h, w) uint16, 0 = no lasting change; ``from_to`` of the class before that change
        and the class in the end, (h, w) uint16.

    Raises:
        InvalidProduct: no year, or a gap between them.
    """
    ordered = sorted(years)
    if not ordered or ordered != list(range(ordered[0], ordered[-1] + 1)):
        raise InvalidProduct(f"the year of change needs change maps without gaps, not {ordered}")
    shape = years[ordered[0]].grade.shape
    found, origin = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    to = np.zeros(shape, np.uint16)
    turns = (rule or GradeRule()).rotation_table(legend)
    rotating = [FROM * (int(a) + 1) + int(b) + 1 for a, b in np.argwhere(turns)]
    for year in ordered:
        layers = years[year]
        follow_up = ordered[-1] - year
        needed = np.where(np.isin(layers.from_to, rotating), ROTATION_YEARS, 1)
        counts = layers.grade == Grade.SUSTAINED
        counts |= (layers.grade == Grade.RECENT) & (follow_up >= needed)
        now = layers.from_to % FROM
        # Whatever its grade, a map that shows the class of before has taken the change back.
        undone = (found > 0) & (now == origin) & (layers.from_to > 0)
        found[undone], origin[undone], to[undone] = 0, 0, 0
        fresh = counts & ~undone
        origin = np.where(fresh & (found == 0), layers.from_to // FROM, origin)
        found = np.where(fresh, _map_year(layers.changed_on, year), found)
        to = np.where(fresh, now, to)
    return found.astype(np.uint16), np.where(found > 0, FROM * origin + to, 0).astype(np.uint16)


def _map_year(changed_on: U16, year: int) -> U16:
    """The year whose map a date belongs to; at most the year itself and at least that before."""
    turn, last_turn = (day_number(date(y, *HALF_YEAR)) for y in (year, year - 1))
    found = np.full(changed_on.shape, year, np.uint16)
    found[changed_on >= turn] = year + 1
    found[changed_on < last_turn] = year - 1
    return found
