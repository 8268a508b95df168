"""The ratio-of-totals estimator under stratified, cluster and lattice sampling.

What belongs here: estimators of a ratio of two population totals from a probability
sample, in plain numpy. What does not: post-strata (``poststrata.py``), intervals
(``intervals.py``) and which figures of a map are such ratios (``measures.py``).

Every figure of a report is R = Y / X, Y and X totals of indicators: overall accuracy has
y = [map = reference], x = 1; user's accuracy of class c y = [map = reference = c],
x = [map = c]; producer's accuracy x = [reference = c]; an area share y = [reference = c],
x = 1; F1 y = 2 [map = reference = c], x = [map = c] + [reference = c]. A domain multiplies
both by [unit in domain]. So one estimator serves strata that are the map classes (Olofsson
et al. 2014), strata that are not (Stehman 2014), domains, simple random samples that are
poststratified, and clusters or two stages, where the totals of primary units vary.

Sources: Stehman 2014, "Estimating area and map accuracy for stratified random sampling
when the strata are different from the map classes", IJRS 35, eqs. 2, 18, 25–28; Cochran
1977, "Sampling Techniques", §5A.9 (poststrata) and §6.11 (combined ratio estimator);
Card 1982; Särndal et al. 1992, §5.8 and §7.6; Stehman 1997, "Estimating standard errors of
accuracy assessment statistics under cluster sampling", RSE 60.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.strata import Starts, Strata

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Ratio:
    """An estimated ratio of totals and its standard error; NaN when X̂ is 0."""

    value: float
    se: float


def estimate_ratio(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], strata: Strata) -> Ratio:
    """Estimate Y / X from a stratified sample (the combined ratio estimator).

    R̂ = Ŷ / X̂ with Ŷ = Σ_h N_h ȳ_h, and with residuals d = y − R̂ x
    V(R̂) = X̂⁻² Σ_h N_h² (1 − f_h) s²_d,h / n_h
    (Stehman 2014, eqs. 27 and 28; Cochran 1977, eq. 6.51). With x = 1 everywhere it is
    the stratified mean and its variance (Cochran 1977, eqs. 5.1 and 5.7). For post-strata
    this is the variance conditional on the n_h that came out (Cochran 1977, §5A.9). For
    clusters see :func:`variance_of_total`.

    Args:
        y: shape (n,), float64: numerator of each unit.
        x: shape (n,), float64: denominator of each unit.
        strata: of the same n units.
    """
    weights = strata.weights
    x_total = float(np.sum(weights * x))
    if x_total == 0.0:
        return Ratio(np.nan, np.nan)
    ratio = float(np.sum(weights * y)) / x_total
    variance = variance_of_total(y - ratio * x, strata) / x_total**2
    return Ratio(ratio, float(np.sqrt(variance)))


def variance_of_total(d: npt.NDArray[np.float64], strata: Strata) -> float:
    """Estimated variance of Σ w d, from the spread of the totals of primary units.

    With t_i = Σ w d over primary unit i:
    V = Σ_h (1 − f_h) m_h / (m_h − 1) Σ_i (t_i − t̄_h)²
    (Särndal et al. 1992, §4.2 and §4.6.1, with replacement; Stehman 1997). Where units are
    their own primary units, t = N_h d / n_h and it is Σ_h N_h² (1 − f_h) s²_d,h / n_h. The
    second stage needs no term of its own: it is inside the spread of the t_i.

    With ``neighbours`` the squares become those of differences between neighbours on the
    lattice: V = n / (2 p) Σ_pairs (e_i − e_j)², e_i the deviation of t_i with its factor
    under the root. It is the above times Geary's contiguity ratio, the two-dimensional form
    of the successive-difference estimator (D'Orazio 2003, "Estimating the variance of the
    sample mean in two-dimensional systematic sampling", JABES 8; Cochran 1977, §8.11).

    With ``starts`` it comes from the spread between them (:func:`_variance_between_starts`).

    Args:
        d: shape (n,), float64: residual of each unit.
        strata: of the same n units.
    """
    if strata.starts is not None:
        return _variance_between_starts(d, strata, strata.starts)
    totals = strata.total_by_primary(strata.weights * d)
    of_primary, counts = strata.of_primary, strata.primary_counts
    means = np.bincount(of_primary, weights=totals, minlength=counts.size) / counts
    factors = (1.0 - strata.fractions) * counts / (counts - 1)
    deviations = (totals - means[of_primary]) * np.sqrt(factors[of_primary])
    if strata.neighbours is None or not strata.neighbours.size:
        return float(np.sum(deviations**2))
    one, other = strata.neighbours.T
    steps = deviations[one] - deviations[other]
    return float(totals.size * np.mean(steps**2) / 2.0)


def _variance_between_starts(d: npt.NDArray[np.float64], strata: Strata, starts: Starts) -> float:
    """Variance of Σ w d from replicated (interpenetrating) systematic samples.

    Each start is a primary unit of a simple random sample of k starts out of all possible
    ones; its total of the residuals less their (post-)stratum means is e_j, and
    V = (1 − f) k / (k − 1) Σ_j e_j² (Mahalanobis 1946; Cochran 1977, §8.11; Wolter 2007,
    §8.2; the residuals of post-strata: Särndal et al. 1992, §7.6). The e_j sum to zero, so a
    start without a unit here counts with 0. n_h / (n_h − 1) makes up for the mean of a small
    post-stratum being its own sample's; a sample that is one stratum needs no such factor.
    """
    counts = strata.counts
    weighted = strata.weights * d
    means = np.bincount(strata.of_unit, weights=weighted, minlength=counts.size) / counts
    factors = counts / (counts - 1) if counts.size > 1 else np.ones(1)
    centred = (weighted - means[strata.of_unit]) * np.sqrt(factors)[strata.of_unit]
    totals = np.bincount(starts.of_unit, weights=centred, minlength=starts.count)
    k = starts.count
    return float((1.0 - starts.fraction) * k / (k - 1) * np.sum(totals**2))


@dataclass(frozen=True)
class Spread:
    """A variance between primary units, and how many degrees of freedom it is worth."""

    variance: float
    degrees: float


def spread_without_one(
    ratios: Sequence[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]], strata: Strata
) -> Spread:
    """Variance of a ratio, or of a difference of two, from leaving out one window after the other.

    V = Σ_h (1 − f_h) (m_h − 1) / m_h Σ_i (R̂_(hi) − R̂)², where R̂_(hi) leaves primary unit i of
    stratum h out and lets the others of the stratum stand for it (Wolter 2007, §4.5). Unlike
    the linearised variance it knows that X̂ varies too, which decides where a class lies in few
    windows; intervals of clusters rest on it.

    m − H degrees of freedom are those of normal totals of equal variance. Here 2 V² / V̂ar(V) are
    taken where they are fewer, V̂ar(V) from the fourth moments of the totals (Valliant and Rust
    2010, "Degrees of freedom approximations and rules-of-thumb", Journal of Official Statistics
    26; O'Neill 2014, "Some useful moment results in sampling problems", The American Statistician
    68), and never more than Satterthwaite's for windows whose variances are as their weights in
    X̂: Kish's effective number of windows less H.

    Args:
        ratios: y and x, shape (n,) each, of the ratio; a second one is taken from the first.
        strata: of the same n units.
    """
    moved = np.zeros(strata.of_primary.size)
    for (y, x), sign in zip(ratios, (1.0, -1.0), strict=False):
        hits, shown = (_without_one(values, strata) for values in (y, x))
        ratio = np.sum(strata.weights * y) / np.sum(strata.weights * x)
        # Without the only window that holds the class there is no ratio, and no change either.
        known = shown > _ROUNDING * shown.max(initial=0.0)
        moved[known] += sign * (hits[known] / shown[known] - ratio)
    counts, of_primary = strata.primary_counts, strata.of_primary
    squares = ((1.0 - strata.fractions) * (counts - 1) / counts)[of_primary] * moved**2
    held = strata.total_by_primary(strata.weights * np.max([x for _, x in ratios], axis=0))
    known_by = min(strata.degrees_of_freedom, effective_count(held) - counts.size)
    return Spread(float(squares.sum()), max(1.0, min(known_by, _degrees(squares, strata))))


def _degrees(squares: npt.NDArray[np.float64], strata: Strata) -> float:
    """2 V² / V̂ar(V) for V = Σ squares: the fewer, the more a few windows make up the variance."""
    of_primary, m = strata.of_primary, strata.primary_counts
    second, fourth = (np.bincount(of_primary, v, m.size) / m for v in (squares, squares**2))
    of_variance = float(np.sum(m * (fourth - second**2 * (m - 3) / (m - 1))))
    return 2.0 * float(squares.sum()) ** 2 / of_variance if of_variance > 0 else np.inf


def _without_one(values: npt.NDArray[np.float64], strata: Strata) -> npt.NDArray[np.float64]:
    """The total Σ w v without each primary unit, others of its stratum in its place, (m,)."""
    of_primary, counts = strata.of_primary, strata.primary_counts
    totals = strata.total_by_primary(strata.weights * values)
    means = np.bincount(of_primary, weights=totals, minlength=counts.size) / counts
    left: npt.NDArray[np.float64] = (
        totals.sum() - (totals - means[of_primary]) * (counts / (counts - 1))[of_primary]
    )
    return left


def design_effect(ratio: Ratio, n: int) -> float:
    """Variance of a share over that of a simple random sample of n units; NaN at 0 and 1."""
    simple = ratio.value * (1.0 - ratio.value) / max(n - 1, 1)
    return ratio.se**2 / simple if simple > 0 else float("nan")


def effective_count(weights: npt.NDArray[np.float64]) -> float:
    """Kish's effective number of units, (Σ w)² / Σ w²; 0 without weight.

    Over the units that show an omission of class j from a sample stratified by map class
    it equals m_j = (Σ_i W_i p_ij)² / Σ_i W_i² p_ij / n_i, i ≠ j.
    """
    if not weights.any():
        return 0.0
    return float(weights.sum() ** 2 / np.sum(weights**2))
