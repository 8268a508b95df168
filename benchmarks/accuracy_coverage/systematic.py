"""How far are the variances of systematic samples from their true variance?

One landscape has one true variance, and with few effective starts of the lattice that is a
matter of luck. This script takes several landscapes, every few starts of a lattice on each,
and compares the mean estimated variance with the mean square error, both ways: as if the
units were drawn at random, and from differences of neighbours. Beside it stand samples of as
many units on several lattices with random starts, whose variance comes from the spread between
them. It writes ``docs/accuracy_systematic.json``, which the page of ``landscape.py``
shows:

    python -m benchmarks.accuracy_coverage.systematic --landscapes 12 --samples 1000
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from benchmarks.accuracy_coverage.population import (
    SIZE,
    TITLES,
    Population,
    draw_lattices,
    make_population,
    side_by_side,
)
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.strata import Starts, Strata

DOCS = Path(__file__).parents[2] / "docs"
FIRST_SEED = 100
LATTICES = ((44, 4), (12, 2))
"""Step of the lattice and distance between the starts that are tried, pixels."""
STARTS = (5, 10, 20)
"""Lattices of a sample, each with a random start."""
FIGURES = ("overall accuracy", *(f"area {title}" for title in TITLES[:3]))


def errors_of(population: Population, step: int, stride: int, *, poststratified: bool) -> dict:
    """Mean square errors and mean variances over the starts, shape (figures,) each."""
    truth = population.truth
    shares = np.bincount(truth.ravel(), minlength=len(TITLES) + 1)[1:] / truth.size
    true = np.array([np.mean(population.shown == truth), *shares[: len(FIGURES) - 1]])
    found = []
    for row in range(0, step, stride):
        for col in range(0, step, stride):
            window = (slice(row, SIZE, step), slice(col, SIZE, step))
            shown, here = population.shown[window], truth[window]
            strata = strata_of(shown.ravel(), population, poststratified=poststratified)
            near = replace(strata, neighbours=side_by_side(shown.shape))
            found.append([estimates(flags, strata, near) for flags in indicators(shown, here)])
    value, random, neighbours = np.moveaxis(np.array(found), 2, 0)
    square = (value - true) ** 2
    covered = [np.mean(square <= 1.96**2 * v, axis=0) for v in (random, neighbours)]
    return {
        "error": square.mean(axis=0),
        "random": random.mean(axis=0),
        "neighbours": neighbours.mean(axis=0),
        "random_covered": covered[0],
        "neighbours_covered": covered[1],
    }


def strata_of(shown: np.ndarray, population: Population, *, poststratified: bool) -> Strata:
    """Post-strata by map class, or one stratum."""
    if poststratified:
        return poststratify(shown, population.map_sizes).strata
    return Strata(("all",), np.zeros(shown.size, np.int64), np.array([1.0]), np.zeros(1))


def indicators(shown: np.ndarray, truth: np.ndarray) -> list[np.ndarray]:
    """Numerators of :data:`FIGURES`, flat."""
    return [(shown == truth).ravel(), *((truth == c).ravel() for c in range(1, len(FIGURES)))]


def estimates(flags: np.ndarray, strata: Strata, near: Strata) -> tuple[float, float, float]:
    """Share, its variance as if drawn at random, and from neighbours."""
    y, x = flags.astype(float), np.ones(flags.size)
    random, neighbours = estimate_ratio(y, x, strata), estimate_ratio(y, x, near)
    return random.value, random.se**2, neighbours.se**2


def compare(populations: list[Population], step: int, stride: int, *, poststratified: bool) -> dict:
    """Ratios of estimated to true variance over all landscapes, and their spread."""
    runs = [errors_of(p, step, stride, poststratified=poststratified) for p in populations]
    mean = {key: np.mean([run[key] for run in runs], axis=0) for key in runs[0]}
    each = np.array([run["random"] / run["error"] for run in runs])
    return {
        "step": step,
        "units": int(np.ceil(SIZE / step)) ** 2,
        "poststratified": poststratified,
        "landscapes": len(populations),
        "figures": list(FIGURES),
        "error": mean["error"].tolist(),
        "random": (mean["random"] / mean["error"]).tolist(),
        "neighbours": (mean["neighbours"] / mean["error"]).tolist(),
        "random_coverage": mean["random_covered"].tolist(),
        "neighbours_coverage": mean["neighbours_covered"].tolist(),
        "lowest": each.min(axis=0).tolist(),
        "highest": each.max(axis=0).tolist(),
    }


def between_starts(
    population: Population, step: int, starts: int, samples: int, *, poststratified: bool
) -> dict:
    """Mean square errors and mean variances over samples of several lattices each."""
    apart = round(step * np.sqrt(starts))
    t = float(stdtrit(starts - 1, 0.975))
    rng = np.random.default_rng(starts)
    shown, truth = population.shown.ravel(), population.truth.ravel()
    true = np.array([flags.mean() for flags in indicators(shown, truth)])
    found = []
    for _ in range(samples):
        picked, of_unit = draw_lattices(rng, apart, starts)
        strata = strata_of(shown[picked], population, poststratified=poststratified)
        strata = replace(strata, starts=Starts(of_unit, starts))
        every = np.ones(picked.size)
        ratios = [
            estimate_ratio(flags.astype(float), every, strata)
            for flags in indicators(shown[picked], truth[picked])
        ]
        found.append([(one.value, one.se**2) for one in ratios])
    value, variance = np.moveaxis(np.array(found), 2, 0)
    square = (value - true) ** 2
    return {
        "error": square.mean(axis=0),
        "variance": variance.mean(axis=0),
        "covered": np.mean(square <= t**2 * variance, axis=0),
        "bias": (value - true).mean(axis=0) / (value.std(axis=0, ddof=1) / np.sqrt(samples)),
    }


def compare_starts(populations: list[Population], single: dict, starts: int, samples: int) -> dict:
    """As :func:`compare`, for several lattices with as many units as the single one."""
    step, poststratified = single["step"], single["poststratified"]
    runs = [
        between_starts(p, step, starts, samples, poststratified=poststratified) for p in populations
    ]
    mean = {key: np.mean([run[key] for run in runs], axis=0) for key in runs[0]}
    each = np.array([run["variance"] / run["error"] for run in runs])
    covered = np.array([run["covered"] for run in runs])
    return {
        "step": step,
        "starts": starts,
        "apart": round(step * np.sqrt(starts)),
        "samples": samples,
        "poststratified": poststratified,
        "landscapes": len(populations),
        "figures": list(FIGURES),
        "variance": (mean["variance"] / mean["error"]).tolist(),
        "lowest": each.min(axis=0).tolist(),
        "highest": each.max(axis=0).tolist(),
        "coverage": mean["covered"].tolist(),
        "coverage_lowest": covered.min(axis=0).tolist(),
        "coverage_highest": covered.max(axis=0).tolist(),
        "largest_bias": np.abs([run["bias"] for run in runs]).max(axis=0).tolist(),
        "error_to_single": np.sqrt(mean["error"] / np.array(single["error"])).tolist(),
    }


def main() -> None:
    """Compare on several landscapes and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--landscapes", type=int, default=12)
    parser.add_argument("--samples", type=int, default=1000, help="of several lattices, each")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the JSON file")
    options = parser.parse_args()
    populations = [make_population(FIRST_SEED + i) for i in range(options.landscapes)]
    singles = [
        compare(populations, step, stride, poststratified=poststratified)
        for step, stride in LATTICES
        for poststratified in (True, False)
    ]
    rows = list(singles)
    for single in singles:
        for starts in STARTS:
            rows.append(compare_starts(populations, single, starts, options.samples))
            print(f"{single['step']} px, {starts} starts", flush=True)
    text = json.dumps(rows, indent=1)
    (options.out / "accuracy_systematic.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
