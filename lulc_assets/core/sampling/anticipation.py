"""What one expects of a map before sampling it, and what a sample would then tell.

What belongs here: anticipated error matrices, targets, and the standard errors to expect of
an allocation. What does not: how many units to take where (``allocation.py``).

With anticipated row proportions p_hj (share of stratum h that is class j) every figure is a
ratio of totals with residuals d_hj, and V = Σ_h W_h² S_h² / n_h with
S_h² = Σ_j p_hj d_hj² − (Σ_j p_hj d_hj)². Anticipated matrices for this purpose: Olofsson et
al. 2014, §5.1.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

Numbers = npt.NDArray[np.float64]

_TARGET = re.compile(r"(overall|(users|producers|area):([^=]+))=([0-9.eE+-]+)(%?)")


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
        raise InvalidSample(f"target {text!r}: {match[4]!r} is not a number") from None
    if not 0 < se < math.inf:
        raise InvalidSample(f"target {text!r}: the standard error must be above 0")
    return Target(figure, name, se / 100 if match[5] else se, bool(match[5]))


def expected_se(target: Target, expected: Anticipation, units: npt.NDArray[np.int64]) -> float:
    """Expected standard error of the target's figure: a share, or hectares for an area."""
    spread, factor, _ = spread_of(target, expected)
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


def spread_of(target: Target, expected: Anticipation) -> tuple[Numbers, float, float]:
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
