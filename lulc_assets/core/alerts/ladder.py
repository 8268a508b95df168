"""The ladder of an alert, and the numbers that move a pixel on it.

What belongs here: steps, thresholds with their reasons, the tables that the loop reads. What
does not: the loop (``kernel``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.grades import hazard
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.legend import KARRA_10, Legend

LOGIT_TOP = 8 * LOG_ONE
"""Log odds stop here, at 0.9997: a change that turns back must be seen to within the dates
that it took to confirm it."""

HAZARD_TOP = 4 * LOG_ONE
"""From these odds on, the hazard of further days moves them by less than 1/256."""

GAP_DAYS_MAX = 366
"""Longest gap that the hazard is tabulated for; the state is of one year."""


GAIN_PCT, ROTATING_GAIN_PCT = 200, 150
"""What a pixel and its neighbours say together counts twice, or half as much again where classes
rotate, within the limit of one observation: what changes is larger than a pixel, and what a
scene gets wrong is often not, other than on fields, which are wrong as a whole. Measured on six
tuning landscapes (``docs/change.md``)."""

NEVER = 1 << 20
"""Log odds that nothing reaches."""

_LEADERS = 16


class Step(IntEnum):
    """Where a pixel stands, as stored (uint8). The highest step is kept until rejection."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CONFIRMED = 3
    REJECTED = 4


