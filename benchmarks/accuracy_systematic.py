"""How far are the two variances of a systematic sample from its true variance?

One landscape has one true variance, and with few effective starts of the lattice that is a
matter of luck. This script takes several landscapes, every few starts of a lattice on each,
and compares the mean estimated variance with the mean square error, both ways: as if the
units were drawn at random, and from differences of neighbours. It writes
``docs/accuracy_systematic.json``, which the page of ``accuracy_coverage.py`` shows:

    OMP_NUM_THREADS=1 python -m benchmarks.accuracy_systematic --landscapes 12
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy_population import (
    SIZE,
    TITLES,
    Population,
    make_population,
    side_by_side,
)
from lulc_assets.core.accuracy.estimators import Strata, estimate_ratio
from lulc_assets.core.accuracy.poststrata import poststratify

DOCS = Path(__file__).parents[1] / "docs"
FIRST_SEED = 100
LATTICES = ((44, 4), (12, 2))
"""Step of the lattice and distance between the starts that are tried, pixels."""
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
        "random": (mean["random"] / mean["error"]).tolist(),
        "neighbours": (mean["neighbours"] / mean["error"]).tolist(),
        "random_coverage": mean["random_covered"].tolist(),
        "neighbours_coverage": mean["neighbours_covered"].tolist(),
        "lowest": each.min(axis=0).tolist(),
        "highest": each.max(axis=0).tolist(),
    }


def main() -> None:
    """Compare on several landscapes and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--landscapes", type=int, default=12)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the JSON file")
    options = parser.parse_args()
    populations = [make_population(FIRST_SEED + i) for i in range(options.landscapes)]
    rows = [
        compare(populations, step, stride, poststratified=poststratified)
        for step, stride in LATTICES
        for poststratified in (True, False)
    ]
    text = json.dumps(rows, indent=1)
    (options.out / "accuracy_systematic.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
