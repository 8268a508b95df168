"""Dates of observations: as numbers, in quarters, one observation per date.

What belongs here: the calendar of change and alerts, and which scenes are one observation.
What does not: reading scenes (``compositing.reading``).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.datatakes import Datatake, PredictedScene, group_datatakes

DAY_ZERO = date(2014, 12, 31)
"""Day 0 of stored dates: 1 is 2015-01-01, the first year of Sentinel-2; 0 means no date.
uint16 reaches the year 2194."""

QUARTERS = 4


def day_number(day: str | date) -> int:
    """Days since ``DAY_ZERO`` of an ISO date."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return (found - DAY_ZERO).days


def day_of_number(number: int) -> date:
    """The date that :func:`day_number` made a number of."""
    return DAY_ZERO + timedelta(days=int(number))


def iso_or_none(number: int) -> str | None:
    """The ISO date of a stored number; None for 0."""
    return day_of_number(number).isoformat() if number else None


def quarter_of(day: str | date) -> int:
    """0–3: the quarter of the year that a date lies in."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return (found.month - 1) // 3


def observations_by_date(scenes: Iterable[PredictedScene]) -> tuple[Datatake, ...]:
    """All scenes of a date as one observation, by date; a scene given twice is one.

    Errors of one day are alike (the same haze, the same angle of the sun), whatever orbit a
    scene belongs to; two scenes of a day are therefore no two witnesses. They merge like the
    datastrips of a pass.

    Raises:
        InvalidProduct: two predictions share an id and differ.
    """
    by_date: dict[str, list[PredictedScene]] = {}
    for take in group_datatakes(scenes).values():
        for scene in take.scenes:
            by_date.setdefault(scene.date, []).append(scene)
    return tuple(
        Datatake(day, tuple(sorted(found, key=lambda scene: scene.scene_id)))
        for day, found in sorted(by_date.items())
    )


def numbers_and_quarters(
    days: Sequence[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Day numbers and quarters of dates, each (n,) int64."""
    numbers = np.array([day_number(day) for day in days], np.int64)
    quarters = np.array([quarter_of(day) for day in days], np.int64)
    return numbers, quarters
