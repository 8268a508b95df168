"""Estimates that the map assists: its areas are known everywhere, the sample corrects them.

What belongs here: the difference (generalised regression) estimator with map classes as the
auxiliary, for a whole region and for a zone, and the composite with a synthetic estimate for
zones of few units. What does not: the design-based figures (``measures.py``), which these stand
beside and never replace.

With b_k the share of map class k that is reference class c in the sample, every place has a
prediction, and a total is Σ_k N_k b_k + Σ_s w (y − b_m), the prediction over all places plus
what the units say against it (Särndal, Swensson and Wretman 1992, §6.4; McRoberts et al. 2013).
It is nearly unbiased whatever the map, and only the residuals y − b_m vary: where windows or the
strata of an older map were drawn, they vary far less than y. In a zone b_k comes from the whole
sample and the residuals from the zone's own units (Särndal et al. 1992, §10.8). Where those are few
the synthetic part Σ_k N_k b_k alone is steadier, but rests on the assumption that map classes
mean the same in every zone: the composite of the two is model-based and says so (Fay and Herriot
1979; Rao and Molina 2015, §4.3 and §6.1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import (
    Ratio,
    effective_count,
    estimate_ratio,
    spread_without_one,
)
from lulc_assets.core.estimation.intervals import (
    has_no_spread,
    normal_interval,
    quantile,
    wilson_interval,
)
from lulc_assets.core.estimation.measures import scale
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]

MIN_UNITS_FOR_A_SHARE = 10
"""Units of a map class from which b_k is estimated; below it the map is taken at its word, and
the residuals correct it."""


@dataclass(frozen=True)
class Assisted:
    """Figures with the map as auxiliary.

    Attributes:
        overall: overall accuracy.
        producers: producer's accuracies by class.
        areas_ha: by class.
        variance_ratios: by class: variance of the design-based area over the assisted one.
    """

    overall: Estimate
    producers: tuple[Estimate, ...]
    areas_ha: tuple[Estimate, ...]
    variance_ratios: tuple[float, ...]


@dataclass(frozen=True)
class ZoneModel:
    """Area shares of one class in zones.

    Attributes:
        assisted: one per zone; NaN where it has fewer than two units.
        composite: one per zone, model-based; its standard error is that of the model.
        between: standard deviation of what zones differ from the synthetic estimate, √τ².
    """

    assisted: tuple[Estimate, ...]
    composite: tuple[Estimate, ...]
    between: float


def estimate_assisted(
    map_codes: Codes,
    reference_codes: Codes,
    strata: Strata,
    class_areas_ha: Numbers,
    settings: AccuracySettings | None = None,
) -> Assisted:
    """Estimate overall accuracy, producer's accuracies and areas with the map as auxiliary.

    Args:
        map_codes: shape (n,), map class of each unit, 1…k.
        reference_codes: shape (n,), reference class, 1…k.
        strata: as the units were drawn, in any design.
        class_areas_ha: shape (k,), mapped area of each class.
        settings: None for the defaults.
    """
    chosen = settings or AccuracySettings()
    total = float(class_areas_ha.sum())
    sizes = class_areas_ha / total

    factors = _calibration(map_codes, strata, sizes)

    def of(y: Numbers, expected: Numbers) -> tuple[float, Numbers]:
        """A share of the region, and its residuals less their mean."""
        known = _shares_of_classes(y, map_codes, strata, expected)
        residuals = y - known[map_codes - 1]
        correction = float(np.average(residuals, weights=strata.weights))
        return float(sizes @ known) + correction, (residuals - correction) * factors

    ones = np.ones(map_codes.size)
    agrees = (map_codes == reference_codes).astype(np.float64)
    share, residuals = of(agrees, np.ones(sizes.size))
    overall = _share(share, residuals, ones, strata, chosen)
    areas, producers, gains = [], [], []
    for code in range(1, sizes.size + 1):
        y = (reference_codes == code).astype(np.float64)
        own = (np.arange(1, sizes.size + 1) == code).astype(np.float64)
        area, of_area = of(y, own)
        hits, of_hits = of(y * agrees, own)
        estimate = _share(area, of_area, ones, strata, chosen)
        plain = estimate_ratio(y, ones, strata)
        areas.append(scale(estimate, total))
        gains.append((plain.se / estimate.se) ** 2 if estimate.se > 0 else math.nan)
        if not y.any() or area <= 0:
            producers.append(_unknown(int(y.sum()), chosen))
            continue
        ratio = min(1.0, max(0.0, hits / area))
        producers.append(_share(ratio, (of_hits - ratio * of_area) / area, y, strata, chosen))
    return Assisted(overall, tuple(producers), tuple(areas), tuple(gains))


def estimate_zones(
    map_codes: Codes,
    y: npt.NDArray[np.bool_],
    strata: Strata,
    code: int,
    zones: Sequence[tuple[npt.NDArray[np.bool_], Numbers]],
    settings: AccuracySettings | None = None,
) -> ZoneModel:
    """Estimate the area share of one class in every zone, with help from the whole region.

    Args:
        map_codes: shape (n,), map class of each unit of the region, 1…k.
        y: shape (n,), bool: units of the reference class.
        strata: of the n units.
        code: of the class.
        zones: of each: its units, shape (n,), bool, and the mapped area of each class,
            shape (k,).
        settings: None for the defaults.
    """
    chosen = settings or AccuracySettings()
    numbers = y.astype(np.float64)
    k = zones[0][1].size
    own = (np.arange(1, k + 1) == code).astype(np.float64)
    known = _shares_of_classes(numbers, map_codes, strata, own)
    residuals = numbers - known[map_codes - 1]
    spread = _variances_of_shares(numbers, map_codes, strata, known)
    synthetic, direct, variances, uncertain = [], [], [], []
    for inside, areas in zones:
        sizes = areas / areas.sum()
        synthetic.append(float(sizes @ known))
        uncertain.append(float(sizes**2 @ spread))
        here = inside.astype(np.float64)
        ratio = Ratio(math.nan, math.nan)
        if inside.sum() > 1:
            ratio = estimate_ratio(residuals * here, here, strata)
        direct.append(synthetic[-1] + ratio.value)
        variances.append(ratio.se**2)
    found = tuple(
        _in_zone(value, math.sqrt(v), int(inside.sum()), strata, chosen)
        for value, v, (inside, _) in zip(direct, variances, zones, strict=True)
    )
    steady = _pooled(np.array(variances), np.array([inside.sum() for inside, _ in zones]))
    tau2 = _variance_between(np.array(direct), np.array(synthetic), steady)
    composite = tuple(
        _composite(d, v, s, u, tau2, int(inside.sum()), chosen)
        for d, v, s, u, (inside, _) in zip(direct, steady, synthetic, uncertain, zones, strict=True)
    )
    return ZoneModel(found, composite, math.sqrt(tau2))


def _shares_of_classes(y: Numbers, map_codes: Codes, strata: Strata, expected: Numbers) -> Numbers:
    """b_k: weighted share of y in each map class, what is expected where few units tell, (k,)."""
    k = expected.size
    weights = np.bincount(map_codes - 1, strata.weights, k)
    hits = np.bincount(map_codes - 1, strata.weights * y, k)
    counts = np.bincount(map_codes - 1, minlength=k)
    enough = counts >= MIN_UNITS_FOR_A_SHARE
    shares: Numbers = np.where(enough, hits / np.where(weights > 0, weights, 1.0), expected)
    return shares


def _calibration(map_codes: Codes, strata: Strata, sizes: Numbers) -> Numbers:
    """How much more a unit stands for when map classes get their known sizes, shape (n,).

    The g-weights of Särndal et al. 1992, §6.5: residuals times them give the variance for the
    numbers of units that came out. A unit also pulls the share of its map class towards itself; its
    residual from the share of the others is larger by 1 / (1 − its part), as in a jackknife.
    """
    weight = np.bincount(map_codes - 1, strata.weights, sizes.size)
    shown = weight / strata.weights.sum()
    counts = np.bincount(map_codes - 1, minlength=sizes.size)
    enough = (counts >= MIN_UNITS_FOR_A_SHARE)[map_codes - 1]
    factors = (sizes / np.where(shown > 0, shown, 1.0))[map_codes - 1]
    pull = strata.weights / weight[map_codes - 1]
    of_unit: Numbers = np.where(enough, factors / (1.0 - np.where(enough, pull, 0.0)), 1.0)
    return of_unit


def _variances_of_shares(y: Numbers, map_codes: Codes, strata: Strata, known: Numbers) -> Numbers:
    """Variance of each b_k under the design, shape (k,)."""
    variances = np.zeros(known.size)
    for k in np.unique(map_codes):
        x = (map_codes == k).astype(np.float64)
        if x.sum() >= MIN_UNITS_FOR_A_SHARE:
            variances[k - 1] = estimate_ratio(y * x, x, strata).se ** 2
    return variances


def _pooled(variances: Numbers, counts: npt.NDArray[np.int64]) -> Numbers:
    """Variances of zones as if a unit told the same in each: those of few units are luck."""
    known = np.isfinite(variances)
    per_unit = np.average(variances[known] * counts[known], weights=counts[known])
    pooled: Numbers = np.where(known, per_unit / np.maximum(counts, 1), np.nan)
    return pooled


def _variance_between(direct: Numbers, synthetic: Numbers, variances: Numbers) -> float:
    """τ²: how much zones differ from the synthetic estimate beyond their sampling error.

    At least one standard error of itself: few zones never show that they are all alike.
    """
    known = np.isfinite(direct) & np.isfinite(variances)
    count = int(known.sum())
    if count < 2:
        return 0.0
    squares = (direct[known] - synthetic[known]) ** 2
    least = float(np.mean(variances[known])) * math.sqrt(2.0 / count)
    return max(least, float(np.mean(squares - variances[known])))


def _composite(
    direct: float,
    variance: float,
    synthetic: float,
    uncertain: float,
    tau2: float,
    n: int,
    settings: AccuracySettings,
) -> Estimate:
    """φ · assisted + (1 − φ) · synthetic, φ = τ² / (τ² + V), with the model's own error."""
    # Without a residual the assisted variance is a zero that nobody should believe.
    trusted = math.isfinite(direct) and variance > 0
    phi = tau2 / (tau2 + variance) if trusted else 0.0
    value = phi * direct + (1 - phi) * synthetic if trusted else synthetic
    se = math.sqrt((phi * variance if trusted else tau2) + (1 - phi) ** 2 * uncertain)
    value = min(1.0, max(0.0, value))
    low, high = normal_interval(Ratio(value, se), None, settings.level)
    return Estimate(value, se, low, high, n, settings.level)


