"""How many sample units, and where: expected standard errors before anybody interprets.

What belongs here: allocations of units to strata that are map classes, from an anticipated
error matrix. What does not: that matrix and its errors (``anticipation.py``), and drawing
the units (``draw.py``).

Equal, proportional and Neyman allocation: Cochran 1977, §5.5–5.9; several targets at once:
Chromy 1987, "Design optimization with multiple objectives".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.anticipation import (
    Anticipation,
    Numbers,
    Target,
    expected_se,
    spread_of,
)

RULES = ("equal", "proportional", "neyman", "optimal")
_MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Allocation:
    """Units by stratum and what they would give.

    Attributes:
        rule: one of :data:`RULES`.
        units: shape (k,), int64.
        expected_se: figure, as written in a target, → expected standard error.
        omission_units: shape (k,): expected effective number of omission units by class;
            below 20 normal intervals of area and producer's accuracy are not to be trusted.
    """

    rule: str
    units: npt.NDArray[np.int64]
    expected_se: Mapping[str, float]
    omission_units: Numbers


def allocate(
    rule: str,
    expected: Anticipation,
    targets: Sequence[Target],
    *,
    units: int | None = None,
    least: int = 2,
) -> Allocation:
    """Allocate a number of units, or as many as the targets need.

    Args:
        rule: "equal"; "proportional" to area; "neyman": smallest error of overall accuracy;
            "optimal": fewest units for the targets (of overall accuracy without any).
        expected: anticipated matrix.
        targets: to reach when ``units`` is None.
        units: in all, or None.
        least: units of every stratum at least; 2 is the least that has a variance.

    Raises:
        InvalidSample: too few units for ``least`` in each stratum, neither units nor
            targets, or targets that need more than a million units.
    """
    if units is None and not targets:
        raise InvalidSample("give the number of units or a target standard error")
    k = len(expected.names)
    if units is not None and units < least * k:
        raise InvalidSample(f"{units} units are too few for {least} in each of {k} strata")
    shares = _shares(rule, expected, targets)
    number = units if units is not None else _units_needed(shares, expected, targets, least)
    counts = _round(shares, number, least)
    figures = [Target("overall", "", 1.0), *targets]
    figures += [Target(f, n, 1.0) for n in expected.names for f in ("users", "producers", "area")]
    ses = {
        "overall" if t.figure == "overall" else f"{t.figure}:{t.name}": expected_se(
            t, expected, counts
        )
        for t in figures
    }
    return Allocation(rule, counts, ses, _omission_units(expected, counts))


def _over_goals(expected: Anticipation, targets: Sequence[Target]) -> Numbers:
    """W_h² S_h² of each target over the square of its goal, shape (targets, k)."""
    scaled = []
    for target in targets:
        spread, factor, estimate = spread_of(target, expected)
        goal = target.se * (estimate if target.relative else 1.0)
        if goal <= 0:
            raise InvalidSample(
                f"{target.figure} {target.name}: the anticipated estimate is 0; no relative "
                "standard error can be reached"
            )
        scaled.append(expected.weights**2 * spread * factor**2 / goal**2)
    return np.array(scaled)


def _shares(rule: str, expected: Anticipation, targets: Sequence[Target]) -> Numbers:
    """Share of the units that each stratum gets, shape (k,)."""
    k = len(expected.names)
    if rule == "equal":
        return np.full(k, 1.0 / k)
    if rule == "proportional":
        return expected.weights
    chosen = targets if rule == "optimal" and targets else [Target("overall", "", 0.01)]
    table = _over_goals(expected, chosen)
    multiplier = np.full(len(chosen), 1.0 / len(chosen))
    best = np.sqrt(multiplier @ table)
    for _ in range(200):  # Chromy's iteration; converges in tens of steps
        units = best * best.sum()
        reached = (table / np.maximum(units, 1e-12)).sum(axis=1)
        multiplier = multiplier * reached**2
        multiplier /= multiplier.sum()
        best = np.sqrt(multiplier @ table)
    total = float(best.sum())
    shares: Numbers = best / total if total > 0 else expected.weights
    return shares


def _units_needed(
    shares: Numbers, expected: Anticipation, targets: Sequence[Target], least: int
) -> int:
    table = _over_goals(expected, targets)
    low, high = least * len(shares), _MOST_UNITS
    if _worst(table, _round(shares, high, least)) > 1.0:
        raise InvalidSample(
            f"the targets need more than {_MOST_UNITS:,} units; ask for larger standard errors"
        )
    while low < high:
        middle = (low + high) // 2
        if _worst(table, _round(shares, middle, least)) <= 1.0:
            high = middle
        else:
            low = middle + 1
    return low


def _worst(table: Numbers, units: npt.NDArray[np.int64]) -> float:
    """Largest variance over its goal."""
    return float((table / units).sum(axis=1).max())


def _round(shares: Numbers, units: int, least: int) -> npt.NDArray[np.int64]:
    """Whole units that sum to ``units``, at least ``least`` each (largest remainders)."""
    free = units - least * shares.size
    exact = _fill(shares, units, least) - least
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: free - int(counts.sum())]] += 1
    return counts + least


def _fill(shares: Numbers, units: int, least: int) -> Numbers:
    """Shares of the units with a floor: strata below it get it, the others share the rest."""
    held = np.zeros(shares.size, dtype=bool)
    while True:
        rest = units - least * int(held.sum())
        free = np.where(held, 0.0, shares)
        total = float(free.sum())
        spread = free / total if total > 0 else ~held / max(1, int((~held).sum()))
        exact = np.where(held, float(least), spread * rest)
        below = ~held & (exact < least)
        if not below.any():
            return exact
        held |= below


def _omission_units(expected: Anticipation, units: npt.NDArray[np.int64]) -> Numbers:
    """m_j = (Σ_{i≠j} W_i p_ij)² / Σ_{i≠j} W_i² p_ij / n_i, shape (k,)."""
    off = expected.rows * (1.0 - np.eye(len(expected.names)))
    weights = expected.weights[:, None]
    tops = np.sum(weights * off, axis=0) ** 2
    bottoms = np.sum(weights**2 * off / units[:, None], axis=0)
    return np.divide(tops, bottoms, out=np.zeros_like(tops), where=bottoms > 0)
