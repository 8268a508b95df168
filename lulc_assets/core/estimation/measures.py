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

__all__ = ["AccuracySettings", "ClassFigures", "Figures", "estimate_class", "estimate_figures"]

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
class ClassFigures:
    """Figures of one class.

    Attributes:
        users: user's accuracy.
        producers: producer's accuracy.
        f1: see :class:`Figures`.
        area: share of the domain.
        omission_units: see :class:`Figures`.
        commission_units: see :class:`Figures`.
        thin_users: user's accuracy rests on few units of unequal weight, or on few windows.
    """

    users: Estimate
    producers: Estimate
    f1: Estimate
    area: Estimate
    omission_units: float
    commission_units: float
    thin_users: bool


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
    mapped = [inside & (map_codes == code) for code in codes]
    found = [inside & (reference_codes == code) for code in codes]
    agrees = inside & (map_codes == reference_codes)
    overall = estimate_overall(_numbers(agrees), _numbers(inside), strata, settings)
    classes = [
        estimate_class(m, r, strata, settings, domain=inside)
        for m, r in zip(mapped, found, strict=True)
    ]
    users = tuple(one.users for one in classes)
    return Figures(
        overall=overall,
        users=users,
        producers=tuple(one.producers for one in classes),
        f1=tuple(one.f1 for one in classes),
        areas_ha=tuple(scale(one.area, area_ha) for one in classes),
        proportions=proportion_matrix(
            map_codes[inside], reference_codes[inside], strata.weights[inside], len(titles)
        ),
        omission_units=tuple(one.omission_units for one in classes),
        commission_units=tuple(one.commission_units for one in classes),
        design_effect=design_effect(Ratio(overall.value, overall.se), int(inside.sum())),
        warnings=caution(
            titles=titles,
            strata=strata,
            mapped=mapped,
            found=found,
            agrees=agrees,
            thin=[one.omission_units < settings.min_omission_units for one in classes],
            thin_users=[one.thin_users for one in classes],
            users=users,
            settings=settings,
        ),
    )


def estimate_class(
    mapped: Flags, found: Flags, strata: Strata, settings: AccuracySettings, *, domain: Flags
) -> ClassFigures:
    """Estimate the figures of one class.

    Args:
        mapped: shape (n,), bool: units that the map shows as the class, inside the domain.
        found: shape (n,), bool: units of the reference class, inside the domain.
        strata: of the n units; the whole sample, units outside the domain too.
        settings: see :class:`AccuracySettings`.
        domain: shape (n,), bool: units that count.
    """
    both = mapped & found
    omitted = _effective(found & ~mapped, strata)
    committed = min(_effective(side, strata) for side in (both, mapped & ~found))
    enough = omitted >= settings.min_omission_units
    few = committed < settings.min_omission_units
    here, hits = where_seen(domain, strata), where_seen(mapped, strata)
    reference = _numbers(found)
    return ClassFigures(
        users=estimate_users(both, mapped, strata, settings, enough=not few),
        producers=estimate_area_share(
            _numbers(both),
            reference,
            strata,
            settings,
            hits=hits,
            misses=where_seen(domain & ~mapped, strata),
            enough=enough,
        ),
        f1=_f1(mapped, found, strata, settings, possible=(hits, here), enough=enough),
        area=estimate_area_share(
            reference, _numbers(domain), strata, settings, hits=here, misses=here, enough=enough
        ),
        omission_units=omitted,
        commission_units=committed,
        # In one stratum, and not in windows, units weigh the same and Wilson's interval is theirs.
        thin_users=few and not (strata.primary is None and _in_one_stratum(mapped, strata)),
    )


def _f1(
    mapped: Flags,
    found: Flags,
    strata: Strata,
    settings: AccuracySettings,
    *,
    possible: tuple[Flags, Flags],
    enough: bool,
) -> Estimate:
    """F1 = 2 J / (1 + J), J = hits / (mapped or reference), a share with a share's interval."""
    hits, either = _numbers(mapped & found), _numbers(mapped | found)
    jaccard = estimate_area_share(
        hits, either, strata, settings, hits=possible[0], misses=possible[1], enough=enough
    )
    ratio = estimate_ratio(2.0 * hits, _numbers(mapped) + _numbers(found), strata)
    se = 0.0 if has_no_spread(ratio) else ratio.se
    shares = (jaccard.value, jaccard.ci_low, jaccard.ci_high)
    value, low, high = (2 * share / (1 + share) for share in shares)
    return Estimate(value, se, low, high, jaccard.n, settings.level)


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