def _share(
    value: float, residuals: Numbers, x: Numbers, strata: Strata, settings: AccuracySettings
) -> Estimate:
    """A share whose variance is that of its residuals, over all units.

    A good map leaves few residuals, and a variance that a handful of them make up is worth fewer
    degrees of freedom than there are units.
    """
    ones = np.ones(residuals.size)
    se, degrees = estimate_ratio(residuals, ones, strata).se, float(strata.degrees_of_freedom)
    value = min(1.0, max(0.0, value))
    n, level = int(np.count_nonzero(x)), settings.level
    if strata.starts is None and strata.neighbours is None:
        degrees = spread_without_one([(residuals, ones)], strata).degrees
    t = quantile(level, degrees)
    effective = effective_count(strata.total_by_primary(strata.weights * x))
    if not has_no_spread(Ratio(value, se)):
        effective = value * (1.0 - value) / se**2
    low, high = wilson_interval(value, effective, t)
    if effective <= 0:  # A share of exactly 0 or 1 with residuals: only their spread tells.
        low, high = max(0.0, value - t * se), min(1.0, value + t * se)
    return Estimate(value, se, min(low, value), max(high, value), n, level)


def _in_zone(
    value: float, se: float, n: int, strata: Strata, settings: AccuracySettings
) -> Estimate:
    if not math.isfinite(value):
        return _unknown(n, settings)
    value = min(1.0, max(0.0, value))
    degrees = max(1, min(strata.degrees_of_freedom, n - 1))
    low, high = normal_interval(Ratio(value, se), degrees, settings.level)
    return Estimate(value, se, low, high, n, settings.level)


def _unknown(n: int, settings: AccuracySettings) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, math.nan, n, settings.level)
