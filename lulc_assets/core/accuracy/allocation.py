"""How many sample units, and where: expected standard errors before anybody interprets.

What belongs here: allocations of units to strata that are map classes, from an anticipated
error matrix. What does not: drawing the units (``draw.py``).

With anticipated row proportions p_hj (share of stratum h that is class j) every figure is a
ratio of totals with residuals d_hj, and V = Σ_h W_h² S_h² / n_h with
S_h² = Σ_j p_hj d_hj² − (Σ_j p_hj d_hj)². Equal, proportional and Neyman allocation:
Cochran 1977, §5.5–5.9; several targets at once: Chromy 1987, "Design optimization with
multiple objectives"; anticipated matrices for this purpose: Olofsson et al. 2014, §5.1.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

Numbers = npt.NDArray[np.float64]

RULES = ("equal", "proportional", "neyman", "optimal")
_TARGET = re.compile(r"(overall|(users|producers|area):([^=]+))=([0-9.eE+-]+)(%?)")
_MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Anticipation:
    """What one expects of the map before sampling it.

    Attributes:
        names: of the k map classes with area.
        areas_ha: shape (k,), mapped.
        rows: shape (k, k): row proportions, the share of map class h that is class j.
    """

    names: tuple[str, ...]
    areas_ha: Numbers
    rows: Numbers

    def __post_init__(self) -> None:
        if not np.allclose(self.rows.sum(axis=1), 1.0):
            raise InvalidSample("anticipated proportions of each map class must sum to 1")

    @property
    def weights(self) -> Numbers:
        """Shares of the map, shape (k,)."""
        return self.areas_ha / self.areas_ha.sum()


@dataclass(frozen=True)
class Target:
    """A standard error to reach.

    Attributes:
        figure: "overall", "users", "producers" or "area".
        name: of the class; empty for "overall".
        se: to reach: a share, or hectares for "area"; relative to the estimate with ``relative``.
        relative: whether ``se`` is a share of the estimate.
    """

    figure: str
    name: str
    se: float
    relative: bool = False


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


def anticipate(names: Sequence[str], areas_ha: Numbers, users: Mapping[str, float]) -> Anticipation:
    """Anticipated matrix from user's accuracies; errors go to the other classes by area.

    Args:
        names: of the k map classes with area.
        areas_ha: shape (k,), mapped areas.
        users: expected user's accuracy of each class, 0–1.

    Raises:
        InvalidSample: a share outside 0–1, or a class without one.
    """
    for name in names:
        if not 0.0 <= users.get(name, -1.0) <= 1.0:
            raise InvalidSample(
                f"expected user's accuracy of {name!r} is {users.get(name)}; give a share of 0–1"
            )
    k = len(names)
    if k == 1:
        return Anticipation(tuple(names), areas_ha, np.ones((1, 1)))
    off = np.tile(areas_ha, (k, 1)) * (1.0 - np.eye(k))
    own = np.array([users[name] for name in names])
    rows = np.diag(own) + (1.0 - own)[:, None] * off / off.sum(axis=1, keepdims=True)
    return Anticipation(tuple(names), areas_ha, rows)


def parse_target(text: str, names: Sequence[str]) -> Target:
    """Read a target such as ``overall=0.01``, ``users:crops=0.03`` or ``area:crops=5%``.

    Raises:
        InvalidSample: other spelling, an unknown class, or no positive standard error.
    """
    match = _TARGET.fullmatch(text.replace(" ", ""))
    if match is None:
        raise InvalidSample(
            f"target {text!r}: write overall=0.01, users:crops=0.03, producers:crops=0.05, "
            "area:crops=500 (hectares) or area:crops=5% (of the estimate)"
        )
    figure, name = match[2] or "overall", match[3] or ""
    if name and name not in names:
        raise InvalidSample(f"target {text!r}: the map shows {', '.join(names)}, not {name!r}")
    try:
        se = float(match[4])
    except ValueError:
        raise InvalidSample(f"target {text!r}: {match[4]!r} is no number") from None
    if not 0 < se < math.inf:
        raise InvalidSample(f"target {text!r}: the standard error must be above 0")
    return Target(figure, name, se / 100 if match[5] else se, bool(match[5]))


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


def expected_se(target: Target, expected: Anticipation, units: npt.NDArray[np.int64]) -> float:
    """Expected standard error of the target's figure: a share, or hectares for an area."""
    spread, factor, _ = _spread(target, expected)
    return factor * math.sqrt(float(np.sum(expected.weights**2 * spread / units)))


def _indicators(target: Target, expected: Anticipation) -> tuple[Numbers, Numbers]:
    """Numerator and denominator of the figure in each cell of the matrix, shape (k, k) each."""
    k = len(expected.names)
    hit = np.eye(k)
    every = np.ones((k, k))
    if target.figure == "overall":
        return hit, every
    c = expected.names.index(target.name)
    only = np.zeros((k, k))
    if target.figure == "users":
        only[c, :] = 1.0
        return hit * only, only
    only[:, c] = 1.0
    return (only, every) if target.figure == "area" else (hit * only, only)


def _spread(target: Target, expected: Anticipation) -> tuple[Numbers, float, float]:
    """S_h² of the linearised residuals, the factor to the figure's unit, and its estimate."""
    y, x = _indicators(target, expected)
    weights, rows = expected.weights[:, None], expected.rows
    x_total = float(np.sum(weights * rows * x))
    ratio = float(np.sum(weights * rows * y)) / x_total if x_total > 0 else 0.0
    residual = (y - ratio * x) / (x_total or 1.0)
    means = np.sum(rows * residual, axis=1)
    spread = np.maximum(np.sum(rows * residual**2, axis=1) - means**2, 0.0)
    factor = float(expected.areas_ha.sum()) if target.figure == "area" else 1.0
    return spread, factor, ratio * factor


def _over_goals(expected: Anticipation, targets: Sequence[Target]) -> Numbers:
    """W_h² S_h² of each target over the square of its goal, shape (targets, k)."""
    scaled = []
    for target in targets:
        spread, factor, estimate = _spread(target, expected)
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
