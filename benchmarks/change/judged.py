"""What was found in some landscapes, landscape by landscape.

What belongs here: everybody's alerts, yearly change and probabilities of a landscape, added up.
What does not: the measures (``measures``), which landscapes, printing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.change.landscapes import YEARS, Scenery
from benchmarks.change.measures import (
    Reliability,
    Tally,
    YearTally,
    first_difference,
    tally,
    true_years,
)
from benchmarks.change.patches import AlertRule
from benchmarks.change.peers import NRT_MONITORS, PEERS, nrt_monitor
from benchmarks.change.years import Annual, alert_year, annual_map, graded_change
from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.layers import FROM
from lulc_assets.core.change.years import GradedYear, year_of_change

OURS, TWO_DATES = "this project", "two-date difference"
ALERT_YEARS = YEARS[1:]


@dataclass
class Judged:
    """Everybody's findings so far.

    Attributes:
        nrt: whether the monitors of the package ``nrt`` are among the finders.
        alerts: finder → what its confirmed alerts are worth.
        steps: step of the ladder → stated probabilities of pixels that reached it.
        years: finder → years of change.
        grades: grade → pixels of all years.
        landscapes: judged.
    """

    nrt: bool
    alerts: dict[str, Tally]
    steps: dict[Step, Reliability]
    years: dict[str, YearTally]
    grades: dict[str, int]
    landscapes: int = 0

    @classmethod
    def start(cls, *, nrt: bool) -> "Judged":
        """Nothing found yet."""
        names = (OURS, *PEERS, *(NRT_MONITORS if nrt else ()))
        return cls(
            nrt,
            {name: Tally() for name in names},
            {step: Reliability() for step in (Step.POSSIBLE, Step.LIKELY, Step.CONFIRMED)},
            {OURS: YearTally(), TWO_DATES: YearTally()},
            dict.fromkeys((grade.name.lower() for grade in Grade), 0),
        )

    def add(self, land: Scenery, evidence: Evidence) -> None:
        """Judge a landscape, all years after the first."""
        annual = {year: annual_map(land, year) for year in YEARS}
        for year in ALERT_YEARS:
            self._add_alerts(land, year, annual, evidence)
        self._add_years(land, annual, evidence)
        self.landscapes += 1

    def _add_alerts(
        self, land: Scenery, year: int, annual: Mapping[int, Annual], evidence: Evidence
    ) -> None:
        before, current = annual[year - 1], annual[year]
        settings = AlertSettings()
        rule = AlertRule.of(settings)
        ours = alert_year(land, year, before, evidence, settings)
        tally(self.alerts[OURS], land, year, ours.alert_on, before, rule)
        for step, reliability in self.steps.items():
            reliability.add(land, year, ours.first_sent[step], ours.logit_sent[step])
        monitors = {name: nrt_monitor(name) for name in NRT_MONITORS} if self.nrt else {}
        for name, find in {**PEERS, **monitors}.items():
            found = find(land, year, before, current)
            tally(self.alerts[name], land, year, found, before, rule)

    def _add_years(self, land: Scenery, annual: dict[int, Annual], evidence: Evidence) -> None:
        rule, true = GradeRule(), true_years(land)
        graded = {}
        for year in ALERT_YEARS:
            former, current = annual[year - 1], annual[year]
            grade, _, changed_on = graded_change(land, year, former, current, evidence, rule)
            from_to = (FROM * former.classes.astype(np.uint16) + current.classes).astype(np.uint16)
            graded[year] = GradedYear(from_to, grade, changed_on)
            for one in Grade:
                self.grades[one.name.lower()] += int((grade == one).sum())
        self.years[OURS].add(year_of_change(graded, rule)[0].astype(int), true)
        self.years[TWO_DATES].add(first_difference(annual), true)

    def figures(self, curve_days: Sequence[int]) -> dict[str, Any]:
        """All figures, plain JSON."""
        return {
            "landscapes": self.landscapes,
            "alerts": {name: one.figures() for name, one in self.alerts.items()},
            "kinds": _by_kind(self.alerts[OURS]),
            "curves": {name: one.curve(curve_days) for name, one in self.alerts.items()},
            "steps": {step.name.lower(): one.figures() for step, one in self.steps.items()},
            "years": {name: one.figures() for name, one in self.years.items()},
            "grades": dict(self.grades),
        }


def _by_kind(alerts: Tally) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for kind in sorted(set(alerts.kinds)):
        of_kind = [k == kind for k in alerts.kinds]
        delays = [d for d, mine in zip(alerts.delays, of_kind, strict=True) if mine]
        third = [d for d, mine in zip(alerts.third, of_kind, strict=True) if mine]
        found[kind] = {
            key: value
            for key, value in Tally(delays=delays, third=third).figures().items()
            if key in ("events", "recall", "within_30_days", "median_days", "median_third_date")
        }
    return found
