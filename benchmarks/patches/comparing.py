"""Accuracies of folds as figures with intervals, and what may be said of them.

What belongs here: means, intervals, the claim. What does not: training, pages.

Intervals are the corrected resampled t of Nadeau & Bengio (2003), "Inference for the generalization
error": folds share their training patches, and a plain t over them would be too sure. Several
networks are compared with a forest; for one to count as better, the interval of its difference must
lie above zero at a level that is divided by their number (Bonferroni).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student

CLAIM = "No network is shown to be better than the random forest of its bands on so few patches."
_ALPHA = 0.05


def judge(
    folds: int, shares: Mapping[str, Sequence[float]], forests: Mapping[str, str]
) -> dict[str, Any]:
    """Figures of all methods, and the verdict.

    Args:
        folds: of one repeat.
        shares: method → share of right patches in each fold of each repeat, the same for all.
        forests: network → the forest that it is compared with; both are methods.
    """
    level = _ALPHA / max(1, len(forests))
    methods = {name: summary(values, folds, _ALPHA) for name, values in shares.items()}
    for name, forest in forests.items():
        difference = np.subtract(shares[name], shares[forest]).tolist()
        methods[name]["less_forest"] = summary(difference, folds, level)
    better = [name for name in forests if methods[name]["less_forest"]["interval"][0] > 0]
    verdict = f"Better than the random forest of its bands: {'; '.join(better)}."
    return {"methods": methods, "better": better, "verdict": verdict if better else CLAIM}


def summary(values: Sequence[float], folds: int, alpha: float) -> dict[str, Any]:
    """Mean over folds and its corrected interval of 1 − ``alpha``."""
    array = np.array(values)
    count = len(array)
    spread = array.var(ddof=1) * (1 / count + 1 / (folds - 1))
    half = float(student.ppf(1 - alpha / 2, count - 1) * np.sqrt(spread))
    mean = float(array.mean())
    return {"mean": mean, "interval": [mean - half, mean + half], "folds": list(values)}


def in_words(figures: Mapping[str, Any], unit: str = "%") -> str:
    """A mean and its interval: of shares in per cent, of differences in points."""
    low, high = figures["interval"]
    sign = "+" if unit == "points" else ""
    return (f"{100 * figures['mean']:{sign}.1f} {unit} "
            f"({100 * low:{sign}.1f} to {100 * high:{sign}.1f})")  # fmt: skip
