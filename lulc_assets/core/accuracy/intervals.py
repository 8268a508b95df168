"""95 % confidence intervals of ratios that are shares.

What belongs here: turning an estimate into an interval with a width that is never zero.
What does not: the estimates themselves (``estimators.py``).
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from lulc_assets.core.accuracy.estimators import Ratio, Strata

CONFIDENCE = 0.95
# Quantiles come from scipy.special: scipy.stats takes half a second to import.
_Z = float(ndtri(0.5 + CONFIDENCE / 2))
_NO_SPREAD = 1e-9
"""Standard errors of shares below this come from rounding: no unit disagrees."""


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Score interval of a binomial share (Wilson 1927); (0, 1) without units.

    It stays inside 0–1 and has a width at shares of 0 and 1, where the normal one has
    none (Brown, Cai and DasGupta 2001 recommend it for small n).
    """
    if n <= 0:
        return 0.0, 1.0
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    # At shares of exactly 0 and 1 the bound is exact; rounding would leave 1e-17.
    low = 0.0 if share <= 0.0 else max(0.0, centre - half)
    high = 1.0 if share >= 1.0 else min(1.0, centre + half)
    return low, high


def normal_interval(ratio: Ratio, degrees_of_freedom: int) -> tuple[float, float]:
    """R̂ ± t · SE with Σ n_h − H degrees of freedom, clipped to 0–1."""
    t = float(stdtrit(degrees_of_freedom, 0.5 + CONFIDENCE / 2))
    return max(0.0, ratio.value - t * ratio.se), min(1.0, ratio.value + t * ratio.se)


def score_interval(
    ratio: Ratio, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], strata: Strata
) -> tuple[float, float]:
    """Wilson intervals of the strata, joined (stratified Wilson).

    R̂ = Σ_h v_h p_h with v_h = X̂_h / X̂ and p_h the share within stratum h; each p_h gets
    its Wilson interval (l_h, u_h) and the distances are added in squares:
    R̂ − sqrt(Σ v_h² (p_h − l_h)²), R̂ + sqrt(Σ v_h² (u_h − p_h)²)
    (MOVER: Zou and Donner 2008; for strata Yan and Su 2010). The v_h count as known. With
    all units in one stratum it is the Wilson interval.

    Args:
        ratio: the estimate.
        y: shape (n,), 0 or 1, and 1 only where x is 1.
        x: shape (n,), 0 or 1.
        strata: of the same n units.
    """
    minlength = len(strata.names)
    n_x = np.bincount(strata.of_unit, weights=x, minlength=minlength)
    n_y = np.bincount(strata.of_unit, weights=y, minlength=minlength)
    totals = strata.sizes / strata.counts * n_x
    below = above = 0.0
    for h in np.flatnonzero(n_x > 0):
        share = float(n_y[h] / n_x[h])
        low, high = wilson_interval(share, float(n_x[h]))
        weight = float(totals[h] / totals.sum())
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    return max(0.0, ratio.value - math.sqrt(below)), min(1.0, ratio.value + math.sqrt(above))


def has_no_spread(ratio: Ratio) -> bool:
    """Whether the estimated standard error is zero, so that the normal interval is none."""
    return ratio.se <= _NO_SPREAD
