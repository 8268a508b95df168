"""Other intervals of an area share, to set the engine's beside: former, and surely valid.

What belongs here: intervals that the engine does not take. What does not: the engine's.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import betaincinv

from lulc_assets.core.estimation.estimators import Ratio
from lulc_assets.core.estimation.intervals import normal_interval
from lulc_assets.core.estimation.strata import Strata

_DRAWS = 2000


@dataclass(frozen=True)
class Design:
    """Shares of the strata and the units of each."""

    weights: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, strata: Strata) -> "Design":
        """The design of a sample."""
        shares = strata.sizes / strata.sizes.sum()
        return cls(tuple(shares.tolist()), tuple(strata.counts.tolist()))


@cache
def former(hits: tuple[int, ...], few: bool, design: Design, classes: int) -> tuple[float, float]:
    """± t SE; below 20 effective omissions Dirichlet with one unit shared out over the classes."""
    weights, n, k = (np.array(one, dtype=float) for one in (design.weights, design.counts, hits))
    share = k / n
    value = float(weights @ share)
    if not few:
        se = float(np.sqrt(np.sum(weights**2 * share * (1 - share) / (n - 1))))
        return normal_interval(Ratio(value, se), int(n.sum()) - n.size)
    rng = np.random.default_rng(1)
    one = 1.0 / classes
    shares = rng.beta(k + one, n - k + 1 - one, (_DRAWS, n.size))
    ends = np.quantile(shares @ weights, [0.025, 0.975])
    return min(value, float(ends[0])), max(value, float(ends[1]))


@cache
def bonferroni(hits: tuple[int, ...], design: Design) -> tuple[float, float]:
    """Clopper and Pearson's interval of each stratum at 1 − α / H, added up: valid for any n."""
    weights, n, k = (np.array(one, dtype=float) for one in (design.weights, design.counts, hits))
    tail = 0.025 / n.size
    with np.errstate(invalid="ignore"):
        low = np.where(k == 0, 0.0, betaincinv(k, n - k + 1, tail))
        high = np.where(k == n, 1.0, betaincinv(k + 1, n - k, 1 - tail))
    return float(weights @ low), float(weights @ high)
