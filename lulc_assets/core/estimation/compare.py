"""Two maps, or two models, judged on one sample.

What belongs here: differences of accuracies with the covariance that a shared sample
brings. What does not: the accuracies of one map (``figures.py``).

Both maps are compared with the same reference at the same places, so their errors are
correlated and the difference has a smaller standard error than two separate samples would
give. Each accuracy is a ratio R = Y / X; to first order R̂ − R = Σ w (y − R x) / X̂, so the
difference of two ratios has the residuals d = (y₁ − R̂₁ x₁) / X̂₁ − (y₂ − R̂₂ x₂) / X̂₂
(Särndal et al. 1992, §5.5 and §5.6). For overall accuracy in a simple random sample it is
the variance behind McNemar's test (Foody 2004, "Thematic map comparison").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import (
    Ratio,
    Strata,
    estimate_ratio,
    variance_of_total,
)
from lulc_assets.core.estimation.intervals import normal_interval

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Comparison:
    """How much better the first map is than the second; positive favours the first.

    Attributes:
        overall: difference of overall accuracies.
        users: differences of user's accuracies by class.
        producers: differences of producer's accuracies by class.
    """

    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]


def compare_maps(
    first: Codes,
    second: Codes,
    reference: Codes,
    strata: Strata,
    *,
    n_classes: int,
    domain: npt.NDArray[np.bool_] | None = None,
) -> Comparison:
    """Compare two maps on one probability sample.

    Args:
        first: shape (n,), class of each unit on the first map, 1…n_classes in the domain.
        second: shape (n,), on the second map.
        reference: shape (n,), reference class.
        strata: of the n units; they may come from either map or from neither.
        n_classes: of the legend's land classes.
        domain: shape (n,), bool: units that both maps cover; None for all.
    """
    inside = np.ones(first.size, dtype=bool) if domain is None else domain

    def difference(
        pairs: Sequence[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]],
    ) -> Estimate:
        (y1, x1), (y2, x2) = ((y.astype(np.float64), x.astype(np.float64)) for y, x in pairs)
        return difference_of_ratios((y1, x1), (y2, x2), strata)

    def users(code: int) -> Estimate:
        on = [inside & (m == code) for m in (first, second)]
        return difference([(shown & (reference == code), shown) for shown in on])

    def producers(code: int) -> Estimate:
        there = inside & (reference == code)
        return difference([(there & (m == code), there) for m in (first, second)])

    codes = range(1, n_classes + 1)
    return Comparison(
        overall=difference([(inside & (m == reference), inside) for m in (first, second)]),
        users=tuple(users(code) for code in codes),
        producers=tuple(producers(code) for code in codes),
    )


def difference_of_ratios(
    first: tuple[Numbers, Numbers], second: tuple[Numbers, Numbers], strata: Strata
) -> Estimate:
    """R₁ − R₂ with its standard error and t interval; NaN where either has no denominator.

    Args:
        first: y₁ and x₁, shape (n,) each.
        second: y₂ and x₂, shape (n,) each.
        strata: of the same n units.
    """
    n = int(np.count_nonzero((first[1] > 0) | (second[1] > 0)))
    ratios = [estimate_ratio(y, x, strata) for y, x in (first, second)]
    if any(math.isnan(ratio.value) for ratio in ratios):
        return Estimate(math.nan, math.nan, math.nan, math.nan, n)
    weights = strata.weights
    one, other = (
        (y - ratio.value * x) / np.sum(weights * x)
        for (y, x), ratio in zip((first, second), ratios, strict=True)
    )
    se = math.sqrt(variance_of_total(one - other, strata))
    value = ratios[0].value - ratios[1].value
    low, high = normal_interval(Ratio(value, se), strata.degrees_of_freedom, least=-1.0)
    return Estimate(value, se, low, high, n)
