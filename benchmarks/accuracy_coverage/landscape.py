"""Designs on one landscape with known truth: bias, variance and coverage of every figure.

What belongs here: drawing many samples of each design, estimating with the engine's defaults,
and ``docs/accuracy_coverage.json``. What does not: single hard cases (``cells.py``), systematic
samples on several landscapes (``systematic.py``) and the page (``page.py``).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from benchmarks.accuracy_coverage.population import (
    TITLES,
    Design,
    Population,
    make_designs,
    make_population,
)
from benchmarks.accuracy_coverage.rows import THIN
from lulc_assets.core.estimation.estimators import effective_count
from lulc_assets.core.estimation.measures import Figures, estimate_figures
from lulc_assets.core.estimation.settings import AccuracySettings

INTERVALS = "half event"
"""Of the engine that a run was made with; runs without it are of the one before."""
COUNTED = 300
"""Samples from which the effective numbers of units behind user's accuracies are told."""


def figures_of(figures: Figures) -> list[tuple[float, float, float, float]]:
    """Value, standard error and interval of every figure, in the order of :func:`names`."""
    groups = ((figures.overall,), figures.users, figures.producers, figures.f1, figures.areas_ha)
    return [(e.value, e.se, e.ci_low, e.ci_high) for group in groups for e in group]


def names() -> list[tuple[str, str]]:
    """Figure and class of every column."""
    kinds = ("user's accuracy", "producer's accuracy", "F1", "area")
    return [("overall accuracy", ""), *((kind, title) for kind in kinds for title in TITLES)]


def truths(population: Population) -> np.ndarray:
    """True value of every figure, shape (21,)."""
    codes = range(1, len(TITLES) + 1)
    shown, truth = population.shown, population.truth
    hits = np.array([np.sum((shown == c) & (truth == c)) for c in codes], float)
    mapped = np.array([np.sum(shown == c) for c in codes], float)
    found = np.array([np.sum(truth == c) for c in codes], float)
    overall = hits.sum() / truth.size
    return np.concatenate(
        [[overall], hits / mapped, hits / found, 2 * hits / (mapped + found), found / truth.size]
    )


def simulate(population: Population, design: Design, samples: int, seed: int) -> dict:
    """Estimate from many samples of one design; one row per figure."""
    shown, truth = population.shown.ravel(), population.truth.ravel()
    rng = np.random.default_rng(seed)
    results = np.full((samples, len(names()), 4), np.nan)
    effective = np.zeros((samples, len(TITLES)))
    degrees = 0
    started = time.perf_counter()
    for i in range(samples):
        drawn = design.draw(rng)
        figures = estimate_figures(
            shown[drawn.positions],
            truth[drawn.positions],
            drawn.strata,
            area_ha=1.0,
            titles=TITLES,
            settings=AccuracySettings(),
        )
        results[i], effective[i] = figures_of(figures), figures.omission_units
        degrees = drawn.strata.degrees_of_freedom
    expected = expected_counts(population, design) if design.per_stratum else effective.mean(axis=0)
    rows = summarise(results, truths(population), degrees)
    for row in rows:
        if row["class"]:
            row["effective_count"] = float(expected[TITLES.index(row["class"])])
    return {
        "design": design.title,
        "per_stratum": design.per_stratum,
        "units": int(drawn.positions.size),
        "samples": samples,
        "intervals": INTERVALS,
        "seconds": time.perf_counter() - started,
        "rows": rows,
    }


