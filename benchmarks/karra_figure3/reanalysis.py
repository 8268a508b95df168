"""Taking a published accuracy assessment apart: what do its printed tables follow?

What belongs here: recomputing accuracies from a printed proportion matrix, finding the rule
and the total area behind printed areas, the sample sizes behind printed intervals, and what
those intervals would be if the sample's clusters counted. What does not: estimates of ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from lulc_assets.core.errors import InvalidSample

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PrintedTable:
    """One region of a published assessment, as printed.

    Attributes:
        region: name.
        proportions: shape (k, k): estimated area shares, rows = map, columns = reference.
        areas: shape (k,): printed areas of the reference classes, any unit.
        half_widths: shape (k,): printed ± of these areas, same unit.
    """

    region: str
    proportions: Numbers
    areas: Numbers
    half_widths: Numbers

    def __post_init__(self) -> None:
        k = len(self.areas)
        if self.proportions.shape != (k, k) or self.half_widths.shape != (k,):
            raise InvalidSample(f"{self.region}: matrix, areas and ± differ in their classes")
        if not 0.98 <= self.proportions.sum() <= 1.02:
            raise InvalidSample(
                f"{self.region}: proportions sum to {self.proportions.sum():.3f}, not to 1"
            )


@dataclass(frozen=True)
class AreaRule:
    """How well one rule explains printed areas.

    Attributes:
        rule: "share × total" (as it should be) or "share × mapped area of the class".
        total_area: the one total area that fits all classes best, in the printed unit.
        spread: largest relative deviation of a class from it.
    """

    rule: str
    total_area: float
    spread: float


def accuracies(proportions: Numbers) -> tuple[float, Numbers, Numbers]:
    """Overall, user's and producer's accuracies of a proportion matrix (rows = map)."""
    diagonal = np.diag(proportions)
    with np.errstate(invalid="ignore", divide="ignore"):
        users = diagonal / proportions.sum(axis=1)
        producers = diagonal / proportions.sum(axis=0)
    return float(diagonal.sum() / proportions.sum()), users, producers


def explain_areas(table: PrintedTable) -> tuple[AreaRule, AreaRule]:
    """Fit both rules to the printed areas; the first is the better one.

    A_j = p̂_j · T is the estimated area; A_j = p̂_j · W_j · T multiplies by the mapped area of
    the class instead of the total. The T of each class should be the same: T is their
    geometric mean.
    """
    found = table.proportions.sum(axis=0)
    mapped = table.proportions.sum(axis=1)
    rules = []
    for rule, factor in (
        ("share × total", found),
        ("share × mapped area of the class", found * mapped),
    ):
        known = (factor > 0) & (table.areas > 0)
        totals = table.areas[known] / factor[known]
        total = float(np.exp(np.mean(np.log(totals))))
        rules.append(AreaRule(rule, total, float(np.max(np.abs(totals / total - 1.0)))))
    first, second = sorted(rules, key=lambda r: r.spread)
    return first, second


def find_sample_sizes(tables: Sequence[PrintedTable]) -> Numbers:
    """The one vector of sample sizes behind the printed ± of several regions, shape (k,).

    With independent units the variance of a class's share is Σ_i W_i² q_ij (1 − q_ij) u_i, q
    the row proportions and u_i = 1 / (n_i − 1): linear in u, so that one non-negative least
    squares over all regions and classes finds it. The scale of each region comes from its own
    printed areas: ± / area = 1.96 SE / share, whatever the area was multiplied by.
    """
    rows, wanted = [], []
    for table in tables:
        weights = table.proportions.sum(axis=1)
        share = table.proportions / weights[:, None]
        found = table.proportions.sum(axis=0)
        for j in np.flatnonzero((table.areas > 0) & (table.half_widths > 0)):
            relative = table.half_widths[j] / table.areas[j] / 1.96
            target = (relative * found[j]) ** 2
            # Each equation is scaled to 1, else large classes alone would decide.
            rows.append(weights**2 * share[:, j] * (1.0 - share[:, j]) / target)
            wanted.append(1.0)
    solution, _ = nnls(np.array(rows), np.array(wanted))
    with np.errstate(divide="ignore"):
        sizes: Numbers = 1.0 / solution + 1.0
    return sizes


def cluster_design_effect(units: float, clusters: int, correlation: float) -> float:
    """1 + (m̄ − 1) ρ: variance of a mean of clusters over that of independent units.

    Args:
        units: in all.
        clusters: that they lie in; of equal size, which is the kindest case.
        correlation: of two units of one cluster, ρ (Kish 1965, §5.4).
    """
    if not 0.0 <= correlation <= 1.0 or clusters < 1 or units < clusters:
        raise InvalidSample(
            f"{units:g} units in {clusters} clusters with correlation {correlation}: give at least "
            "a unit a cluster and a correlation of 0–1"
        )
    return 1.0 + (units / clusters - 1.0) * correlation


def half_width_of_share(share: float, units: float, design_effect: float = 1.0) -> float:
    """1.96 SE of a share from so many units with that design effect."""
    return 1.96 * math.sqrt(design_effect * share * (1.0 - share) / units)
