"""Real dates over Romania (2015–2020) through this project's sequential rule and its peers.

The source distribution of ``nrt`` 0.1.0 holds a cube of 100 × 100 pixels of a forest and its
surroundings, 140 dates of level 2A. The extra ``benchmarks`` installs it from the registry; the
repository holds none of it. Evidence is learnt from 2017 and 2018, each against the year before,
and 2019 and 2020 are judged scene by scene.

Nobody knows what happened there: the figures say what each rule found, when, and how far they
agree, and nothing about who is right.
"""

import argparse
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.change.landscapes import Scenery
from benchmarks.change.patches import AlertRule
from benchmarks.change.peers import NRT_MONITORS, PEERS, nrt_monitor
from benchmarks.change.years import Annual, alert_year, annual_map, letters_of
from benchmarks.nrt_romania.cube import GREEN, romania
from benchmarks.nrt_romania.pictures import draw_maps, draw_places
from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.dates import day_of_number
from lulc_assets.core.change.evidence import Evidence

OURS = "this project"
HISTORY, WATCHED = (2017, 2018), (2019, 2020)
NEAR_DAYS = 60
"""Two rules agree on a pixel when their dates are this near."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, help="folder for maps, places and series")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    given = parser.parse_args()
    if find_spec("nrt") is None:
        raise SystemExit(
            "nrt is not installed; pip install --constraint constraints.txt "
            "--editable '.[benchmarks]'"
        )
    land, settings = romania(), AlertSettings()
    found = judge(land, settings)
    alerts = {name: days.alert_on for name, days in found.items()}
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        draw_maps(land, alerts, given.pictures / "romania_maps.png")
        draw_places(land, alerts, given.pictures / "romania_places.png")
    figures = measure(land, found)
    print(json.dumps(figures) if given.json else describe(figures))


@dataclass
class Found:
    """What a rule found in ``WATCHED``.

    Attributes:
        alert_on: (h, w) uint16, first day on which a pixel lay in a confirmed alert; 0 = never.
        confirmed_px: pixels that were confirmed, in an alert or not.
        alerts: patches that are one.
    """

    alert_on: U16
    confirmed_px: int = 0
    alerts: int = 0

    def add(self, days: U16, confirmed: U16, before: U8, rule: AlertRule) -> None:
        """A year's days: of pixels in alerts, and of all that were confirmed."""
        labels, alert = rule.patches(days, before)
        new = alert[labels] & (self.alert_on == 0)
        self.alert_on[new] = days[new]
        self.confirmed_px += int((confirmed > 0).sum())
        self.alerts += int(alert.sum())


def judge(land: Scenery, settings: AlertSettings) -> dict[str, Found]:
    """Rule → what it found."""
    years = range(HISTORY[0] - 1, WATCHED[-1] + 1)
    annual = {year: annual_map(land, year, GREEN) for year in years}
    evidence, rule = _evidence(land, annual), AlertRule.of(settings, GREEN)
    finders = {name: find for name, find in PEERS.items() if name != "two-date difference"}
    finders |= {name: nrt_monitor(name) for name in NRT_MONITORS}
    found = {name: Found(np.zeros(land.event.shape, np.uint16)) for name in (OURS, *finders)}
    for year in WATCHED:
        before, current = annual[year - 1], annual[year]
        ours = alert_year(land, year, before, evidence, settings)
        found[OURS].add(ours.alert_on, ours.first_sent[Step.CONFIRMED], before.classes, rule)
        for name, find in finders.items():
            days = find(land, year, before, current)
            found[name].add(days, days, before.classes, rule)
    return found


def _evidence(land: Scenery, annual: dict[int, Annual]) -> Evidence:
    counts = LetterCounts.empty(len(GREEN.land))
    for year in HISTORY:
        counts = counts + letters_of(land, year, annual[year - 1], GREEN)
    return Evidence(counts, {"source": "Romania, nrt 0.1.0"}, GREEN)


def measure(land: Scenery, found: dict[str, Found]) -> dict[str, Any]:
    """What each rule found, and how much of it others found within ``NEAR_DAYS``."""
    ours = found[OURS].alert_on
    near, count = ndimage.binary_dilation(ours > 0, np.ones((3, 3))), int((ours > 0).sum())
    methods = {}
    for name, one in found.items():
        days = one.alert_on
        dated, both = days[days > 0], (days > 0) & (ours > 0)
        apart = abs(days.astype(int) - ours.astype(int))[both]
        methods[name] = {
            "confirmed_px": one.confirmed_px,
            "alerts": one.alerts,
            "alert_ha": round(dated.size / 100, 2),
            "median_date": day_of_number(int(np.median(dated))).isoformat() if dated.size else None,
            "at_ours": _share(int(((days > 0) & near).sum()), dated.size),
            "of_ours": _share(int(both.sum()), count),
            "of_ours_near": _share(int((apart <= NEAR_DAYS).sum()), count),
        }
    inside = [day for day in land.dates if int(day[:4]) in WATCHED]
    return {"dates_watched": len(inside), "pixels": land.event.size, "methods": methods}


def describe(figures: dict[str, Any]) -> str:
    """A table in Markdown."""
    lines = [
        f"{figures['dates_watched']} dates of {WATCHED[0]}–{WATCHED[-1]}, "
        f"{figures['pixels'] / 100:g} ha.",
        "",
        "| | pixels confirmed | alerts | in alerts, ha | median date | of it where we alert "
        f"| of our alerts | … within {NEAR_DAYS} days |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in figures["methods"].items():
        lines.append(
            f"| {name} | {one['confirmed_px']} | {one['alerts']} | {one['alert_ha']:g} "
            f"| {one['median_date'] or '–'} | {_text(one['at_ours'])} "
            f"| {_text(one['of_ours'])} | {_text(one['of_ours_near'])} |"
        )
    return "\n".join(lines)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 2) if whole else None


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
