"""Which interval a share gets: by what it is, by how its units were drawn, and by the settings.

What belongs here: the choice. What does not: the intervals (``intervals.py``,
``half_event.py``) and which indicators make which figure (``measures.py``, ``change.py``).

Nothing here asks how many classes a legend has: an interval rests on the units that speak for
and against its own figure.
"""

import math

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import Ratio, estimate_ratio
from lulc_assets.core.estimation.half_event import Event, half_event_interval
from lulc_assets.core.estimation.intervals import (
    cluster_interval,
    has_no_spread,
    normal_interval,
    quantile,
    spread_interval,
    wilson_interval,
)
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

HIT, MISS = np.array([1.0, 1.0]), np.array([0.0, 1.0])
"""y and x of a unit that speaks for a share, and of one that speaks against it."""


def everywhere(strata: Strata) -> Flags:
    """Every stratum, shape (H,)."""
    return np.ones(len(strata.names), dtype=bool)


def where_seen(flags: Flags, strata: Strata) -> Flags:
    """Strata with a unit that carries the flag, all of them where none does, shape (H,)."""
    seen = np.bincount(strata.of_unit, weights=flags, minlength=len(strata.names)) > 0
    return seen if seen.any() else everywhere(strata)


def estimate_area_share(
    y: Numbers,
    x: Numbers,
    strata: Strata,
    settings: AccuracySettings,
    *,
    hits: Flags | None = None,
    misses: Flags | None = None,
    enough: bool = False,
) -> Estimate:
    """A share that rests on rare events: of an area, producer's accuracy, change.

    Args:
        y: shape (n,), at most x.
        x: shape (n,), 0 or 1, or a share.
        strata: of the n units.
        settings: of the estimation.
        hits: shape (H,), bool: strata in which a unit could show y; None for all.
        misses: shape (H,), bool: strata in which a unit could show x without y; None for all.
        enough: enough units speak for and against it that the spread between lattices, or
            between neighbours on one, tells more than units drawn at random would.
    """
    ratio = _bounded(estimate_ratio(y, x, strata))
    n = int(np.count_nonzero(x))
    if n == 0:
        return _nothing(settings)
    spread = not has_no_spread(ratio)
    on_lattice = strata.starts is not None or strata.neighbours is not None
    if spread and (settings.intervals == "printed" or (on_lattice and enough)):
        low, high = _as_printed(ratio, strata, settings)
    elif strata.primary is not None:
        low, high = cluster_interval(ratio, y, x, strata, settings.level)
    else:
        low, high = _half_event(ratio, (y, x), strata, settings, (hits, misses))
    return _with_interval(ratio, low, high, n, settings)


def estimate_overall(
    y: Numbers, x: Numbers, strata: Strata, settings: AccuracySettings
) -> Estimate:
    """A share that most units speak of: overall accuracy.

    Wilson's interval with the effective number of units; for units drawn independently it is
    stretched to half an event's, because a heavy stratum without a single error adds nothing to
    the standard error that the effective number comes from.
    """
    ratio = _bounded(estimate_ratio(y, x, strata))
    n = int(np.count_nonzero(x))
    if n == 0:
        return _nothing(settings)
    if settings.intervals == "printed" and not has_no_spread(ratio):
        low, high = _as_printed(ratio, strata, settings)
    elif strata.primary is not None:
        low, high = cluster_interval(ratio, y, x, strata, settings.level)
    else:
        low, high = spread_interval(ratio, x, strata, settings.level)
        if strata.starts is None and strata.neighbours is None:
            least, most = _half_event(ratio, (y, x), strata, settings, (None, None))
            low, high = min(low, least), max(high, most)
    return _with_interval(ratio, low, high, n, settings)


def estimate_users(
    y: Flags, x: Flags, strata: Strata, settings: AccuracySettings, *, enough: bool
) -> Estimate:
    """A share of the units that a map shows as one class.

    Args:
        y: shape (n,), within x.
        x: shape (n,).
        strata: of the n units.
        settings: of the estimation.
        enough: enough units agree and enough do not.
    """
    hits, shown = y.astype(np.float64), x.astype(np.float64)
    ratio = _bounded(estimate_ratio(hits, shown, strata))
    n = int(x.sum())
    if n == 0:
        return _nothing(settings)
    if settings.intervals == "printed" and not has_no_spread(ratio):
        low, high = _as_printed(ratio, strata, settings)
    elif strata.primary is not None:
        low, high = cluster_interval(ratio, hits, shown, strata, settings.level)
    elif np.unique(strata.weights[x]).size == 1 and (strata.starts is None or not enough):
        low, high = wilson_interval(ratio.value, n, quantile(settings.level))
    else:
        low, high = spread_interval(ratio, shown, strata, settings.level)
        if strata.starts is None:
            seen = where_seen(x, strata)
            least, most = _half_event(ratio, (hits, shown), strata, settings, (seen, seen))
            low, high = min(low, least), max(high, most)
    return _with_interval(ratio, low, high, n, settings)


def _half_event(
    ratio: Ratio,
    columns: tuple[Numbers, Numbers],
    strata: Strata,
    settings: AccuracySettings,
    possible: tuple[Flags | None, Flags | None],
) -> tuple[float, float]:
    hits, misses = (everywhere(strata) if p is None else p for p in possible)
    events = (Event(HIT, hits), Event(MISS, misses))
    shown = np.column_stack(columns)
    return half_event_interval(ratio.value, shown, strata, events, level=settings.level)


def _as_printed(ratio: Ratio, strata: Strata, settings: AccuracySettings) -> tuple[float, float]:
    """± 1.96 SE of units, as papers print it; t of windows and lattices, as packages do."""
    plain = settings.intervals == "printed" and strata.primary is None and strata.starts is None
    degrees = None if plain else strata.degrees_of_freedom
    return normal_interval(ratio, degrees, settings.level)


def _bounded(ratio: Ratio) -> Ratio:
    """Rounding in a sum of weights must not turn "all agree" into 1.0000000000000002."""
    return Ratio(min(1.0, max(0.0, ratio.value)), ratio.se)


def _with_interval(
    ratio: Ratio, low: float, high: float, n: int, settings: AccuracySettings
) -> Estimate:
    se = 0.0 if has_no_spread(ratio) else ratio.se
    low, high = min(low, ratio.value), max(high, ratio.value)
    return Estimate(ratio.value, se, low, high, n, settings.level)


def _nothing(settings: AccuracySettings) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, math.nan, 0, settings.level)
