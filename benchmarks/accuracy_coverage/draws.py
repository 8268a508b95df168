"""Samples from the settings of the coverage benchmark, and the true figures behind them.

What belongs here: chance and truth. What does not: estimation (``cells.py``).
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy_coverage.settings import COMMITTED, HIT, OMITTED, Setting, Windows
from lulc_assets.core.estimation.strata import Strata

WINDOW_USERS, WINDOW_FOUND = 0.85, 0.8
"""User's and producer's accuracy of the class in windows."""


@dataclass(frozen=True)
class Drawn:
    """One sample: what units show, by the columns of the setting, and their strata."""

    shows: np.ndarray
    strata: Strata


def draw_counts(
    setting: Setting, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct samples, shape (d, H, columns), and how often each was drawn, shape (d,).

    The engine gives one sample one interval, so that samples of the same counts need it once.
    """
    pairs = zip(setting.counts, setting.shares, strict=True)
    counts = np.stack([rng.multinomial(n, p, samples) for n, p in pairs], axis=1)
    flat, times = np.unique(counts.reshape(samples, -1), axis=0, return_counts=True)
    return flat.reshape(-1, *counts.shape[1:]), times


def as_units(setting: Setting, counts: np.ndarray) -> Drawn:
    """The units behind counts of shape (H, columns)."""
    shows = np.concatenate([np.repeat(np.arange(c.size), c) for c in counts])
    h = setting.weights.size
    of_unit = np.repeat(np.arange(h), setting.counts)
    names = tuple(f"s{i}" for i in range(h))
    return Drawn(shows, Strata(names, of_unit, setting.weights * 1e6, np.zeros(h)))


def draw_windows(setting: Windows, rng: np.random.Generator) -> Drawn:
    """Windows, each with a share of the class and accuracies of its own."""
    p, rho = setting.class_share, setting.patchiness
    sizes = rng.choice(setting.sizes, setting.count)
    share = rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), setting.count)
    found = rng.beta(4 * WINDOW_FOUND, 4 * (1 - WINDOW_FOUND), setting.count)
    wrongly = p * WINDOW_FOUND * (1 / WINDOW_USERS - 1) / (1 - p)
    wrong = rng.beta(20 * wrongly, 20 * (1 - wrongly), setting.count)
    cells = [share * found, share * (1 - found), (1 - share) * wrong, (1 - share) * (1 - wrong)]
    primary = np.repeat(np.arange(setting.count), sizes)
    ends = np.cumsum(cells[:-1], axis=0).T[primary]
    shows = np.sum(rng.random(primary.size)[:, None] > ends, axis=1)
    of_unit = primary * setting.strata // setting.count
    names = tuple(f"s{i}" for i in range(setting.strata))
    total = np.bincount(of_unit).astype(float)
    fractions = np.zeros(setting.strata)
    return Drawn(shows, Strata(names, of_unit, total, fractions, primary, np.ones(shows.size)))


def true_figures(setting: Setting | Windows) -> dict[str, float]:
    """The figures of the whole population."""
    if isinstance(setting, Windows):
        p = setting.class_share
        hit = p * WINDOW_FOUND
        return _of_class(hit, p - hit, hit * (1 / WINDOW_USERS - 1))
    shares = setting.weights @ setting.shares
    if setting.kind == "map":
        return _of_class(shares[HIT], shares[OMITTED], shares[COMMITTED])
    if setting.kind == "change":
        return {"loss": shares[0], "gain": shares[1], "net change": shares[1] - shares[0]}
    return {"difference": (shares[0] - shares[1]) * setting.apart}


def _of_class(hit: float, omitted: float, committed: float) -> dict[str, float]:
    return {
        "overall accuracy": 1 - omitted - committed,
        "area": hit + omitted,
        "producer's accuracy": hit / (hit + omitted),
        "user's accuracy": hit / (hit + committed),
        "F1": 2 * hit / (2 * hit + omitted + committed),
    }
