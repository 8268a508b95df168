"""Annual maps and states of a landscape, in memory, by the product's own loops.

What belongs here: from predictions to maps, baselines, graded change and states. What does
not: figures (``measures``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.change.landscapes import Scenery
from benchmarks.change.patches import AlertRule
from lulc_assets.core.alerts.kernel import (
    CONFIRMED_ON,
    LIKELY_ON,
    LOGIT,
    PLANES,
    POSSIBLE_ON,
    STATUS,
    see_date,
)
from lulc_assets.core.alerts.ladder import AlertSettings, Step, year_start
from lulc_assets.core.change.counting import UNKNOWN, LetterCounts, count_letters
from lulc_assets.core.change.dates import day_number, numbers_and_quarters, quarter_of
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import GradeRule
from lulc_assets.core.change.grading import SUM_TABLE, grade_pixels
from lulc_assets.core.change.symbols import familiar_planes, known_at
from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import PartVotes, flag_tallies, strategy_of
from lulc_assets.core.grid import Window
from lulc_assets.core.legend import KARRA_10, Legend

QUARTERLY = CompositeSettings(seasons="quarters")

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Annual:
    """A year's map, with what alerts of the next year take from its sums.

    Attributes:
        classes: (h, w) uint8.
        flagged: (h, w) bool.
        familiar: (5, h, w) uint16, by quarter, then of the year.
    """

    classes: U8
    flagged: npt.NDArray[np.bool_]
    familiar: U16


def stack_of(land: Scenery, part: slice) -> Stack:
    """Some dates of a landscape."""
    return Stack(land.classes[part], land.probabilities[part], land.masks[part])


def annual_map(land: Scenery, year: int, legend: Legend = KARRA_10) -> Annual:
    """The map of a year by the weighted mode, votes kept by quarter."""
    strategy, part = strategy_of(QUARTERLY, legend), land.of_year(year)
    window = Window(0, 0, *land.event.shape)
    days = land.dates[part]
    sums = []
    for quarter in range(4):
        block = strategy.empty(window)
        inside = [part.start + i for i, day in enumerate(days) if quarter_of(day) == quarter]
        if inside:
            strategy.add(block, stack_of(land, slice(inside[0], inside[-1] + 1)), 1)
        sums.append(block)
    flagged = flag_tallies([block.tallies for block in sums], QUARTERLY, legend)
    votes = [
        PartVotes(QUARTERLY.weight_table(one.name, legend), block, flagged)
        for one, block in zip(QUARTERLY.parts(), sums, strict=True)
    ]
    familiar = familiar_planes([block.sums for block in sums], flagged)
    return Annual(strategy.decide(votes).winner, flagged, familiar)


def letters_of(land: Scenery, year: int, before: Annual, legend: Legend = KARRA_10) -> LetterCounts:
    """What pixels looked like in a year, against the map of the year before.

    Changes of the year before are left out: its map and its seasons hold both sides of them.
    """
    part = land.of_year(year)
    days = np.array([0, *(day_number(event["date"]) for event in land.events)])
    first = year_start(year) + 1
    of_event = np.where(days >= first, days, np.where(days > first - 366, UNKNOWN, 0))
    of_event[days > year_start(year + 1)] = 0
    changed_on = of_event.astype(np.uint16)[land.event]
    return count_letters(
        stack_of(land, part),
        land.dates[part],
        before.classes,
        before.familiar,
        QUARTERLY.parts(),
        changed_on,
        len(legend.land),
        before.flagged,
    )


@dataclass(frozen=True)
class Alerted:
    """A year of alerts.

    Attributes:
        state: (10, h, w) uint16 after all dates.
        alert_on: (h, w) uint16, day on which the pixel first lay in a confirmed alert, all of
            whose pixels were confirmed on that day: what zones are told. 0: never.
        first_sent: step 1–3 → (h, w) uint16, day on which the pixel first reached it, also
            when it was rejected later: what was sent stays sent. 0: never.
        logit_sent: likewise, the log odds of that day in 1/256, int16.
    """

    state: U16
    alert_on: U16
    first_sent: dict[int, U16]
    logit_sent: dict[int, npt.NDArray[np.int16]]


def alert_year(
    land: Scenery, year: int, before: Annual, evidence: Evidence, settings: AlertSettings
) -> Alerted:
    """Judge a year scene by scene."""
    shape, legend = land.event.shape, evidence.legend
    rule, alert_on = AlertRule.of(settings, legend), np.zeros(shape, np.uint16)
    state, touched = np.zeros((PLANES, *shape), np.uint16), np.zeros(PLANES, np.bool_)
    sent = {step: np.zeros(shape, np.uint16) for step in (1, 2, 3)}
    odds = {step: np.zeros(shape, np.int16) for step in (1, 2, 3)}
    tables = (
        evidence.ratios,
        settings.hazard_table(),
        settings.clear_days(year),
        settings.rule(),
        settings.confirmed_at(legend),
        settings.gains(legend),
    )
    part = land.of_year(year)
    for at in range(part.start, part.stop):
        day = land.dates[at]
        number = day_number(day)
        see_date(
            land.classes[at], land.probabilities[at], land.masks[at], number, quarter_of(day),
            year_start(year), before.classes, known_at(day, QUARTERLY.parts(), before.familiar),
            before.flagged, *tables, state, touched,
        )  # fmt: skip
        for step, plane in ((1, POSSIBLE_ON), (2, LIKELY_ON), (3, CONFIRMED_ON)):
            new = (state[plane] == number) & (sent[step] == 0)
            sent[step][new] = number
            odds[step][new] = state[LOGIT][new].astype(np.int16) + settings.floor
        confirmed = (state[STATUS] & 15) == Step.CONFIRMED
        labels, alert = rule.patches(np.where(confirmed, number, 0), before.classes)
        alert_on[alert[labels] & (alert_on == 0)] = number
    return Alerted(state, alert_on, sent, odds)


def graded_change(
    land: Scenery, year: int, former: Annual, current: Annual, evidence: Evidence, rule: GradeRule
) -> tuple[U8, U8, U16]:
    """Grade, posterior and date of the change between the year before and a year."""
    whole = slice(land.of_year(year - 1).start, land.of_year(year).stop)
    days = land.dates[whole]
    numbers, quarters = numbers_and_quarters(days)
    side = np.array([day.startswith(str(year)) for day in days], np.int64)
    found: tuple[U8, U8, U16] = grade_pixels(
        land.classes[whole], land.probabilities[whole], land.masks[whole], numbers, quarters, side,
        former.classes, current.classes, np.stack([former.flagged, current.flagged]),
        evidence.likelihoods, rule.hazard_logs(), rule.numbers(), rule.rotation_table(KARRA_10),
        SUM_TABLE,
    )  # fmt: skip
    return found
