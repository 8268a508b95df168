"""Yearly change and alerts against simulated truth, with their peers.

Landscapes with dated events (clear-cut, fire, new built area, shrinking lakes), rotating crops,
drought and late springs are seen every few days for four years, and a small network predicts
each scene. Evidence is learnt from tuning landscapes; figures come from others, some of them
under the stress profile of the sensor, which nothing was tuned on. Everybody's confirmed pixels
become alerts by the same rule of area and width.

The landscapes are made once and kept in ``--folder``: about three minutes of one core each.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.change import measures
from benchmarks.change.landscapes import STRESS_SEEDS, TEST_SEEDS, TUNING_SEEDS, YEARS, scenery
from benchmarks.change.measures import Tally, YearTally, tally
from benchmarks.change.peers import NRT_MONITORS, PEERS, nrt_monitor
from benchmarks.change.pictures import draw_curves, draw_years
from benchmarks.change.years import (
    Annual,
    alert_year,
    annual_map,
    graded_change,
    letters_of,
)
from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.layers import FROM
from lulc_assets.core.change.years import GradedYear, year_of_change
from lulc_assets.core.legend import KARRA_10

OURS = "this project"
CURVE_DAYS = tuple(range(0, 181, 3))
ALERT_YEARS = YEARS[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "lulc_change",
                        help="where landscapes are kept")  # fmt: skip
    parser.add_argument("--tuning", default=_listed(TUNING_SEEDS), help="seeds to learn from")
    parser.add_argument("--seeds", default=_listed(TEST_SEEDS), help="seeds to judge on")
    parser.add_argument("--stress", default=_listed(STRESS_SEEDS),
                        help="seeds to judge on under the stress profile")  # fmt: skip
    parser.add_argument("--nrt", action="store_true", help="the monitors of the package nrt too")
    parser.add_argument("--pictures", type=Path, help="folder for the curves")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    given = parser.parse_args()
    if given.nrt and find_spec("nrt") is None:
        raise SystemExit(
            "nrt is not installed; pip install --constraint constraints.txt "
            "--editable '.[benchmarks]'"
        )
    given.folder.mkdir(parents=True, exist_ok=True)
    evidence = learn(_seeds(given.tuning), given.folder)
    profiles = {"normal": _seeds(given.seeds), "stress": _seeds(given.stress)}
    found = {
        profile: judge(seeds, given.folder, profile, evidence, nrt=given.nrt)
        for profile, seeds in profiles.items()
        if seeds
    }
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        draw_curves(found, CURVE_DAYS, given.pictures / "change_curves.png")
        draw_years(found, given.pictures / "change_years.png")
    figures = headline(found)
    print(json.dumps(figures) if given.json else describe(found))


def learn(seeds: Sequence[int], folder: Path) -> Evidence:
    """Evidence from tuning landscapes, all years after the first."""
    counts = LetterCounts.empty(len(KARRA_10.land))
    for seed in seeds:
        land = scenery(seed, folder)
        annual = {year: annual_map(land, year) for year in YEARS}
        for year in ALERT_YEARS:
            counts = counts + letters_of(land, year, annual[year - 1])
    return Evidence(counts, {"source": f"simulated landscapes {_listed(seeds)}"})


def judge(
    seeds: Sequence[int], folder: Path, profile: str, evidence: Evidence, *, nrt: bool
) -> dict[str, Any]:
    """All figures of some landscapes under a sensor profile."""
    settings, rule = AlertSettings(), GradeRule()
    finders = dict(PEERS) | ({name: nrt_monitor(name) for name in NRT_MONITORS} if nrt else {})
    alerts = {name: Tally() for name in (OURS, *finders)}
    steps = {step: [0, 0, 0.0] for step in (Step.POSSIBLE, Step.LIKELY, Step.CONFIRMED)}
    years = {OURS: YearTally(), "two-date difference": YearTally()}
    grades = dict.fromkeys((grade.name.lower() for grade in Grade), 0)
    for seed in seeds:
        land = scenery(seed, folder, profile)
        annual = {year: annual_map(land, year) for year in YEARS}
        for year in ALERT_YEARS:
            before, current = annual[year - 1], annual[year]
            ours = alert_year(land, year, before, evidence, settings)
            tally(alerts[OURS], land, year, ours.first_sent[Step.CONFIRMED], settings)
            for step, counted in steps.items():
                found = measures.calibration(
                    land, year, ours.first_sent[step], ours.logit_sent[step]
                )
                steps[step] = [have + new for have, new in zip(counted, found, strict=True)]
            for name, find in finders.items():
                tally(alerts[name], land, year, find(land, year, before, current), settings)
        true = measures.true_years(land)
        graded = _graded(land, annual, evidence, rule)
        for layers in graded.values():
            for grade in Grade:
                grades[grade.name.lower()] += int((layers.grade == grade).sum())
        years[OURS].add(year_of_change(graded, rule)[0].astype(int), true)
        years["two-date difference"].add(measures.first_difference(annual), true)
    return {
        "landscapes": len(seeds),
        "alerts": {name: one.figures() for name, one in alerts.items()},
        "kinds": _by_kind(alerts[OURS]),
        "curves": {name: one.curve(CURVE_DAYS) for name, one in alerts.items()},
        "steps": {
            step.name.lower(): {
                "pixels": count,
                "changed_share": round(changed / max(count, 1), 4),
                "stated": round(stated / max(count, 1), 4),
            }
            for step, (count, changed, stated) in steps.items()
        },
        "years": {name: one.figures() for name, one in years.items()},
        "grades": grades,
    }


def _graded(
    land: Any, annual: dict[int, Annual], evidence: Evidence, rule: GradeRule
) -> dict[int, GradedYear]:
    found = {}
    for year in ALERT_YEARS:
        former, current = annual[year - 1], annual[year]
        grade, _, changed_on = graded_change(land, year, former, current, evidence, rule)
        from_to = (FROM * former.classes.astype(np.uint16) + current.classes).astype(np.uint16)
        found[year] = GradedYear(from_to, grade, changed_on)
    return found


def _by_kind(alerts: Tally) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for kind in sorted(set(alerts.kinds)):
        delays = [d for k, d in zip(alerts.kinds, alerts.delays, strict=True) if k == kind]
        found[kind] = {
            key: value
            for key, value in Tally(delays=delays).figures().items()
            if key in ("events", "recall", "within_30_days", "median_days")
        }
    return found


def headline(found: dict[str, Any]) -> dict[str, Any]:
    """What ``--json`` prints: the figures of the normal profile, then all of them."""
    main_profile = found.get("normal") or next(iter(found.values()))
    ours, years = main_profile["alerts"][OURS], main_profile["years"][OURS]
    return {
        "exact_year_ua": years["exact_year_ua"],
        "exact_year_pa": years["exact_year_pa"],
        "confirmed_recall": ours["recall"],
        "confirmed_precision": ours["precision"],
        "within_30_days": ours["within_30_days"],
        "median_days": ours["median_days"],
        **{
            profile: {name: value for name, value in figures.items() if name != "curves"}
            for profile, figures in found.items()
        },
    }


def describe(found: dict[str, Any]) -> str:
    """Tables in Markdown."""
    lines: list[str] = []
    for profile, figures in found.items():
        lines += [
            f"Profile {profile}, {figures['landscapes']} landscapes, {len(ALERT_YEARS)} years.",
            "",
            "| | events | confirmed | within 30 days | median days | alerts | precision (95 %) "
            "| false ha | fields falsely confirmed |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for name, one in figures["alerts"].items():
            low, high = one["precision_interval"] or (float("nan"), float("nan"))
            lines.append(
                f"| {name} | {one['events']} | {_text(one['recall'])} "
                f"| {_text(one['within_30_days'])} | {_text(one['median_days'])} "
                f"| {one['alerts']} | {_text(one['precision'])} ({low:.3f}–{high:.3f}) "
                f"| {one['false_px'] / 100:.1f} | {_text(one['fields_false_share'])} |"
            )
        lines += ["", "| kind of event | events | confirmed | within 30 days | median days |",
                  "|---|---|---|---|---|"]  # fmt: skip
        lines += [
            f"| {kind} | {one['events']} | {_text(one['recall'])} "
            f"| {_text(one['within_30_days'])} | {_text(one['median_days'])} |"
            for kind, one in figures["kinds"].items()
        ]
        lines += [
            "",
            "| step | pixels | stated probability | really changed |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {step} | {one['pixels']} | {_text(one['stated'])} | {_text(one['changed_share'])} |"
            for step, one in figures["steps"].items()
        ]
        lines += ["", "| yearly change | UA, PA exact year | UA, PA ± 1 year | UA, PA ever "
                  "| area mapped / true |", "|---|---|---|---|---|"]  # fmt: skip
        lines += [
            f"| {name} | "
            + " | ".join(
                f"{_text(one[f'{limit}_ua'])}, {_text(one[f'{limit}_pa'])}"
                for limit in ("exact_year", "within_1_year", "ever")
            )
            + f" | {one['area_ratio']:.2f} |"
            for name, one in figures["years"].items()
        ]
        counted = ", ".join(f"{n} {c}" for n, c in figures["grades"].items() if n != "none")
        lines += ["", f"Pixels by grade: {counted}.", ""]
    return "\n".join(lines)


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _listed(seeds: Sequence[int]) -> str:
    return ",".join(map(str, seeds))


def _seeds(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    main()
