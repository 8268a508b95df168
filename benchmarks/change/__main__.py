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

from benchmarks.change.judged import ALERT_YEARS, OURS, Judged
from benchmarks.change.landscapes import STRESS_SEEDS, TEST_SEEDS, TUNING_SEEDS, YEARS, scenery
from benchmarks.change.pictures import draw_curves, draw_years
from benchmarks.change.years import annual_map, letters_of
from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.legend import KARRA_10

CURVE_DAYS = tuple(range(0, 181, 3))


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
    judged = Judged.start(nrt=nrt)
    for seed in seeds:
        judged.add(scenery(seed, folder, profile), evidence)
    return judged.figures(CURVE_DAYS)


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
        "median_third_date": ours["median_third_date"],
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
        lines += ["", "| kind of event | events | confirmed | within 30 days | median days "
                  "| … to the third clear date |", "|---|---|---|---|---|---|"]  # fmt: skip
        lines += [
            f"| {kind} | {one['events']} | {_text(one['recall'])} "
            f"| {_text(one['within_30_days'])} | {_text(one['median_days'])} "
            f"| {_text(one['median_third_date'])} |"
            for kind, one in figures["kinds"].items()
        ]
        lines += ["", "| step | stated probability | pixels | stated, mean | really changed |",
                  "|---|---|---|---|---|"]  # fmt: skip
        for step, one in figures["steps"].items():
            rows = [("all", one), *((f"{b['from']:g}–{b['to']:g}", b) for b in one["bins"])]
            lines += [
                f"| {step} | {name} | {row['pixels']} | {_text(row['stated'])} "
                f"| {_text(row['changed_share'])} |"
                for name, row in rows
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
