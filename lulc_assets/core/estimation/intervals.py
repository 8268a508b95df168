"""95 % confidence intervals of ratios that are shares.

What belongs here: turning an estimate into an interval with a width that is never zero.
What does not: the estimates themselves (``estimators.py``), and which figure gets which
interval (``figures.py``).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from lulc_assets.core.estimation.estimators import Ratio, Strata, effective_count

CONFIDENCE = 0.95
# Quantiles come from scipy.special: scipy.stats takes half a second to import.
_TAIL = 0.5 + CONFIDENCE / 2
_Z = float(ndtri(_TAIL))
_NO_SPREAD = 1e-9
"""Standard errors of shares below this come from rounding: no unit disagrees."""
_DRAWS = 4000
"""Draws of a Dirichlet interval; its ends then vary by about 2 % of its width."""
FEW_WINDOWS = 20
"""Effective number of windows below which each of them counts as one unit at most."""
_SEED = 20140507
"""Fixed: the same sample gives the same interval."""


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
    ratio: Ratio, degrees_of_freedom: int | None, *, least: float = 0.0
) -> tuple[float, float]:
    """R̂ ± t · SE with Σ m_h − H degrees of freedom, clipped to least…1.

    Args:
        ratio: the estimate.
        degrees_of_freedom: None for the normal quantile 1.96 of the published examples.
        least: smallest legal value: 0 for a share, −1 for a difference of shares.
    """
    t = _Z if degrees_of_freedom is None else float(stdtrit(degrees_of_freedom, _TAIL))
    return max(least, ratio.value - t * ratio.se), min(1.0, ratio.value + t * ratio.se)


def score_interval(
    ratio: Ratio, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], strata: Strata
) -> tuple[float, float]:
    """Wilson intervals of the strata, joined (stratified Wilson).

    R̂ = Σ_h v_h p_h with v_h = X̂_h / X̂ and p_h the share within stratum h; each p_h gets
    its Wilson interval (l_h, u_h) and the distances are added in squares:
    R̂ − sqrt(Σ v_h² (p_h − l_h)²), R̂ + sqrt(Σ v_h² (u_h − p_h)²)
    (MOVER: Zou and Donner 2008; for strata Yan and Su 2010). The v_h count as known. With
    all units in one stratum it is the Wilson interval. Units of one primary unit are no
    independent trials: for clusters it is :func:`effective_interval`.

    Args:
        ratio: the estimate.
        y: shape (n,), 0 or 1, and 1 only where x is 1.
        x: shape (n,), 0 or 1.
        strata: of the same n units.
    """
    if strata.primary is not None:
        return effective_interval(ratio, x, strata)
    minlength = len(strata.names)
    n_x = np.bincount(strata.of_unit, weights=x, minlength=minlength)
    n_y = np.bincount(strata.of_unit, weights=y, minlength=minlength)
    weights = strata.weights
    totals = np.bincount(strata.of_unit, weights=weights * x, minlength=minlength)
    below = above = 0.0
    for h in np.flatnonzero(n_x > 0):
        share = float(n_y[h] / n_x[h])
        low, high = wilson_interval(share, float(n_x[h]))
        weight = float(totals[h] / totals.sum())
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    return max(0.0, ratio.value - math.sqrt(below)), min(1.0, ratio.value + math.sqrt(above))


def effective_interval(
    ratio: Ratio, x: npt.NDArray[np.float64], strata: Strata
) -> tuple[float, float]:
    """Wilson interval with the effective number of units and a t quantile.

    For windows, and for units of very unequal weight. n* = R̂ (1 − R̂) / SE², and the t quantile
    stands for the few degrees of freedom (Korn and Graubard 1998, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data";
    Dean and Pagano 2015 for Wilson's form). With Kish's effective number m of primary units
    that hold any of x, m − 1 are the degrees of freedom, and n* is m at most, because a
    standard error from a handful of them is mostly luck; only where :data:`FEW_WINDOWS`
    windows or more tell, n* may reach the number of units. Where no unit disagrees SE says
    nothing at all and n* is m.

    Args:
        ratio: the estimate.
        x: shape (n,), 0 or 1.
        strata: of the same n units.
    """
    carriers = effective_count(strata.total_by_primary(strata.weights * x))
    effective = carriers
    if not has_no_spread(ratio):
        many_windows = strata.primary is not None and carriers >= FEW_WINDOWS
        most = float(x.sum()) if many_windows else carriers
        effective = min(most, ratio.value * (1.0 - ratio.value) / ratio.se**2)
    degrees = max(1.0, min(float(strata.degrees_of_freedom), carriers - 1.0))
    t = float(stdtrit(degrees, _TAIL))
    return wilson_interval(ratio.value, effective, t)


def spread_interval(ratio: Ratio, strata: Strata) -> tuple[float, float]:
    """Wilson's interval with the variance that was estimated and its t quantile.

    n* = R̂ (1 − R̂) / SE² units of a simple random sample would have that variance. For lattices,
    whose units may tell more than as many independent ones: n* has no upper limit.
    """
    t = float(stdtrit(strata.degrees_of_freedom, _TAIL))
    return wilson_interval(ratio.value, ratio.value * (1.0 - ratio.value) / ratio.se**2, t)


@dataclass(frozen=True)
class PriorMass:
    """What a Dirichlet interval assumes before it sees a stratum, in units.

    Attributes:
        hit: shape (H,), float64: on y = x = 1.
        miss: shape (H,), float64: on x = 1 only; the rest of one unit goes to neither.
    """

    hit: npt.NDArray[np.float64]
    miss: npt.NDArray[np.float64]


def dirichlet_interval(
    ratio: Ratio,
    y: npt.NDArray[np.float64],
    x: npt.NDArray[np.float64],
    strata: Strata,
    prior: PriorMass,
) -> tuple[float, float]:
    """Interval from a Dirichlet distribution of each stratum's cell shares.

    A stratum's units fall into three cells: y = x = 1; x = 1 only; neither. Their shares
    have a Dirichlet distribution whose parameters are the counts plus the prior's mass,
    the strata are drawn independently and joined to Y / X, and the ends are the 2.5 % and
    97.5 % quantiles. Unlike R̂ ± t SE it knows that a heavy stratum without a single
    omission in 50 units may still hold some. With one unit a stratum shared out over the
    classes (Perks 1947) it covers 89–98 % where normal intervals cover 15–97 % (measured:
    ``docs/accuracy_coverage.md``).

    Args:
        ratio: the estimate; the interval always holds it.
        y: shape (n,), 0 or 1, and 1 only where x is 1.
        x: shape (n,), 0 or 1.
        strata: of the same n units; for clusters it is :func:`effective_interval`.
        prior: see :class:`PriorMass`.
    """
    if strata.primary is not None:
        return effective_interval(ratio, x, strata)
    minlength = len(strata.names)
    n_x = np.bincount(strata.of_unit, weights=x, minlength=minlength)
    n_y = np.bincount(strata.of_unit, weights=y, minlength=minlength)
    rest = np.maximum(1.0 - prior.hit - prior.miss, 0.0)
    counts = [n_y + prior.hit, n_x - n_y + prior.miss, strata.counts - n_x + rest]
    shape = np.stack(counts, axis=1)
    possible = shape > 0
    draws = np.zeros((_DRAWS, *shape.shape))
    rng = np.random.default_rng(_SEED)
    draws[:, possible] = rng.standard_gamma(shape[possible], (_DRAWS, int(possible.sum())))
    draws *= (strata.sizes / draws.sum(axis=2))[:, :, None]
    hits, misses = draws[:, :, 0].sum(axis=1), draws[:, :, 1].sum(axis=1)
    low, high = np.quantile(hits / (hits + misses), [1 - _TAIL, _TAIL])
    return max(0.0, min(float(low), ratio.value)), min(1.0, max(float(high), ratio.value))


def has_no_spread(ratio: Ratio) -> bool:
    """Whether the estimated standard error is zero, so that the normal interval is none."""
    return ratio.se <= _NO_SPREAD
