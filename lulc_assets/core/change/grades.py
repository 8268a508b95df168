"""Grades of change, and the numbers that they are given by.

What belongs here: names, codes, thresholds with their reasons. What does not: the loop that
applies them (``grading``).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.odds import LOG_ONE, RATIO_LIMIT
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.legend import Legend

DAYS_MAX = 800
"""Longest gap between two views that the hazard is tabulated for: two years and a bit."""


class Grade(IntEnum):
    """How well a change of the map between two years is shown, as stored (uint8).

    - ``NONE``: the maps agree, or one has no data.
    - ``SUSTAINED``: both sides are seen, the last dates agree, and it did not turn back.
    - ``RECENT``: it shows, and too little follows to tell whether it lasts: fewer than three
      dates; or it is a turn of a rotation, which only further years tell from a change.
    - ``FLICKER``: the maps differ and the dates do not show a lasting change: a mixed pixel,
      a class that looks like another, a map that is wrong in one of the years.
    - ``INSUFFICIENT``: too few clear dates in matching seasons to say anything.
    """

    NONE = 0
    SUSTAINED = 1
    RECENT = 2
    FLICKER = 3
    INSUFFICIENT = 4


@dataclass(frozen=True)
class GradeRule:
    """When a change is of which grade.

    Attributes:
        sustained_pct: posterior of "changed once and stayed", per cent.
        min_dates: clear dates on each side of the change.
        last_dates: so many last dates must agree …
        contrary_ratio: … which a date does unless it speaks for the former class by more
            than this factor. A date is not a map: one of four is wrong where the truth is plain.
        hazard_pct_per_year: of all land that changes in a year.
        candidate_lift: factor on the hazard where the two maps differ. The maps are made
            from the same dates, so that it is not evidence of its own; it undoes that only
            such pixels are looked at, where change is many times as frequent.
        rotating: pairs of classes that take turns on the same field. A ley is grass to the
            eye and crops by use; grass counts as permanent when it has not been in rotation
            for five years (Regulation (EU) 2021/2115, article 4). Between two years such a
            change is never more than recent. Names that the legend lacks are left out.
        min_mapping_unit_px: smaller patches of one grade group and one new class are not
            a change of the map.
    """

    sustained_pct: int = 95
    min_dates: int = 3
    last_dates: int = 3
    contrary_ratio: float = 10.0
    hazard_pct_per_year: float = 1.0
    candidate_lift: float = 10.0
    rotating: tuple[tuple[str, str], ...] = (("crops", "grass"),)
    min_mapping_unit_px: int = 5

    def __post_init__(self) -> None:
        if not 50 <= self.sustained_pct <= 99:
            raise InvalidProject(f"[change] sustained_pct {self.sustained_pct} is not in 50–99")
        if min(self.min_dates, self.last_dates, self.min_mapping_unit_px) < 1:
            raise InvalidProject(
                "[change] min_dates, last_dates and min_mapping_unit_px must be at least 1"
            )
        if not 0 < self.hazard_pct_per_year < 50:
            raise InvalidProject(
                f"[change] hazard_pct_per_year {self.hazard_pct_per_year} is not in 0–50"
            )
        if self.contrary_ratio < 1 or self.candidate_lift < 1:
            raise InvalidProject("[change] contrary_ratio and candidate_lift must be at least 1")

    def hazard_logs(self) -> npt.NDArray[np.int32]:
        """256 · ln(hazard of so many days), (801,) int32; day 0 as day 1."""
        logs = np.log(self.candidate_lift * hazard(self.hazard_pct_per_year, DAYS_MAX))
        return np.rint(LOG_ONE * np.minimum(logs, 0.0)).astype(np.int32)

    def numbers(self) -> npt.NDArray[np.int64]:
        """What the loop needs: least posterior of 255, dates, last dates, contrary, limit."""
        return np.array(
            [
                int(np.ceil(255 * self.sustained_pct / 100)),
                self.min_dates,
                self.last_dates,
                round(LOG_ONE * np.log(self.contrary_ratio)),
                round(LOG_ONE * np.log(RATIO_LIMIT)),
            ],
            np.int64,
        )

    def rotation_table(self, legend: Legend) -> npt.NDArray[np.bool_]:
        """Which changes may be turns of a rotation, (land, land) bool by from and to."""
        table = np.zeros((len(legend.land),) * 2, np.bool_)
        for pair in self.rotating:
            if set(pair) <= {known.name for known in legend.land}:
                one, other = (legend.code_of(name) - 1 for name in pair)
                table[one, other] = table[other, one] = True
        return table

    def identity(self) -> dict[str, Any]:
        """All that can change a file."""
        return {**vars(self), "rotating": [list(pair) for pair in self.rotating]}


def hazard(pct_per_year: float, days_max: int) -> npt.NDArray[np.float64]:
    """Chance of change within 1…days_max days, (days_max + 1,); day 0 as day 1."""
    days = np.maximum(np.arange(days_max + 1), 1)
    chance: npt.NDArray[np.float64] = 1.0 - (1.0 - pct_per_year / 100.0) ** (days / 365.0)
    return chance
