"""Two maps, or two models, judged on one sample.

What belongs here: differences of accuracies with the covariance that a shared sample
brings. What does not: the accuracies of one map (``measures.py``).

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

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.choice import where_seen
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import (
    Ratio,
    effective_count,
    estimate_ratio,
    spread_without_one,
    variance_of_total,
)
from lulc_assets.core.estimation.half_event import Event, half_event_interval
from lulc_assets.core.estimation.intervals import (
    FEW_WINDOWS,
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
Flags = npt.NDArray[np.bool_]


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
    domain: Flags | None = None,
    settings: AccuracySettings | None = None,
) -> Comparison:
    """Compare two maps on one probability sample.

    Args:
        first: shape (n,), class of each unit on the first map, 1…n_classes in the domain.
        second: shape (n,), on the second map.
        reference: shape (n,), reference class.
        strata: of the n units; they may come from either map or from neither.
        n_classes: of the legend's land classes.
        domain: shape (n,), bool: units that both maps cover; None for all.
        settings: None for the defaults.
    """
    inside = np.ones(first.size, dtype=bool) if domain is None else domain
    chosen = settings or AccuracySettings()
    agree = (first == reference, second == reference)

    def users(code: int) -> Estimate:
        on = [inside & (m == code) for m in (first, second)]
        one, other = ((_numbers(m & (reference == code)), _numbers(m)) for m in on)
        return difference_of_ratios(one, other, strata, chosen, events=_events_of_users(on, strata))

    codes = range(1, n_classes + 1)
    return Comparison(
        overall=_of_all(inside, agree, inside, strata, chosen),
        users=tuple(users(code) for code in codes),
        producers=tuple(
            _of_all(inside & (reference == code), agree, inside, strata, chosen) for code in codes
        ),
    )


def compare_where_apart(
    first: Codes,
    second: Codes,
    reference: Codes,
    strata: Strata,
    *,
    share: float,
    domain: Flags | None = None,
    settings: AccuracySettings | None = None,
) -> Estimate:
    """Difference of overall accuracies, from units drawn only where the maps differ.

    Where both show the same class both are right or both are wrong: that stratum's difference is
    0 and has no variance, and nobody need interpret units there. Of the whole region it is the
    difference where they differ times S, the share of the area where they do, and as many units
    tell it about 1 / √S times as precisely as units from everywhere.

    Args:
        first: shape (n,), class of each unit on the first map.
        second: shape (n,), on the second map.
        reference: shape (n,), reference class.
        strata: of the n units, within what the maps differ on.
        share: of the area on which the maps differ, 0–1.
        domain: shape (n,), bool: units with a class on both maps and in the reference.
        settings: None for the defaults.

    Raises:
        InvalidSample: the maps show the same class at a unit.
    """
    inside = np.ones(first.size, dtype=bool) if domain is None else domain
    same = int(np.count_nonzero(inside & (first == second)))
    if same:
        raise InvalidSample(
            f"the maps show the same class at {same} of {int(inside.sum())} units: these were not "
            "drawn only where the maps differ"
        )
    agree = (first == reference, second == reference)
    chosen = settings or AccuracySettings()
    return scale(_of_all(inside, agree, inside, strata, chosen), share)


def _of_all(
    there: Flags,
    right: Sequence[Flags],
    inside: Flags,
    strata: Strata,
    settings: AccuracySettings,
) -> Estimate:
    """How much more often the first map is right on some of the units."""
    here = where_seen(inside, strata)
    events = [Event(_columns(y, 1, 1 - y, 1), here) for y in (1, 0)]
    one, other = ((_numbers(there & flags), _numbers(there)) for flags in right)
    return difference_of_ratios(one, other, strata, settings, events=events)


def _events_of_users(on: Sequence[Flags], strata: Strata) -> list[Event]:
    """What one more unit could show that either map takes for the class, where it does."""
    seen = [where_seen(shown, strata) for shown in on]
    alone = [Event(_columns(y, 1, 0, 0), seen[0]) for y in (1, 0)]
    return [*alone, *(Event(_columns(0, 0, y, 1), seen[1]) for y in (1, 0))]


def _numbers(flags: Flags) -> Numbers:
    return flags.astype(np.float64)


def _columns(*numbers: float) -> Numbers:
    return np.array(numbers, dtype=np.float64)


def difference_of_ratios(
    first: tuple[Numbers, Numbers],
    second: tuple[Numbers, Numbers],
    strata: Strata,
    settings: AccuracySettings | None = None,
    *,
    events: Sequence[Event] = (),
) -> Estimate:
    """R₁ − R₂ with its standard error and interval; NaN where either has no denominator.

    Args:
        first: y₁ and x₁, shape (n,) each.
        second: y₂ and x₂, shape (n,) each.
        strata: of the same n units.
        settings: None for the defaults.
        events: what one more unit could show of y₁, x₁, y₂, x₂; without them the interval is
            ± t SE.
    """
    chosen = settings or AccuracySettings()
    n = int(np.count_nonzero((first[1] > 0) | (second[1] > 0)))
    ratios = [estimate_ratio(y, x, strata) for y, x in (first, second)]
    if any(math.isnan(ratio.value) for ratio in ratios):
        return Estimate(math.nan, math.nan, math.nan, math.nan, n, chosen.level)
    weights = strata.weights
    one, other = (
        (y - ratio.value * x) / np.sum(weights * x)
        for (y, x), ratio in zip((first, second), ratios, strict=True)
    )
    found = Ratio(
        ratios[0].value - ratios[1].value, math.sqrt(variance_of_total(one - other, strata))
    )
    low, high = _interval(found, (first, second), strata, chosen, events)
    se = 0.0 if has_no_spread(found) else found.se
    return Estimate(found.value, se, low, high, n, chosen.level)


def _interval(
    found: Ratio,
    ratios: Sequence[tuple[Numbers, Numbers]],
    strata: Strata,
    settings: AccuracySettings,
    events: Sequence[Event],
) -> tuple[float, float]:
    (y1, x1), (y2, x2) = ratios
    apart = (y1 != y2) | (x1 != x2)
    level, degrees = settings.level, strata.degrees_of_freedom
    if not events:
        return normal_interval(found, degrees, level, least=-1.0)
    if strata.primary is not None:
        spread = spread_without_one(ratios, strata)
        se = math.sqrt(spread.variance)
        low, high = normal_interval(Ratio(found.value, se), spread.degrees, level, least=-1.0)
        held = strata.total_by_primary(strata.weights * np.maximum(x1, x2))
        if np.count_nonzero(strata.total_by_primary(apart.astype(np.float64))) < FEW_WINDOWS:
            # As much as one more window like none that was seen could move the figure.
            unseen = wilson_interval(0.0, effective_count(held), quantile(level, degrees))[1]
            low, high = min(low, found.value - unseen), max(high, found.value + unseen)
        return max(-1.0, low), min(1.0, high)
    on_lattice = strata.starts is not None or strata.neighbours is not None
    enough = effective_count(strata.weights * apart) >= settings.min_omission_units
    printed = settings.intervals == "printed" and not has_no_spread(found)
    if printed or (on_lattice and enough):
        plain = settings.intervals == "printed" and strata.starts is None
        return normal_interval(found, None if plain else degrees, level, least=-1.0)
    return half_event_interval(
        found.value,
        np.column_stack([y1, x1, y2, x2]),
        strata,
        events,
        level=level,
        bounds=(-1.0, 1.0),
    )
