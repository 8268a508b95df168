"""Share, mean or ratio of what units show in part, from a table of units.

What belongs here: the figure and its plain JSON. What does not: reading the table
(``unit_files.py``), weights (``weighting.py``) and intervals (``core/estimation``).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lulc_assets.core.accuracy.unit_files import UnitTable
from lulc_assets.core.accuracy.weighting import weigh
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.choice import estimate_area_share
from lulc_assets.core.estimation.estimate import Estimate, none_if_nan
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.intervals import quantile
from lulc_assets.core.estimation.measures import scale
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata


@dataclass(frozen=True)
class ShareFigures:
    """What a table of units shows.

    Attributes:
        share: Σ w y / Σ w x.
        area_ha: the same times the area of the strata; None without areas, or where x is not 1.
        strata: of the units.
        design_effect: variance over that of as many units drawn independently with equal
            weights (the population variance is estimated with the weights).
        effective_n: units that would have this variance, n / design effect.
    """

    share: Estimate
    area_ha: Estimate | None
    strata: Strata
    design_effect: float
    effective_n: float


def estimate_share(
    table: UnitTable,
    areas_ha: Mapping[str, float] | None = None,
    *,
    unit_ha: float | None = None,
    settings: AccuracySettings | None = None,
) -> ShareFigures:
    """Estimate Σ w y / Σ w x.

    A share (0 ≤ y ≤ x) gets a share's interval; an amount ± t SE.

    Args:
        table: units.
        areas_ha: of the strata.
        unit_ha: area of a unit, for the finite-population factor; None leaves it out.
        settings: None for the defaults.

    Raises:
        InvalidSample: every x is 0, or as for :func:`~.weighting.weigh`.
    """
    chosen = settings or AccuracySettings()
    strata = weigh(
        table.source, table.strata, table.primary, table.weights, areas_ha, unit_ha=unit_ha
    )
    if not table.x.any():
        raise InvalidSample(f"{table.source}: every x is 0; there is nothing to relate y to")
    if np.all((table.y >= 0) & (table.y <= table.x)):
        share = estimate_area_share(table.y, table.x, strata, chosen, enough=True)
    else:
        ratio = estimate_ratio(table.y, table.x, strata)
        half = quantile(chosen.level, strata.degrees_of_freedom) * ratio.se
        ends = ratio.value - half, ratio.value + half
        share = Estimate(ratio.value, ratio.se, *ends, int(np.count_nonzero(table.x)), chosen.level)
    whole = float(strata.sizes.sum()) if areas_ha is not None and np.all(table.x == 1) else None
    effect = _design_effect(table, strata, share)
    return ShareFigures(
        share,
        None if whole is None else scale(share, whole),
        strata,
        effect,
        table.y.size / effect if effect > 0 else math.nan,
    )


def _design_effect(table: UnitTable, strata: Strata, share: Estimate) -> float:
    """SE² over that of n units with the weighted variance of their residuals."""
    weights = strata.weights / strata.weights.sum()
    residuals = table.y - share.value * table.x
    simple = float(weights @ residuals**2) / float(weights @ table.x) ** 2 / (table.y.size - 1)
    return share.se**2 / simple if simple > 0 else math.nan


def tabulate_share(found: ShareFigures) -> dict[str, Any]:
    """The figures as plain JSON."""
    return {
        "level": found.share.level,
        "n": int(found.strata.of_unit.size),
        "primary_units": int(found.strata.of_primary.size),
        "strata": len(found.strata.names),
        "degrees_of_freedom": found.strata.degrees_of_freedom,
        "share": {"estimate" if k == "value" else k: v for k, v in found.share.to_dict().items()},
        "area_ha": None
        if found.area_ha is None
        else {"estimate" if k == "value" else k: v for k, v in found.area_ha.to_dict().items()},
        "design_effect": none_if_nan(found.design_effect),
        "n_effective": none_if_nan(found.effective_n),
    }
