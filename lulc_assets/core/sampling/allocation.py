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
    most: npt.NDArray[np.int64] | None = None,
) -> Allocation:
    """Allocate a number of units, or as many as the targets need.

    Args:
        rule: "equal"; "proportional" to area; "neyman": smallest error of overall accuracy;
            "optimal": fewest units for the targets (of overall accuracy without any).
        expected: anticipated matrix.
        targets: to reach when ``units`` is None.
        units: in all, or None.
        least: units of every stratum at least, or all that it has; 2 is the least that has a
            variance.
        most: shape (k,): units that each stratum has; None: more than anybody takes.

    Raises:
        InvalidSample: too few units for ``least`` in each stratum, more than there are,
            neither units nor targets, or targets that need more than a million units.
    """
    if units is None and not targets:
        raise InvalidSample("give the number of units or a target standard error")
    k = len(expected.names)
    ends = _Ends.of(k, least, most)
    if units is not None and units < ends.least.sum():
        raise InvalidSample(f"{units} units are too few for {least} in each of {k} strata")
    if units is not None and units > ends.most.sum():
        raise InvalidSample(
            f"{units:,} units are more than the map has pixels: {ends.most.sum():,}"
        )
    shares = _shares(rule, expected, targets)
    number = units if units is not None else _units_needed(shares, expected, targets, ends)
    counts = _round(shares, number, ends)
    figures = [Target("overall", "", 1.0), *targets]
    figures += [Target(f, n, 1.0) for n in expected.names for f in ("users", "producers", "area")]
    ses = {
        "overall" if t.figure == "overall" else f"{t.figure}:{t.name}": expected_se(
            t, expected, counts
        )
        for t in figures
    }
    return Allocation(rule, counts, ses, _omission_units(expected, counts))


@dataclass(frozen=True)
class _Ends:
    """Units of each stratum at least and at most, shape (k,) each."""

    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]

    @classmethod
    def of(cls, k: int, least: int, most: npt.NDArray[np.int64] | None) -> "_Ends":
        ceiling = np.full(k, _MOST_UNITS) if most is None else np.minimum(most, _MOST_UNITS)
        return cls(np.minimum(least, ceiling), ceiling.astype(np.int64))


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
    shares: Numbers, expected: Anticipation, targets: Sequence[Target], ends: _Ends
) -> int:
    table = _over_goals(expected, targets)
    low, high = int(ends.least.sum()), min(_MOST_UNITS, int(ends.most.sum()))
    if _worst(table, _round(shares, high, ends)) > 1.0:
        raise InvalidSample(
            f"the targets need more than {high:,} units; ask for larger standard errors"
        )
    while low < high:
        middle = (low + high) // 2
        if _worst(table, _round(shares, middle, ends)) <= 1.0:
            high = middle
        else:
            low = middle + 1
    return low


def _worst(table: Numbers, units: npt.NDArray[np.int64]) -> float:
    """Largest variance over its goal."""
    return float((table / units).sum(axis=1).max())


def _round(shares: Numbers, units: int, ends: _Ends) -> npt.NDArray[np.int64]:
    """Whole units that sum to ``units``, within the ends (largest remainders)."""
    exact = _fill(shares, units, ends)
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - counts), kind="stable")
    order = order[counts[order] < ends.most[order]]
    counts[order[: units - int(counts.sum())]] += 1
    return counts


def _fill(shares: Numbers, units: int, ends: _Ends) -> Numbers:
    """Shares of the units; strata beyond their least or most get that, others share the rest."""
    exact = ends.least.astype(np.float64)
    held = np.zeros(shares.size, dtype=bool)
    while not held.all():
        rest = units - float(exact[held].sum())
        free = np.where(held, 0.0, shares)
        if free.sum() == 0:
            free = (~held).astype(np.float64)
        spread = free / free.sum() * rest
        below, above = ~held & (spread < ends.least), ~held & (spread > ends.most)
        # Where more is taken by the least than is given back by the most, that comes first.
        short = float((ends.least - spread)[below].sum())
        over = float((spread - ends.most)[above].sum())
        bound, limit = (below, ends.least) if short >= over else (above, ends.most)
        if not bound.any():
            return np.where(held, exact, spread)
        exact = np.where(bound, limit, exact)
        held |= bound
    return exact


def _omission_units(expected: Anticipation, units: npt.NDArray[np.int64]) -> Numbers:
    """m_j = (Σ_{i≠j} W_i p_ij)² / Σ_{i≠j} W_i² p_ij / n_i, shape (k,)."""
    off = expected.rows * (1.0 - np.eye(len(expected.names)))
    weights = expected.weights[:, None]
    tops = np.sum(weights * off, axis=0) ** 2
    bottoms = np.sum(weights**2 * off / units[:, None], axis=0)
    return np.divide(tops, bottoms, out=np.zeros_like(tops), where=bottoms > 0)
