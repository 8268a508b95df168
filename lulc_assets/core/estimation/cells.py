"""Figures from counts of cells, for tables of so many "units" that they are pixels.

What belongs here: the estimators of ``estimators.py`` where equal units are counted and not listed,
with normal intervals. What does not: samples that somebody interpreted, which are small
(``measures.py``) and whose intervals are guarded.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import Ratio, design_effect
from lulc_assets.core.estimation.intervals import normal_interval
from lulc_assets.core.estimation.measures import Figures, scale

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Units counted by stratum, map class and reference class.

    Attributes:
        of_stratum: shape (cells,), index 0…H−1.
        mapped: shape (cells,), code 1…k.
        reference: shape (cells,), code 1…k.
        counts: shape (cells,), units, above 0.
        sizes: shape (H,), of the strata.
        fractions: shape (H,), sampling fractions; zeros leave the factor out.
    """

    of_stratum: Codes
    mapped: Codes
    reference: Codes
    counts: Codes
    sizes: Numbers
    fractions: Numbers

    @property
    def stratum_counts(self) -> Numbers:
        """Units of each stratum, shape (H,)."""
        return np.bincount(self.of_stratum, self.counts, self.sizes.size).astype(np.float64)

    @property
    def weights(self) -> Numbers:
        """What a unit of each cell stands for, shape (cells,)."""
        per_stratum: Numbers = self.sizes / self.stratum_counts
        return per_stratum[self.of_stratum]


def estimate_cells(
    cells: Cells, *, area_ha: float, titles: Sequence[str], level: float, warning: str
) -> Figures:
    """Every figure of a map from counted cells; standard errors as if units were independent.

    Args:
        cells: counted units.
        area_ha: mapped area.
        titles: of the k classes.
        level: of confidence.
        warning: what the reader must know of so many units.
    """

    def share(y: npt.NDArray[np.bool_], x: npt.NDArray[np.bool_]) -> Estimate:
        return _estimate(y.astype(np.float64), x.astype(np.float64), cells, level)

    codes = range(1, len(titles) + 1)
    every = np.ones(cells.counts.size, dtype=bool)
    agrees = cells.mapped == cells.reference
    on = [cells.mapped == c for c in codes]
    of = [cells.reference == c for c in codes]
    overall = share(agrees, every)
    n = int(cells.counts.sum())
    return Figures(
        overall=overall,
        users=tuple(share(m & agrees, m) for m in on),
        producers=tuple(share(r & agrees, r) for r in of),
        f1=tuple(
            _estimate(2.0 * (m & r), m * 1.0 + r, cells, level) for m, r in zip(on, of, strict=True)
        ),
        areas_ha=tuple(scale(share(r, every), area_ha) for r in of),
        proportions=_proportions(cells, len(titles)),
        omission_units=tuple(_effective(r & ~agrees, cells) for r in of),
        commission_units=tuple(
            min(_effective(m & agrees, cells), _effective(m & ~agrees, cells)) for m in on
        ),
        design_effect=design_effect(Ratio(overall.value, overall.se), n),
        warnings=(warning,),
    )


def _estimate(y: Numbers, x: Numbers, cells: Cells, level: float) -> Estimate:
    """Ratio of totals with its variance, as :func:`~.estimators.estimate_ratio` has it."""
    stands = cells.counts * cells.weights
    n = int(cells.counts[x > 0].sum())
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0, level)
    total = float(stands @ x)
    value = float(stands @ y) / total
    d = y - value * x
    h, size = cells.of_stratum, cells.sizes.size
    counts = cells.stratum_counts
    means = np.bincount(h, cells.counts * d, size) / counts
    squares = np.bincount(h, cells.counts * (d - means[h]) ** 2, size)
    variance = cells.sizes**2 * (1.0 - cells.fractions) * squares / (counts * (counts - 1))
    ratio = Ratio(min(1.0, max(0.0, value)), math.sqrt(float(variance.sum())) / total)
    low, high = normal_interval(ratio, None, level)
    return Estimate(ratio.value, ratio.se, low, high, n, level)


def _effective(flags: npt.NDArray[np.bool_], cells: Cells) -> float:
    held = cells.counts * flags
    top, bottom = float(held @ cells.weights) ** 2, float(held @ cells.weights**2)
    return top / bottom if bottom > 0 else 0.0


def _proportions(cells: Cells, k: int) -> Numbers:
    stands = cells.counts * cells.weights
    at = (cells.mapped - 1) * k + cells.reference - 1
    shares: Numbers = np.bincount(at, stands, k * k).reshape(k, k) / stands.sum()
    return shares