@dataclass(frozen=True)
class AlertSettings:
    """How alerts are judged.

    Attributes:
        hazard_pct_per_year: of all land that changes in a year, spread over its days.
        floor_pct: probability below which no number of quiet dates brings a pixel: twice
            the hazard of a year. Quiet dates say that nothing has happened yet, not that
            nothing will, and their errors are alike, so that they count for less than as
            many independent ones.
        possible_pct: probability from which a change is possible.
        likely_pct: … likely, with ``likely_dates`` supporting dates.
        confirmed_pct: … confirmed, with ``confirmed_dates``, in a patch of
            ``confirmed_area_px``. It is a pixel's by itself; that twenty agree is not in it.
        rejected_pct: below it a change is rejected.
        likely_dates: see ``likely_pct``.
        confirmed_dates: see ``confirmed_pct``.
        support_ratio: a date supports change when its likelihood ratio is at least this.
        expire_days: what is not confirmed after so many days of the clear season, from its
            first supporting date, is rejected.
        clear_season: first and last day, ``MM-DD``, of the season whose days count for that.
        min_area_px: an alert is of a step when so many of its pixels of 100 m² are, and …
        core_px: … when a square of so many pixels a side is among them. Scenes are shifted by
            up to a pixel, and edges between classes with them: a false alarm along an edge
            is as long as one likes, and hardly ever three pixels wide.
        confirmed_area_px: … and confirmed when so many are: patches of errors are small.
        rotating: names of classes that take turns on the same field (see ``GradeRule``). What
            becomes of one of them must be surer, and larger, and a turn from one to the other
            is never confirmed within a year. Names that the legend lacks are left out.
        rotating_confirmed_pct: in place of ``confirmed_pct`` where last year's map shows one.
        rotating_area_px: in place of ``confirmed_area_px``, likewise.
        from_classes: names of classes whose loss is an alert; empty: all.
        to_classes: names of classes whose gain is an alert; empty: all.
    """

    hazard_pct_per_year: float = 1.0
    floor_pct: float = 2.0
    possible_pct: float = 50.0
    likely_pct: float = 85.0
    confirmed_pct: float = 90.0
    rejected_pct: float = 5.0
    likely_dates: int = 2
    confirmed_dates: int = 3
    support_ratio: float = 1.5
    expire_days: int = 90
    clear_season: tuple[str, str] = ("03-01", "11-15")
    min_area_px: int = 10
    core_px: int = 3
    confirmed_area_px: int = 20
    rotating: tuple[str, ...] = ("crops", "grass")
    rotating_confirmed_pct: float = 99.0
    rotating_area_px: int = 30
    from_classes: tuple[str, ...] = ()
    to_classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rising = (self.floor_pct, self.rejected_pct, self.possible_pct, self.likely_pct,
                  self.confirmed_pct)  # fmt: skip
        if not (min(rising) > 0 and max(rising) < 100 and list(rising) == sorted(set(rising))):
            raise InvalidProject(
                "[alerts] needs 0 < floor_pct < rejected_pct < possible_pct < likely_pct < "
                f"confirmed_pct < 100; given are {rising}"
            )
        if not self.confirmed_pct <= self.rotating_confirmed_pct < 100:
            raise InvalidProject(
                f"[alerts] rotating_confirmed_pct {self.rotating_confirmed_pct} is not from "
                f"confirmed_pct {self.confirmed_pct} to below 100"
            )
        if min(self.confirmed_area_px, self.rotating_area_px) < self.min_area_px:
            raise InvalidProject(
                "[alerts] confirmed_area_px and rotating_area_px must be at least min_area_px "
                f"({self.min_area_px})"
            )
        if not 1 <= self.likely_dates <= self.confirmed_dates <= 255:
            raise InvalidProject("[alerts] needs 1 <= likely_dates <= confirmed_dates <= 255")
        if self.support_ratio <= 1 or self.expire_days < 1 or self.min_area_px < 1:
            raise InvalidProject(
                "[alerts] support_ratio must be above 1, expire_days and min_area_px at least 1"
            )
        if self.core_px < 1 or self.core_px % 2 == 0:
            raise InvalidProject(
                f"[alerts] core_px {self.core_px} is not an odd number of at least 1"
            )
        if not 0 < self.hazard_pct_per_year < 50:
            raise InvalidProject(
                f"[alerts] hazard_pct_per_year {self.hazard_pct_per_year} is not in 0–50"
            )
        _season_days(self.clear_season, 2001)

    @property
    def floor(self) -> int:
        """Lowest log odds, in 1/256."""
        return _logit(self.floor_pct)

    def rule(self) -> npt.NDArray[np.int64]:
        """Thresholds of the loop, (8,) int64; log odds in 1/256."""
        return np.array(
            [
                self.floor,
                _logit(self.rejected_pct),
                _logit(self.possible_pct),
                _logit(self.likely_pct),
                self.likely_dates,
                self.confirmed_dates,
                round(LOG_ONE * float(np.log(self.support_ratio))),
                self.expire_days,
            ],
            np.int64,
        )

    def rotates(self, legend: Legend = KARRA_10) -> npt.NDArray[np.bool_]:
        """Which classes rotate, (n + 1,) bool by code."""
        codes = [legend.code_of(name) for name in self.rotating if name in legend.names]
        found: npt.NDArray[np.bool_] = np.isin(np.arange(len(legend.classes) + 1), codes)
        return found

    def confirmed_at(self, legend: Legend = KARRA_10) -> npt.NDArray[np.int64]:
        """Log odds from which a pixel is confirmed, (n + 1, 16) int64, in 1/256.

        By class of last year's map and the class that leads, 0: none does yet. A turn between
        classes that rotate is at ``NEVER``.
        """
        rotates = self.rotates(legend)
        pct = np.where(rotates, self.rotating_confirmed_pct, self.confirmed_pct)
        found = np.repeat([[_logit(float(one))] for one in pct], _LEADERS, axis=1)
        leading = np.zeros(_LEADERS, np.bool_)
        leading[: min(rotates.size, _LEADERS)] = rotates[:_LEADERS]
        found[rotates[:, None] & leading[None]] = NEVER
        return found.astype(np.int64)

    def gains(self, legend: Legend = KARRA_10) -> npt.NDArray[np.int64]:
        """What neighbours' agreement counts, (n + 1,) int64 per cent, by code of last year."""
        return np.where(self.rotates(legend), ROTATING_GAIN_PCT, GAIN_PCT).astype(np.int64)

    def areas(self, step: Step, legend: Legend = KARRA_10) -> npt.NDArray[np.int64]:
        """Pixels that make an alert of a step, (n + 1,) int64, by code of last year."""
        rotates = self.rotates(legend)
        if step != Step.CONFIRMED:
            return np.full(rotates.size, self.min_area_px, np.int64)
        return np.where(rotates, self.rotating_area_px, self.confirmed_area_px).astype(np.int64)

    def hazard_table(self) -> npt.NDArray[np.int16]:
        """Log odds after so many days, (367, levels) int16; level 0 is the floor.

        P' = P + (1 − P) h: odds' = (odds + h) / (1 − h).
        """
        levels = np.arange(self.floor, HAZARD_TOP + 1) / LOG_ONE
        chance = hazard(self.hazard_pct_per_year, GAP_DAYS_MAX)[:, None]
        odds = (np.exp(levels)[None] + chance) / (1 - chance)
        return np.rint(LOG_ONE * np.log(odds)).astype(np.int16)

    def clear_days(self, year: int) -> npt.NDArray[np.int64]:
        """Days of the clear season up to each day of a year, (367,), by day of the year."""
        days = [date(year, 1, 1) + timedelta(days=step) for step in range(366)]
        inside = [_in_season(day, self.clear_season) for day in days]
        return np.concatenate([[0], np.cumsum(inside)]).astype(np.int64)

    def watched(self, legend: Legend = KARRA_10) -> npt.NDArray[np.bool_]:
        """Which changes are alerts, (n + 1, n + 1) bool by from and to code; 0: not known yet.

        Raises:
            UnknownClass: a class to watch is not in the legend.
        """
        size = len(legend.classes) + 1
        losses, gains = (
            np.isin(np.arange(size), [legend.code_of(name) for name in names])
            if names
            else np.ones(size, np.bool_)
            for names in (self.from_classes, self.to_classes)
        )
        table: npt.NDArray[np.bool_] = losses[:, None] & gains[None] & ~np.eye(size, dtype=bool)
        return table

    def identity(self) -> dict[str, Any]:
        """All that can change a pixel's state: what is shown of it is left out."""
        shown = ("min_area_px", "confirmed_area_px", "rotating_area_px", "core_px",
                 "from_classes", "to_classes")  # fmt: skip
        kept = {name: value for name, value in vars(self).items() if name not in shown}
        lists = {"clear_season": list(self.clear_season), "rotating": list(self.rotating)}
        return {**kept, **lists, "gains_pct": [GAIN_PCT, ROTATING_GAIN_PCT]}


def _logit(pct: float) -> int:
    return round(LOG_ONE * float(np.log(pct / (100.0 - pct))))


def _season_days(season: Sequence[str], year: int) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(f"{year}-{day}") for day in season)
    except ValueError as error:
        raise InvalidProject(
            f"[alerts] clear_season {list(season)}: write its first and last day like 03-01"
        ) from error
    return first, last


def _in_season(day: date, season: Sequence[str]) -> bool:
    text, (first, last) = f"{day:%m-%d}", season
    return first <= text <= last if first <= last else text >= first or text <= last


def year_start(year: int) -> int:
    """Number of the day before a year begins: where the hazard of its alerts starts."""
    return day_number(date(year, 1, 1)) - 1
