"""Accuracy of the year of change by tolerance, from a probability sample.

What belongs here: user's and producer's accuracy of "changed in year y" when a year more or less
counts as right. What does not: estimators and intervals (``core/estimation``), the sample.

A change that is mapped a year late is not the same mistake as one that never happened; one
figure for both says little (Stehman et al. 2021, "Validation of the U.S. Geological Survey's Land
Change Monitoring, Assessment and Projection (LCMAP) Collection 1.0 annual land cover products",
RSE 265, reports both).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL, Estimate
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.intervals import (
    cluster_interval,
    has_no_spread,
    spread_interval,
)
from lulc_assets.core.estimation.strata import Strata

TOLERANCES: Mapping[str, int | None] = {"exact": 0, "within_1": 1, "within_2": 2, "ever": None}
"""Name → years that may lie between mapped and true change; None: any."""

Years = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ChangeAccuracy:
    """Accuracy at one tolerance.

    Attributes:
        users: of what is mapped as changed, how much changed within the tolerance.
        producers: of what changed, how much is mapped so within the tolerance.
    """

    users: Estimate
    producers: Estimate


def accuracy_by_tolerance(
    mapped_year: Years, true_year: Years, strata: Strata, level: float = DEFAULT_LEVEL
) -> dict[str, ChangeAccuracy]:
    """Estimate the accuracy of the year of change at each of ``TOLERANCES``.

    Args:
        mapped_year: (n,) year of change on the map of each unit, 0 = none.
        true_year: (n,) year of change as interpreted, 0 = none.
        strata: of the same n units.
        level: of confidence.

    Raises:
        InvalidSample: the arrays are not of the sample's length.
    """
    if not mapped_year.shape == true_year.shape == strata.of_unit.shape:
        raise InvalidSample(
            f"years of {mapped_year.shape} mapped and {true_year.shape} interpreted units for a "
            f"sample of {strata.of_unit.size}"
        )
    mapped, true = mapped_year > 0, true_year > 0
    apart = np.abs(mapped_year.astype(np.int64) - true_year.astype(np.int64))
    found = {}
    for name, limit in TOLERANCES.items():
        hits = mapped & true & (np.ones_like(mapped) if limit is None else apart <= limit)
        found[name] = ChangeAccuracy(
            _share(hits, mapped, strata, level), _share(hits, true, strata, level)
        )
    return found


def _share(hits: Flags, of: Flags, strata: Strata, level: float) -> Estimate:
    """Share of some units that are hits; NaN with (0, 1) where there is none."""
    y, x = hits.astype(np.float64), of.astype(np.float64)
    if not of.any():
        return Estimate(np.nan, np.nan, 0.0, 1.0, 0, level)
    ratio = estimate_ratio(y, x, strata)
    if strata.primary is None:
        low, high = spread_interval(ratio, x, strata, level)
    else:
        low, high = cluster_interval(ratio, y, x, strata, level)
    se = 0.0 if has_no_spread(ratio) else ratio.se
    return Estimate(ratio.value, se, low, high, int(of.sum()), level)
