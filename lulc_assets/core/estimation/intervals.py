"""Confidence intervals of ratios that are shares: Wilson's and the normal one.

What belongs here: turning an estimate into an interval with a width that is never zero.
What does not: the estimates themselves (``estimators.py``), intervals of what rests on rare
events (``half_event.py``), and which figure gets which interval (``choice.py``).
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL
from lulc_assets.core.estimation.estimators import Ratio, effective_count, spread_without_one
from lulc_assets.core.estimation.strata import Strata

_NO_SPREAD = 1e-9
"""Standard errors of shares below this come from rounding: no unit disagrees."""
FEW_WINDOWS = 8
"""Windows that hold a class below which each of them counts as one unit at most."""


def quantile(level: float, degrees_of_freedom: float | None = None) -> float:
    """Two-sided quantile of t, or without degrees of freedom the normal one: 1.96 at 0.95."""
    # Quantiles come from scipy.special: scipy.stats takes half a second to import.
    tail = (1.0 + level) / 2
    return float(ndtri(tail) if degrees_of_freedom is None else stdtrit(degrees_of_freedom, tail))


_Z = quantile(DEFAULT_LEVEL)


def wilson_interval(share: float, n: float, z: float = _Z) -> tuple[float, float]:
    """Score interval of a binomial share (Wilson 1927); (0, 1) without units.

    It stays inside 0–1 and has a width at shares of 0 and 1, where the normal one has
    none (Brown, Cai and DasGupta 2001 recommend it for small n).
    """
    if n <= 0:
        return 0.0, 1.0
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At shares of exactly 0 and 1 the bound is exact; rounding would leave 1e-17.
    low = 0.0 if share <= 0.0 else max(0.0, centre - half)
    high = 1.0 if share >= 1.0 else min(1.0, centre + half)
    return low, high


def normal_interval(
    ratio: Ratio,
    degrees_of_freedom: float | None,
    level: float = DEFAULT_LEVEL,
    *,
    least: float = 0.0,
) -> tuple[float, float]:
    """R̂ ± t · SE with Σ m_h − H degrees of freedom, clipped to least…1.

    Args:
        ratio: the estimate.
        degrees_of_freedom: None for the normal quantile, 1.96 in the published examples.
        level: of confidence.
        least: smallest legal value: 0 for a share, −1 for a difference of shares.
    """
    t = quantile(level, degrees_of_freedom)
    return max(least, ratio.value - t * ratio.se), min(1.0, ratio.value + t * ratio.se)


def spread_interval(
    ratio: Ratio, x: npt.NDArray[np.float64], strata: Strata, level: float = DEFAULT_LEVEL
) -> tuple[float, float]:
    """Wilson's interval with the number of units that would have the variance found.

    n* = R̂ (1 − R̂) / SE² units of a simple random sample would have it, and the t quantile
    stands for its degrees of freedom (Korn and Graubard 1998, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data";
    Dean and Pagano 2015 for Wilson's form). Where no unit disagrees the standard error says
    nothing and n* is Kish's effective number of units.

    Args:
        ratio: the estimate.
        x: shape (n,), 0 or 1.
        strata: of the same n units, which were drawn independently or on lattices.
        level: of confidence.
    """
    effective = effective_count(strata.weights * x)
    if not has_no_spread(ratio):
        effective = ratio.value * (1.0 - ratio.value) / ratio.se**2
    t = quantile(level, strata.degrees_of_freedom)
    return wilson_interval(ratio.value, effective, t)


def cluster_interval(
    ratio: Ratio,
    y: npt.NDArray[np.float64],
    x: npt.NDArray[np.float64],
    strata: Strata,
    level: float = DEFAULT_LEVEL,
) -> tuple[float, float]:
    """Wilson's interval for a share in clusters, with the variance without one window each.

    n* = R̂ (1 − R̂) / V and t of the degrees of freedom that V is worth, both from
    :func:`spread_without_one`. Where fewer than :data:`FEW_WINDOWS` windows hold any of y, or of
    what is x alone, it is stretched to what windows give that count as one unit each, because a
    variance from a handful of them is mostly luck; where no window differs V says nothing and n* is
    their effective number.

    Args:
        ratio: the estimate.
        y: shape (n,), at most x.
        x: shape (n,), 0 or 1, or a share.
        strata: of the same n units, with their primary units.
        level: of confidence.
    """
    held = strata.total_by_primary(strata.weights * x)
    spread = spread_without_one([(y, x)], strata)
    windows = effective_count(held)
    as_units = quantile(level, strata.degrees_of_freedom)
    if spread.variance <= _NO_SPREAD**2:
        return wilson_interval(ratio.value, windows, as_units)
    effective = ratio.value * (1.0 - ratio.value) / spread.variance
    low, high = wilson_interval(ratio.value, effective, quantile(level, spread.degrees))
    if carriers(y, x, strata) < FEW_WINDOWS:
        least, most = wilson_interval(ratio.value, windows, as_units)
        low, high = min(low, least), max(high, most)
    return low, high


def carriers(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], strata: Strata) -> int:
    """Primary units that hold any of y, or any of x without y, whichever are fewer."""
    sides = (strata.total_by_primary(side) for side in (y, x - y))
    return min(int(np.count_nonzero(side > _NO_SPREAD)) for side in sides)


def has_no_spread(ratio: Ratio) -> bool:
    """Whether the estimated standard error is zero, so that the normal interval is none."""
    return ratio.se <= _NO_SPREAD