def count_commissions(population: Population, design: Design, run: dict, seed: int) -> None:
    """Note how many effective units decide each user's accuracy, and how often the engine warns.

    Over the first :data:`COUNTED` samples of the run; they need no intervals and are quick.
    """
    shown, truth = population.shown.ravel(), population.truth.ravel()
    rng = np.random.default_rng(seed)
    fewer = np.zeros((min(COUNTED, run["samples"]), len(TITLES)))
    for i in range(len(fewer)):
        drawn = design.draw(rng)
        strata, agrees = drawn.strata, (shown == truth)[drawn.positions]
        for j in range(len(TITLES)):
            mapped = shown[drawn.positions] == j + 1
            fewer[i, j] = min(
                effective_count(strata.total_by_primary(strata.weights * side))
                for side in (mapped & agrees, mapped & ~agrees)
            )
    for j, title in enumerate(TITLES):
        row = next(
            r for r in run["rows"] if r["figure"] == "user's accuracy" and r["class"] == title
        )
        row["commission_count"] = float(fewer[:, j].mean())
        row["commission_warned"] = float(np.mean(fewer[:, j] < THIN))


def expected_counts(population: Population, design: Design) -> np.ndarray:
    """m_j = (Σ W_i p_ij)² / Σ W_i² p_ij / n_i over i ≠ j, from the truth, shape (5,)."""
    k = len(TITLES)
    cells = population.shown.ravel().astype(int) * (k + 1) + population.truth.ravel()
    counts = np.bincount(cells, minlength=(k + 1) ** 2).reshape(k + 1, k + 1)[1:, 1:]
    weight = counts.sum(axis=1) / counts.sum()
    share = counts / counts.sum(axis=1, keepdims=True)
    off = 1.0 - np.eye(k)
    tops = (weight[:, None] * share * off).sum(axis=0) ** 2
    return tops / (weight[:, None] ** 2 * share * off / design.per_stratum).sum(axis=0)


def summarise(results: np.ndarray, truth: np.ndarray, degrees: int) -> list[dict]:
    """Bias, ratio of variances and coverage of every figure."""
    t = float(stdtrit(degrees, 0.975))
    rows = []
    for j, (figure, title) in enumerate(names()):
        value, se, low, high = results[:, j].T
        known = np.isfinite(value)
        value, se, low, high = (v[known] for v in (value, se, low, high))
        spread = value.std(ddof=1)
        plain_low, plain_high = np.maximum(value - t * se, 0), np.minimum(value + t * se, 1)
        rows.append(
            {
                "figure": figure,
                "class": title,
                "truth": float(truth[j]),
                "estimable": float(known.mean()),
                "bias": float(value.mean() - truth[j]),
                "bias_mc_error": float(spread / np.sqrt(known.sum())),
                "spread": float(spread),
                "variance_ratio": float(np.mean(se**2) / spread**2) if spread > 0 else None,
                "coverage": float(np.mean((low <= truth[j]) & (truth[j] <= high))),
                "normal_coverage": float(
                    np.mean((plain_low <= truth[j]) & (truth[j] <= plain_high))
                ),
                "width": float(np.mean(high - low)),
                "normal_width": float(np.mean(plain_high - plain_low)),
            }
        )
    return rows


def write_runs(path: Path, designs: list[Design], runs: dict[str, dict]) -> None:
    """Write what is done so far, in the order of the designs."""
    done = [runs[design.title] for design in designs if design.title in runs]
    path.write_text(json.dumps(done, indent=1), encoding="utf-8")


def run_designs(options: argparse.Namespace) -> None:
    """Run every design that is asked for and write the numbers."""
    path = options.out / "accuracy_coverage.json"
    population = make_population()
    keep = options.only or options.count_only
    known = json.loads(path.read_text(encoding="utf-8")) if keep else []
    runs = {run["design"]: run for run in known}
    designs = make_designs(population)
    for seed, design in enumerate(designs):
        if design.title in runs and (options.count_only or options.only not in design.title):
            if options.count_only:
                count_commissions(population, design, runs[design.title], seed)
                print(f"{design.title}: counted", flush=True)
            continue
        runs[design.title] = simulate(population, design, options.samples, seed)
        count_commissions(population, design, runs[design.title], seed)
        print(f"{design.title}: {runs[design.title]['seconds']:.0f} s", flush=True)
        write_runs(path, designs, runs)
    write_runs(path, designs, runs)
