"""The figures of a map: accuracies and areas as ratios, with their intervals.

What belongs here: which indicators make which figure, and the choice of interval. What
does not: sentences of warning (``cautions.py``), reading maps and samples (``build.py``,
``sample.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.cautions import caution
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import (
    Ratio,
    Strata,
    design_effect,
    effective_count,
    estimate_ratio,
)
from lulc_assets.core.estimation.intervals import (
    PriorMass,
    dirichlet_interval,
    effective_interval,
    has_no_spread,
    normal_interval,
    score_interval,
    spread_interval,
)
from lulc_assets.core.estimation.matrix import proportion_matrix
from lulc_assets.core.estimation.settings import AccuracySettings

__all__ = ["AccuracySettings", "Figures", "estimate_figures"]

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Figures:
    """Design-based figures of one domain.

    Attributes:
        overall: overall accuracy.
        users: by class, in the order of the codes.
        producers: by class.
        f1: by class: 2 Σ hits / (Σ mapped + Σ reference), a ratio of totals like the rest.
        areas_ha: by class.
        proportions: estimated shares, shape (k, k), rows = map.
        omission_units: by class: effective number of units that show an omission, m_j.
        commission_units: by class: effective number of units mapped as it that agree, or of
            those that do not, whichever is smaller.
        design_effect: variance of overall accuracy over that of as many independent units.
        warnings: sentences for a reader.
    """

    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    f1: tuple[Estimate, ...]
    areas_ha: tuple[Estimate, ...]
    proportions: npt.NDArray[np.float64]
    omission_units: tuple[float, ...]
    commission_units: tuple[float, ...]
    design_effect: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Units:
    """Indicators of the units of one domain."""

    strata: Strata
    inside: Flags
    mapped: list[Flags]
    found: list[Flags]
    agrees: Flags


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
    """Estimate every figure of a map from a probability sample.

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
    units = _Units(
        strata,
        inside,
        [inside & (map_codes == code) for code in codes],
        [inside & (reference_codes == code) for code in codes],
        inside & (map_codes == reference_codes),
    )
    m_j = [_effective(r & ~units.agrees, strata) for r in units.found]
    thin = [m < settings.min_omission_units for m in m_j]
    overall = _estimate(units.agrees, inside, strata, settings)
    telling = [_telling(m, units) for m in units.mapped]
    few = [number < settings.min_omission_units for number in telling]
    thin_users = [f and not _is_plain(m, strata) for m, f in zip(units.mapped, few, strict=True)]
    users = _users(units, few, settings)
    areas = _areas(units, thin, settings, area_ha)
    return Figures(
        overall=overall,
        users=users,
        producers=_producers(units, thin, settings),
        f1=_f1(units, thin, settings),
        areas_ha=areas,
        proportions=proportion_matrix(
            map_codes[inside], reference_codes[inside], strata.weights[inside], len(titles)
        ),
        omission_units=tuple(m_j),
        commission_units=tuple(telling),
        design_effect=design_effect(Ratio(overall.value, overall.se), int(inside.sum())),
        warnings=caution(
            titles=titles,
            strata=strata,
            mapped=units.mapped,
            found=units.found,
            agrees=units.agrees,
            thin=thin,
            thin_users=thin_users,
            users=users,
            settings=settings,
        ),
    )


def _users(units: _Units, few: Sequence[bool], settings: AccuracySettings) -> tuple[Estimate, ...]:
    wilson = settings.users_interval == "wilson"
    figures = []
    for m, few_tell in zip(units.mapped, few, strict=True):
        score = wilson and _in_one_stratum(m, units.strata)
        figures.append(
            _estimate(
                m & units.agrees,
                m,
                units.strata,
                settings,
                score=score,
                # Few units show no spread between lattices; taken as drawn at random they are
                # on the safe side.
                between=score and units.strata.starts is not None and not few_tell,
                effective=few_tell and not _is_plain(m, units.strata),
            )
        )
    return tuple(figures)


def _telling(m: Flags, units: _Units) -> float:
    """Effective units mapped as a class that agree, or that do not: the fewer decide."""
    sides = (m & units.agrees, m & ~units.agrees)
    return min(_effective(side, units.strata) for side in sides)


def _is_plain(m: Flags, strata: Strata) -> bool:
    """Whether units weigh the same and were not drawn in windows: Wilson's interval is theirs."""
    return strata.primary is None and _in_one_stratum(m, strata)


def _producers(
    units: _Units, thin: Sequence[bool], settings: AccuracySettings
) -> tuple[Estimate, ...]:
    k, inside = _classes_present(units), _share_in_strata(units.inside, units.strata)
    figures = []
    for m, r, is_thin in zip(units.mapped, units.found, thin, strict=True):
        mapped = _share_in_strata(m, units.strata)
        prior = PriorMass(mapped / k, (inside - mapped) / k)
        hits = r & units.agrees
        figures.append(_estimate(hits, r, units.strata, settings, prior=prior if is_thin else None))
    return tuple(figures)


