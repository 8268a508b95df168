"""Figures of change and alerts against the truth of landscapes.

What belongs here: patches, events, recall, precision, delays, calibration, exact years. What
does not: finding change (``years``, ``peers``), pictures (``pictures``).

The same rule makes alerts of everybody's confirmed pixels (``patches``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from benchmarks.change.landscapes import Scenery
from benchmarks.change.patches import NEVER, AlertRule
from benchmarks.change.years import Annual, stack_of
from lulc_assets.core.change.dates import day_number, day_of_number

EVENT_PX = 50
"""Events of half a hectare and more are looked for."""
CLEAR_DATES = 6
"""… with so many clear dates after them in the year."""
CLEAR_SHARE = 0.5
"""A date is clear for an event when it sees this share of it."""
FIELD_PX = 20

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]


@dataclass
class Tally:
    """What was found in all landscapes and years.

    Attributes:
        delays: days from the first clear date that could show an event to its confirmation;
            None: never.
        since: likewise from the event itself.
        third: days from that first clear date to the third: no rule that asks for three dates
            can confirm before, whatever it sees.
        kinds: kind of each event.
        right: confirmed patches that are change.
        wrong: confirmed patches that are not.
        wrong_px: pixels of the latter.
        fields: fields under rotation, and those that were confirmed falsely.
    """

    delays: list[int | None] = field(default_factory=list)
    since: list[int | None] = field(default_factory=list)
    third: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    right: int = 0
    wrong: int = 0
    wrong_px: int = 0
    fields: list[int] = field(default_factory=lambda: [0, 0])

    def figures(self) -> dict[str, Any]:
        """Shares and delays, with 95 % Wilson intervals."""
        found = [delay for delay in self.delays if delay is not None]
        count, alerts = len(self.delays), self.right + self.wrong
        return {
            "events": count,
            "recall": _share(len(found), count),
            "recall_interval": _wilson(len(found), count),
            "within_30_days": _share(sum(delay <= 30 for delay in found), count),
            "median_days": float(np.median(found)) if found else None,
            "median_third_date": float(np.median(self.third)) if self.third else None,
            "alerts": alerts,
            "precision": _share(self.right, alerts),
            "precision_interval": _wilson(self.right, alerts),
            "false_px": self.wrong_px,
            "fields_false_share": _share(self.fields[1], self.fields[0]),
        }

    def curve(self, days: Iterable[int]) -> list[float]:
        """F1 by days since the event (Bullock et al. 2022)."""
        alerts = self.right + self.wrong
        precision = self.right / alerts if alerts else 0.0
        curve = []
        for limit in days:
            recall = sum(d is not None and d <= limit for d in self.since) / max(len(self.since), 1)
            both = precision + recall
            curve.append(2 * precision * recall / both if both else 0.0)
        return curve


def tally(
    total: Tally, land: Scenery, year: int, confirmed: U16, before: Annual, rule: AlertRule
) -> None:
    """Add a year of a landscape; ``confirmed`` is (h, w) uint16, day, 0 = never."""
    changed = changed_by(land, year)
    near = ndimage.binary_dilation(changed, np.ones((3, 3)))
    labels, alert = rule.patches(confirmed, before.classes)
    size = np.bincount(labels.ravel(), minlength=alert.size)
    hits = np.bincount(labels.ravel(), weights=near.ravel(), minlength=alert.size)
    right = alert & (hits >= size / 2)
    wrong = alert & ~right
    total.right += int(right.sum())
    total.wrong += int(wrong.sum())
    total.wrong_px += int(size[wrong].sum())
    _tally_fields(total, land, wrong[labels], changed)
    days = np.where(confirmed > 0, confirmed, NEVER).astype(np.uint16)
    _tally_events(total, land, year, days, before.classes, rule)


def _tally_fields(total: Tally, land: Scenery, wrong: Bools, changed: Bools) -> None:
    size = np.bincount(land.field.ravel())
    false = np.bincount(land.field.ravel(), weights=wrong.ravel())
    really = np.bincount(land.field.ravel(), weights=changed.ravel())
    counted = (size >= FIELD_PX) & (really == 0)
    counted[0] = False
    total.fields[0] += int(counted.sum())
    total.fields[1] += int((counted & (false >= size / 4)).sum())


def _tally_events(
    total: Tally, land: Scenery, year: int, days: U16, classes: U8, rule: AlertRule
) -> None:
    part = land.of_year(year)
    stack = stack_of(land, part)
    dates = np.array([day_number(day) for day in land.dates[part]])
    for number, event in enumerate(land.events, start=1):
        happened = day_number(event["date"])
        if not event["date"].startswith(str(year)) or event["pixels"] < EVENT_PX:
            continue
        inside = land.event == number
        after = dates >= happened
        views = (stack.masks[after][:, inside] > 0) & (stack.classes[after][:, inside] < 10)
        clear = dates[after][views.mean(1) >= CLEAR_SHARE]
        if clear.size < CLEAR_DATES:
            continue
        on = rule.reached_on(np.where(inside, days, NEVER).astype(np.uint16), classes)
        total.delays.append(None if on is None else on - int(clear[0]))
        total.since.append(None if on is None else on - happened)
        total.third.append(int(clear[2] - clear[0]))
        total.kinds.append(event["what"])


def changed_by(land: Scenery, year: int) -> Bools:
    """What is another class than in most of the year before, at the end of a year."""
    events = [
        number
        for number, event in enumerate(land.events, start=1)
        if f"{year - 1}-01-01" <= event["date"] <= f"{year}-12-31"
    ]
    return np.isin(land.event, events)


STATED = (0.0, 0.5, 0.7, 0.85, 0.9, 0.95, 0.99, 1.0)
"""Edges of the bins of stated probability."""


@dataclass
class Reliability:
    """Stated probabilities of pixels on the day they reached a step, and what was true.

    Attributes:
        pixels: by bin of ``STATED``.
        changed: of them.
        stated: sum of their probabilities.
    """

    pixels: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(7, np.int64))
    changed: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(7, np.int64))
    stated: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(7))

    def add(self, land: Scenery, year: int, sent: U16, logit: npt.NDArray[np.int16]) -> None:
        """Add a year of a landscape: day on which the step was reached, and log odds / 256."""
        reached = sent > 0
        stated = 1 / (1 + np.exp(-logit[reached].astype(np.float64) / 256))
        at = np.clip(np.searchsorted(STATED, stated, "right") - 1, 0, 6)
        self.pixels += np.bincount(at, minlength=7)
        true = changed_by(land, year)[reached]
        self.changed += np.bincount(at, weights=true, minlength=7).astype(np.int64)
        self.stated += np.bincount(at, weights=stated, minlength=7)

    def figures(self) -> dict[str, Any]:
        """All together, then by bin; bins without a pixel are left out."""
        return {
            **_stated_and_true(self.pixels.sum(), self.changed.sum(), self.stated.sum()),
            "bins": [
                {"from": low, "to": high, **_stated_and_true(*counted)}
                for low, high, *counted in zip(
                    STATED, STATED[1:], self.pixels, self.changed, self.stated, strict=False
                )
                if counted[0]
            ],
        }


def _stated_and_true(pixels: int, changed: int, stated: float) -> dict[str, Any]:
    return {
        "pixels": int(pixels),
        "stated": round(float(stated) / pixels, 4) if pixels else None,
        "changed_share": _share(int(changed), int(pixels)),
    }


@dataclass
class YearTally:
    """Mapped and true years of change of all pixels, as counts by their difference."""

    mapped: int = 0
    true: int = 0
    apart: dict[int, int] = field(default_factory=dict)

    def add(self, mapped: npt.NDArray[np.int64], true: npt.NDArray[np.int64]) -> None:
        """Add a landscape; 0 = no change."""
        self.mapped += int((mapped > 0).sum())
        self.true += int((true > 0).sum())
        both = (mapped > 0) & (true > 0)
        for apart, count in zip(*np.unique(abs(mapped - true)[both], return_counts=True),
                                strict=True):  # fmt: skip
            self.apart[int(apart)] = self.apart.get(int(apart), 0) + int(count)

    def figures(self) -> dict[str, Any]:
        """User's and producer's accuracy of change by tolerance, and the ratio of areas."""
        found: dict[str, Any] = {"area_ratio": round(self.mapped / max(self.true, 1), 4)}
        for name, limit in (("exact_year", 0), ("within_1_year", 1), ("ever", 99)):
            hits = sum(count for apart, count in self.apart.items() if apart <= limit)
            found[f"{name}_ua"] = _share(hits, self.mapped)
            found[f"{name}_pa"] = _share(hits, self.true)
        return found


def true_years(land: Scenery) -> npt.NDArray[np.int64]:
    """(h, w): the first year whose map shows each event, 0 = none."""
    years = np.array([0, *(event["year"] for event in land.events)], np.int64)
    return years[land.event]


def first_difference(annual: dict[int, Annual]) -> npt.NDArray[np.int64]:
    """(h, w): the first year in which two maps differ, 0 = none: the two-date difference."""
    years = sorted(annual)
    found = np.zeros(annual[years[0]].classes.shape, np.int64)
    for former, year in pairwise(years):
        found[(annual[former].classes != annual[year].classes) & (found == 0)] = year
    return found


def year_of_day(day: int) -> int:
    """The first year whose map shows a change of this day (see ``simulation.world.change``)."""
    found = day_of_number(day)
    return found.year + (found.month >= 7)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _wilson(part: int, whole: int) -> list[float] | None:
    if not whole:
        return None
    low, high = stats.binomtest(part, whole).proportion_ci(method="wilson")
    return [round(float(low), 4), round(float(high), 4)]
