"""The figures of a map: accuracies and areas as ratios, with intervals and warnings.

What belongs here: which indicators make which figure, the choice of interval, and what a
reader must be warned of. What does not: reading maps and samples (``build.py``,
``sample.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.estimators import (
    Ratio,
    Strata,
    effective_count,
    estimate_ratio,
)
from lulc_assets.core.accuracy.intervals import has_no_spread, normal_interval, score_interval
from lulc_assets.core.accuracy.matrix import proportion_matrix
from lulc_assets.core.accuracy.report import Estimate

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AccuracySettings:
    """Numbers of the estimation.

    Attributes:
        min_units: usable units below which a domain's verdict is "insufficient". 50 is the
            customary least number a class in error matrices (Congalton and Green 2019,
            §5); we ask it of a whole domain and leave the rest to the intervals.
        min_units_per_class: units that a mapped class needs for a post-stratum of its own;
            2 is the least that has a variance.
        max_collapsed_share: largest share of the mapped area in classes below
            ``min_units_per_class``; beyond it the verdict is "insufficient". 0.05: of 50
            units such a class would be expected to hold more than two.
        min_omission_units: effective number of omission units below which intervals of a
            class's area and producer's accuracy are called too narrow (20: below it the
            coverage of normal intervals falls, measured; see docs).
        users_interval: of user's accuracy where its units lie in one stratum: "wilson"
            (holds in small strata) or "normal" (as printed by Olofsson et al. 2014).
        finite_population: apply the factor 1 − f_h. Off as in Olofsson et al. 2014; at
            fractions below 1 % it changes nothing and leaving it out is on the safe side.
    """

    min_units: int = 50
    min_units_per_class: int = 2
    max_collapsed_share: float = 0.05
    min_omission_units: float = 20.0
    users_interval: Literal["wilson", "normal"] = "wilson"
    finite_population: bool = False


@dataclass(frozen=True)
class Figures:
    """Design-based figures of one domain.

    Attributes:
        overall: overall accuracy.
        users: by class, in the order of the codes.
        producers: by class.
        areas_ha: by class.
        proportions: estimated shares, shape (k, k), rows = map.
        warnings: sentences for a reader.
    """

    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    areas_ha: tuple[Estimate, ...]
    proportions: npt.NDArray[np.float64]
    warnings: tuple[str, ...]


def estimate_figures(
    map_codes: npt.NDArray[np.integer],
    reference_codes: npt.NDArray[np.integer],
    strata: Strata,
    *,
    area_ha: float,
    titles: Sequence[str],
    settings: AccuracySettings,
    domain: Flags | None = None,
) -> Figures:
    """Estimate every figure of a map from a stratified or poststratified sample.

    Args:
        map_codes: shape (n,), map class of each unit, 1…k inside the domain.
        reference_codes: shape (n,), reference class, 1…k inside the domain.
        strata: of the n units; the whole sample, units outside the domain too.
        area_ha: mapped area of the domain, which area shares are multiplied by.
        titles: of the k classes, for warnings.
        settings: see :class:`AccuracySettings`.
        domain: shape (n,), bool: units that count; None for all.
    """
    inside = np.ones(map_codes.size, dtype=bool) if domain is None else domain
    codes = range(1, len(titles) + 1)
    mapped = [inside & (map_codes == code) for code in codes]
    found = [inside & (reference_codes == code) for code in codes]
    agrees = inside & (map_codes == reference_codes)

    def figure(y: Flags, x: Flags, *, score: bool = False, scale: float = 1.0) -> Estimate:
        return _estimate(y, x, strata, score=score, scale=scale)

    wilson = settings.users_interval == "wilson"
    users = tuple(
        figure(m & agrees, m, score=wilson and _in_one_stratum(m, strata)) for m in mapped
    )
    producers = tuple(figure(r & agrees, r) for r in found)
    omitted = [r & ~agrees for r in found]
    return Figures(
        overall=figure(agrees, inside),
        users=users,
        producers=producers,
        areas_ha=tuple(figure(r, inside, scale=area_ha) for r in found),
        proportions=proportion_matrix(
            map_codes[inside], reference_codes[inside], strata.weights[inside], len(titles)
        ),
        warnings=tuple(
            _warn_of_omissions(
                omitted,
                found,
                mapped=mapped,
                strata=strata,
                titles=titles,
                min_units=settings.min_omission_units,
            )
            + _warn_of_perfection(users, titles)
        ),
    )


def _estimate(y: Flags, x: Flags, strata: Strata, *, score: bool, scale: float) -> Estimate:
    """One ratio with its interval; NaN without units, or with too few for an interval."""
    n = int(x.sum())
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    y_numbers, x_numbers = y.astype(np.float64), x.astype(np.float64)
    ratio = estimate_ratio(y_numbers, x_numbers, strata)
    # Rounding in a sum of weights must not turn "all agree" into 1.0000000000000002.
    ratio = Ratio(min(1.0, max(0.0, ratio.value)), ratio.se)
    if score or has_no_spread(ratio):
        low, high = score_interval(ratio, y_numbers, x_numbers, strata)
    else:
        low, high = normal_interval(ratio, strata.degrees_of_freedom)
    se = 0.0 if has_no_spread(ratio) else ratio.se
    return Estimate(ratio.value * scale, se * scale, low * scale, high * scale, n)


def _in_one_stratum(flags: Flags, strata: Strata) -> bool:
    return np.unique(strata.of_unit[flags]).size == 1


def _warn_of_omissions(
    omitted: Sequence[Flags],
    found: Sequence[Flags],
    *,
    mapped: Sequence[Flags],
    strata: Strata,
    titles: Sequence[str],
    min_units: float,
) -> list[str]:
    """Name classes without reference units and those with too few omissions."""
    absent, few = [], []
    for title, omission, reference, on_map in zip(titles, omitted, found, mapped, strict=True):
        if not reference.any():
            if on_map.any():
                absent.append(title)
        elif effective_count(strata.weights[omission]) < min_units:
            few.append(title)
    warnings = []
    if absent:
        warnings.append(
            f"No reference unit is {_listed(absent)}: producer's accuracy cannot be estimated "
            "and the estimated area is zero with an upper bound."
        )
    if few:
        warnings.append(
            f"Fewer than {min_units:g} effective units show an omission of "
            f"{_listed(few)}: the intervals of their areas and producer's accuracies may be "
            "too narrow."
        )
    return warnings


def _warn_of_perfection(users: Sequence[Estimate], titles: Sequence[str]) -> list[str]:
    pure = [
        f"{title} ({users_of.value:.0%} of {users_of.n})"
        for title, users_of in zip(titles, users, strict=True)
        if users_of.n > 0 and users_of.se == 0.0
    ]
    if not pure:
        return []
    return [
        f"All units mapped as one class agree, or none does: {', '.join(pure)}. The standard "
        "error is zero there; the interval is Wilson's."
    ]


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(titles)