def _areas(
    units: _Units, thin: Sequence[bool], settings: AccuracySettings, area_ha: float
) -> tuple[Estimate, ...]:
    k, inside = _classes_present(units), _share_in_strata(units.inside, units.strata)
    prior = PriorMass(inside / k, inside * (1.0 - 1.0 / k))
    shares = (
        _estimate(r, units.inside, units.strata, settings, prior=prior if is_thin else None)
        for r, is_thin in zip(units.found, thin, strict=True)
    )
    return tuple(scale(share, area_ha) for share in shares)


def _f1(units: _Units, thin: Sequence[bool], settings: AccuracySettings) -> tuple[Estimate, ...]:
    """F1 = 2 J / (1 + J), J = hits / (mapped or reference), a share with a share's interval."""
    k, inside = _classes_present(units), _share_in_strata(units.inside, units.strata)
    figures = []
    for m, r, is_thin in zip(units.mapped, units.found, thin, strict=True):
        hits, either = m & r, m | r
        mapped = _share_in_strata(m, units.strata)
        prior = PriorMass(mapped / k, mapped * (1.0 - 1.0 / k) + (inside - mapped) / k)
        jaccard = _estimate(hits, either, units.strata, settings, prior=prior if is_thin else None)
        both = m.astype(np.float64) + r.astype(np.float64)
        ratio = estimate_ratio(2.0 * hits.astype(np.float64), both, units.strata)
        se = 0.0 if has_no_spread(ratio) else ratio.se
        low, high = (2 * j / (1 + j) for j in (jaccard.ci95_low, jaccard.ci95_high))
        figures.append(Estimate(2 * jaccard.value / (1 + jaccard.value), se, low, high, jaccard.n))
    return tuple(figures)


def _estimate(
    y: Flags,
    x: Flags,
    strata: Strata,
    settings: AccuracySettings,
    *,
    score: bool = False,
    between: bool = False,
    effective: bool = False,
    prior: PriorMass | None = None,
) -> Estimate:
    """One share with its interval; NaN without units.

    Args:
        y: numerator, within x.
        x: denominator.
        strata: of the units.
        settings: of the estimation.
        score: take a score interval whatever the spread.
        between: of lattices: build that from the spread between them.
        effective: few windows or heavy units decide; take the interval that knows it.
        prior: given where a normal interval is not to be trusted.
    """
    n = int(x.sum())
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    y_numbers, x_numbers = y.astype(np.float64), x.astype(np.float64)
    ratio = estimate_ratio(y_numbers, x_numbers, strata)
    # Rounding in a sum of weights must not turn "all agree" into 1.0000000000000002.
    ratio = Ratio(min(1.0, max(0.0, ratio.value)), ratio.se)
    guarded = settings.thin_interval == "dirichlet"
    if prior is not None and guarded:
        low, high = dirichlet_interval(ratio, y_numbers, x_numbers, strata, prior)
        if low == high:  # No unit shows the class on the map, so the prior holds no hit.
            low, high = score_interval(ratio, y_numbers, x_numbers, strata)
    elif effective and guarded:
        low, high = effective_interval(ratio, x_numbers, strata)
    elif between and not has_no_spread(ratio):
        low, high = spread_interval(ratio, strata)
    elif score or has_no_spread(ratio):
        low, high = score_interval(ratio, y_numbers, x_numbers, strata)
    else:
        df = None if settings.quantile == "normal" else strata.degrees_of_freedom
        low, high = normal_interval(ratio, df)
    return Estimate(ratio.value, 0.0 if has_no_spread(ratio) else ratio.se, low, high, n)


def scale(share: Estimate, factor: float) -> Estimate:
    """The same figure in another unit, for example hectares instead of a share."""
    return Estimate(
        share.value * factor,
        share.se * factor,
        share.ci95_low * factor,
        share.ci95_high * factor,
        share.n,
    )


def _classes_present(units: _Units) -> int:
    """Classes that occur on the map or in the reference: those a prior is shared out over."""
    return max(1, sum(bool((m | r).any()) for m, r in zip(units.mapped, units.found, strict=True)))


def _share_in_strata(flags: Flags, strata: Strata) -> npt.NDArray[np.float64]:
    """Share of each stratum's units that carry the flag, shape (H,)."""
    counted = np.bincount(strata.of_unit, weights=flags, minlength=len(strata.names))
    return (counted / strata.counts).astype(np.float64)


def _effective(flags: Flags, strata: Strata) -> float:
    """Effective number of flagged units, or of the windows that hold them."""
    return effective_count(strata.total_by_primary(strata.weights * flags))


def _in_one_stratum(flags: Flags, strata: Strata) -> bool:
    return np.unique(strata.of_unit[flags]).size == 1
