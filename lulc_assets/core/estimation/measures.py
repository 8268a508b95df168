"""The figures of a map: accuracies and areas as ratios, with their intervals.

What belongs here: which indicators make which figure. What does not: the choice of interval
(``choice.py``), sentences of warning (``cautions.py``), reading maps and samples
(``core/accuracy``, ``core/sampling``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.cautions import caution
from lulc_assets.core.estimation.choice import (
    estimate_area_share,
    estimate_overall,
    estimate_users,
    where_seen,
)
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import (
    Ratio,
    design_effect,
    effective_count,
    estimate_ratio,
)
from lulc_assets.core.estimation.intervals import has_no_spread
from lulc_assets.core.estimation.matrix import proportion_matrix
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

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
    enough = [m >= settings.min_omission_units for m in m_j]
    overall = estimate_overall(_numbers(units.agrees), _numbers(inside), strata, settings)
    telling = [_telling(m, units) for m in units.mapped]
    few = [number < settings.min_omission_units for number in telling]
    thin_users = [f and not _is_plain(m, strata) for m, f in zip(units.mapped, few, strict=True)]
    users = tuple(
        estimate_users(m & units.agrees, m, strata, settings, enough=not is_few)
        for m, is_few in zip(units.mapped, few, strict=True)
    )
    return Figures(
        overall=overall,
        users=users,
        producers=_producers(units, enough, settings),
        f1=_f1(units, enough, settings),
        areas_ha=_areas(units, enough, settings, area_ha),
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
            thin=[not e for e in enough],
            thin_users=thin_users,
            users=users,
            settings=settings,
        ),
    )


def _telling(m: Flags, units: _Units) -> float:
    """Effective units mapped as a class that agree, or that do not: the fewer decide."""
    sides = (m & units.agrees, m & ~units.agrees)
    return min(_effective(side, units.strata) for side in sides)


def _is_plain(m: Flags, strata: Strata) -> bool:
    """Whether units weigh the same and were not drawn in windows: Wilson's interval is theirs."""
    return strata.primary is None and _in_one_stratum(m, strata)


def _producers(
    units: _Units, enough: Sequence[bool], settings: AccuracySettings
) -> tuple[Estimate, ...]:
    figures = []
    for m, r, are_enough in zip(units.mapped, units.found, enough, strict=True):
        hits, misses = where_seen(m, units.strata), where_seen(units.inside & ~m, units.strata)
        figures.append(
            estimate_area_share(
                _numbers(r & units.agrees),
                _numbers(r),
                units.strata,
                settings,
                hits=hits,
                misses=misses,
                enough=are_enough,
            )
        )
    return tuple(figures)


def _areas(
    units: _Units, enough: Sequence[bool], settings: AccuracySettings, area_ha: float
) -> tuple[Estimate, ...]:
    inside, here = _numbers(units.inside), where_seen(units.inside, units.strata)
    shares = (
        estimate_area_share(
            _numbers(r), inside, units.strata, settings, hits=here, misses=here, enough=are_enough
        )
        for r, are_enough in zip(units.found, enough, strict=True)
    )
    return tuple(scale(share, area_ha) for share in shares)


def _f1(units: _Units, enough: Sequence[bool], settings: AccuracySettings) -> tuple[Estimate, ...]:
    """F1 = 2 J / (1 + J), J = hits / (mapped or reference), a share with a share's interval."""
    here = where_seen(units.inside, units.strata)
    figures = []
    for m, r, are_enough in zip(units.mapped, units.found, enough, strict=True):
        hits, either = _numbers(m & r), _numbers(m | r)
        jaccard = estimate_area_share(
            hits,
            either,
            units.strata,
            settings,
            hits=where_seen(m, units.strata),
            misses=here,
            enough=are_enough,
        )
        ratio = estimate_ratio(2.0 * hits, _numbers(m) + _numbers(r), units.strata)
        se = 0.0 if has_no_spread(ratio) else ratio.se
        shares = (jaccard.value, jaccard.ci_low, jaccard.ci_high)
        value, low, high = (2 * share / (1 + share) for share in shares)
        figures.append(Estimate(value, se, low, high, jaccard.n, settings.level))
    return tuple(figures)


def scale(share: Estimate, factor: float) -> Estimate:
    """The same figure in another unit, for example hectares instead of a share."""
    return Estimate(
        share.value * factor,
        share.se * factor,
        share.ci_low * factor,
        share.ci_high * factor,
        share.n,
        share.level,
    )


def _numbers(flags: Flags) -> npt.NDArray[np.float64]:
    return flags.astype(np.float64)


def _effective(flags: Flags, strata: Strata) -> float:
    """Effective number of flagged units, or of the windows that hold them."""
    return effective_count(strata.total_by_primary(strata.weights * flags))


def _in_one_stratum(flags: Flags, strata: Strata) -> bool:
    return np.unique(strata.of_unit[flags]).size == 1
