"""Repeat the worked example of ``docs/redd.md`` and count how often its intervals hold the truth.

    python -m benchmarks.redd --samples 1000

A landscape of the simulated archive with clear-cuts, fires and new buildings; its truth is known
for every year. A map that errs gives the strata, with a buffer around mapped change; units are
drawn, interpreted without error at three dates, and loss of forest a year in a reference and a
monitoring period is estimated, once from one sample seen at all dates (a panel), once from two.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.redd.landscape import Forest, make_forest
from lulc_assets.core.estimation.emissions import Factor, Period, estimate_emissions
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "redd.md"
START, END = "<!-- benchmarks.redd -->", "<!-- end -->"
UNITS = {"loss": 500, "gain": 30, "buffer": 600, "stable class": 3000, "stable rest": 100}
NEVER_FOREST = "stable rest"
"""Loss of forest cannot occur there: in this example the first map knows what was forest."""
TRUE_FACTOR, FACTOR_SE = 350.0, 35.0
LEVEL = 0.90
FIGURES = ("reference", "monitoring", "reduction")


def draw_units(forest: Forest, rng: np.random.Generator) -> tuple[np.ndarray, Strata]:
    """Pixels of one stratified sample, flat indices, and their strata."""
    held = [(name, forest.members[h]) for h, name in enumerate(UNITS) if forest.members[h].size]
    picked = [rng.choice(here, min(UNITS[n], here.size), replace=False) for n, here in held]
    of_unit = np.repeat(np.arange(len(held)), [p.size for p in picked])
    sizes = np.array([here.size for _, here in held], dtype=float)
    names = tuple(name for name, _ in held)
    fractions = np.array([p.size for p in picked]) / sizes
    return np.concatenate(picked), Strata(names, of_unit, sizes, fractions)


def run(samples: int, seed: int, *, panel: bool) -> list[dict]:
    """Coverage and width of every figure over many samples."""
    forest = make_forest(seed)
    rng = np.random.default_rng([seed, int(panel)])
    settings = AccuracySettings(level=LEVEL)
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for _ in range(samples):
        units = draw_units(forest, rng)
        drawn = (units, units) if panel else (units, draw_units(forest, rng))
        periods = [
            Period(
                name,
                lost[picked],
                strata,
                forest.area_ha,
                years,
                possible=np.array([one != NEVER_FOREST for one in strata.names]),
            )
            for name, lost, (picked, strata), years in zip(
                FIGURES[:2], forest.lost, drawn, forest.years, strict=True
            )
        ]
        # The factor is an estimate as well: it errs as its standard error says.
        factor = Factor(max(1.0, rng.normal(TRUE_FACTOR, FACTOR_SE)), FACTOR_SE)
        found = estimate_emissions(periods[0], periods[1], factor, panel=panel, settings=settings)
        tables = {"ha": found.loss_ha, "t": found.emissions, "t, propagated": found.propagated}
        for unit, table in tables.items():
            for key in FIGURES:
                one = table[key]
                rows.setdefault((unit, key), []).append((one.value, one.ci_low, one.ci_high))
    return [_row(forest, panel, unit, key, found) for (unit, key), found in rows.items()]


def _row(forest: Forest, panel: bool, unit: str, key: str, found: list) -> dict:
    factor = 1.0 if unit == "ha" else TRUE_FACTOR
    truth, reference = forest.truth[key] * factor, forest.truth["reference"] * factor
    value, low, high = np.array(found).T
    inside = (low <= truth) & (truth <= high)
    return {
        "design": "panel" if panel else "two samples",
        "figure": key,
        "unit": unit,
        "truth": truth,
        "samples": len(found),
        "coverage": float(inside.mean()),
        "bias": float((value.mean() - truth) / reference),
        "width": float(np.mean(high - low)),
    }


def write_table(rows: list[dict], page: Path) -> None:
    """Put the table between its marks on the page."""
    lines = [
        "| design | figure | unit a year | truth | bias / reference | coverage of 90 % | width |"
    ]
    lines.append("|---|---|---|---:|---:|---:|---:|")
    for r in rows:
        lines.append(
            f"| {r['design']} | {r['figure']} | {r['unit']} | {r['truth']:,.1f} "
            f"| {r['bias']:+.1%} | {r['coverage']:.3f} | {r['width']:,.1f} |"
        )
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    table = "\n".join(lines)
    page.write_text(f"{before}{START}\n{table}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Run both designs, print the rows and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the page")
    options = parser.parse_args()
    rows = [
        row for panel in (True, False) for row in run(options.samples, options.seed, panel=panel)
    ]
    for row in rows:
        print(json.dumps(row), flush=True)
    text = json.dumps(rows, indent=0) + "\n"
    (options.out / "redd.json").write_text(text, encoding="utf-8")
    write_table(rows, options.out / PAGE)


if __name__ == "__main__":
    main()
