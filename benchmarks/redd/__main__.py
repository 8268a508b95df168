"""Repeat the worked example of ``docs/redd.md`` and count how often its intervals hold the truth.

    python -m benchmarks.redd --samples 1000

A landscape of the simulated archive with clear-cuts, fires and new buildings; its truth is known
for every year. A map that errs gives the strata, with a buffer around mapped change; units are
drawn, interpreted without error at three dates, and loss of forest a year in a reference and a
monitoring period is estimated, once from one sample seen at all dates (a panel), once from two.
"""

import numpy as np

from benchmarks.redd.landscape import Forest, make_forest
from benchmarks.truth_known import draw_stratified, options_of, write_rows
from lulc_assets.core.estimation.emissions import Factor, Period, estimate_emissions
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

UNITS = {"loss": 500, "gain": 30, "buffer": 600, "stable class": 3000, "stable rest": 100}
NEVER_FOREST = "stable rest"
"""Loss of forest cannot occur there: in this example the first map knows what was forest."""
TRUE_FACTOR, FACTOR_SE = 350.0, 35.0
LEVEL = 0.90
SEED = 2026
"""Of landscape and draws: the year of writing, fixed before the landscape was seen."""
FIGURES = ("reference", "monitoring", "reduction")


def draw_units(forest: Forest, rng: np.random.Generator) -> tuple[np.ndarray, Strata]:
    """Pixels of one stratified sample, flat indices, and their strata."""
    held = [(name, forest.members[h]) for h, name in enumerate(UNITS) if forest.members[h].size]
    names, members = zip(*held, strict=True)
    return draw_stratified(members, [UNITS[n] for n in names], names, rng, finite=True)


def run(forest: Forest, samples: int, seed: int, *, panel: bool) -> list[dict]:
    """Coverage and width of every figure over many samples."""
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


def tabulate(rows: list[dict]) -> list[str]:
    """Lines of the page's table."""
    lines = [
        "| design | figure | unit a year | truth | bias / reference | coverage of 90 % | width |"
    ]
    lines.append("|---|---|---|---:|---:|---:|---:|")
    for r in rows:
        lines.append(
            f"| {r['design']} | {r['figure']} | {r['unit']} | {r['truth']:,.1f} "
            f"| {r['bias']:+.1%} | {r['coverage']:.3f} | {r['width']:,.1f} |"
        )
    return lines


def main() -> None:
    """Run both designs, print the rows and write the page."""
    options = options_of(__doc__, seed=SEED)
    forest = make_forest(options.seed)
    rows = [
        row
        for panel in (True, False)
        for row in run(forest, options.samples, options.seed, panel=panel)
    ]
    write_rows(rows, tabulate(rows), options.out / "redd.md", "redd")


if __name__ == "__main__":
    main()
