"""Other intervals of an area share, to set the engine's beside: former, and surely valid.

What belongs here: intervals that the engine does not take. What does not: the engine's.
"""

import numpy as np
from scipy.special import betaincinv

from lulc_assets.core.estimation.estimators import effective_count, estimate_ratio
from lulc_assets.core.estimation.intervals import normal_interval
from lulc_assets.core.estimation.strata import Strata

_DRAWS = 2000


def former(y: np.ndarray, omitted: np.ndarray, strata: Strata, classes: int) -> tuple[float, float]:
    """± t SE; below 20 effective omissions Dirichlet with one unit shared out over the classes."""
    ratio = estimate_ratio(y, np.ones(y.size), strata)
    if effective_count(strata.weights * omitted) >= 20:
        return normal_interval(ratio, strata.degrees_of_freedom)
    hits = np.bincount(strata.of_unit, y, len(strata.names))
    rng = np.random.default_rng(1)
    one = 1.0 / classes
    shares = rng.beta(hits + one, strata.counts - hits + 1 - one, (_DRAWS, hits.size))
    ends = np.quantile(shares @ strata.sizes / strata.sizes.sum(), [0.025, 0.975])
    return min(ratio.value, ends[0]), max(ratio.value, ends[1])


def bonferroni(y: np.ndarray, strata: Strata) -> tuple[float, float]:
    """Clopper and Pearson's interval of each stratum at 1 − α / H, added up: valid for any n."""
    hits, n = np.bincount(strata.of_unit, y, len(strata.names)), strata.counts
    tail = 0.025 / n.size
    with np.errstate(invalid="ignore"):
        low = np.where(hits == 0, 0.0, betaincinv(hits, n - hits + 1, tail))
        high = np.where(hits == n, 1.0, betaincinv(hits + 1, n - hits, 1 - tail))
    weights = strata.sizes / strata.sizes.sum()
    return float(weights @ low), float(weights @ high)
