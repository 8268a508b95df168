"""A quote for maps that are to be made, from those that were: hours, bytes, money, CO₂.

What belongs here: the arithmetic of the quote and its intervals. What does not: where past runs
come from (``defs/past_maps``), printing.

A map takes time by its area, and years differ in their scenes. The hours of a square kilometre
are taken as normal over past maps, so that a new one lies within mean ± t · s · √(1 + 1/n) with
the stated confidence (prediction interval of a mean; e.g. Hahn & Meeker 1991, Statistical
Intervals, 4.7), and the sum of maps of areas aᵢ within Σaᵢ · mean ± t · s · √(Σaᵢ² + (Σaᵢ)²/n).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from lulc_assets.core.errors import LulcError

LEAST_RUNS = 3
"""Fewer past maps say nothing of how much they differ."""

LEVEL = 0.95


class NoPastRuns(LulcError):
    """There are too few past maps to quote from."""


@dataclass(frozen=True)
class PastMap:
    """What one map of a tile and year took.

    Attributes:
        area_km2: of the area of interest.
        core_hours: wall time × cores.
        gpu_hours: wall time of steps that had a GPU.
        scenes: that were predicted.
        stored_gb: of its products, 10⁹ bytes.
    """

    area_km2: float
    core_hours: float
    gpu_hours: float = 0.0
    scenes: float = 0.0
    stored_gb: float = 0.0


Price = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
"""As the project file may give it; None: unknown."""


@dataclass(frozen=True)
class Prices:
    """Unit prices of a project; what is not given leaves money, or CO₂, unknown.

    Attributes:
        currency: for people.
        core_hour: of a CPU core.
        gpu_hour: of a GPU, its machine not counted.
        stored_gb_year: of a gigabyte kept for a year.
        co2_g_core_hour: grams.
        co2_g_gpu_hour: grams.
        confirm_above: a backfill that may cost more is not begun without confirmation.
    """

    currency: str = "EUR"
    core_hour: Price = None
    gpu_hour: Price = None
    stored_gb_year: Price = None
    co2_g_core_hour: Price = None
    co2_g_gpu_hour: Price = None
    confirm_above: Price = None


@dataclass(frozen=True)
class Amount:
    """An expected amount and its interval; none goes below zero."""

    value: float
    low: float
    high: float

    def times(self, price: float) -> "Amount":
        """The amount in another unit."""
        return Amount(self.value * price, self.low * price, self.high * price)

    def plus(self, other: "Amount") -> "Amount":
        """The sum; its interval is that of two amounts that go up and down together."""
        return Amount(self.value + other.value, self.low + other.low, self.high + other.high)


@dataclass(frozen=True)
class Quote:
    """What maps will cost.

    Attributes:
        partitions: how many maps.
        area_km2: of them all.
        past: number of maps that it was learnt from.
        scenes: to be predicted.
        stored_gb: of products.
        core_hours: of CPU.
        gpu_hours: of GPU.
        money: in the currency of the prices; None where prices are missing.
        co2_kg: None likewise.
    """

    partitions: int
    area_km2: float
    past: int
    scenes: Amount
    stored_gb: Amount
    core_hours: Amount
    gpu_hours: Amount
    money: Amount | None
    co2_kg: Amount | None


def make_quote(
    areas_km2: Sequence[float], past: Sequence[PastMap], prices: Prices, level: float = LEVEL
) -> Quote:
    """Quote maps of some areas.

    Args:
        areas_km2: of each map that is to be made.
        past: maps that were made.
        prices: unit prices; what is missing leaves money, or CO₂, unknown.
        level: confidence of the intervals.

    Raises:
        NoPastRuns: fewer than :data:`LEAST_RUNS` past maps.
    """
    if len(past) < LEAST_RUNS:
        raise NoPastRuns(
            f"a quote needs at least {LEAST_RUNS} maps that this project made; there are "
            f"{len(past)}. Make some first, as small as you like"
        )

    def amount(name: str) -> Amount:
        rates = np.array([getattr(one, name) / one.area_km2 for one in past])
        return _total(np.asarray(areas_km2, float), rates, level)

    core, gpu, stored = amount("core_hours"), amount("gpu_hours"), amount("stored_gb")
    money = _priced(
        [(core, prices.core_hour), (gpu, prices.gpu_hour), (stored, prices.stored_gb_year)]
    )
    grams = _priced([(core, prices.co2_g_core_hour), (gpu, prices.co2_g_gpu_hour)])
    return Quote(
        partitions=len(areas_km2),
        area_km2=float(sum(areas_km2)),
        past=len(past),
        scenes=amount("scenes"),
        stored_gb=stored,
        core_hours=core,
        gpu_hours=gpu,
        money=money,
        co2_kg=None if grams is None else grams.times(1e-3),
    )


def core_hours_per_1000_km2(past: Sequence[PastMap]) -> float:
    """Core-hours per 1,000 km² and year over all maps; NaN where there is none."""
    area = sum(one.area_km2 for one in past)
    return 1000 * sum(one.core_hours for one in past) / area if area else math.nan


def _total(areas: npt.NDArray[np.float64], rates: npt.NDArray[np.float64], level: float) -> Amount:
    from scipy import stats  # half a second that the project file should not cost

    mean, spread = float(rates.mean()), float(rates.std(ddof=1))
    total = float(areas.sum())
    t = float(stats.t.ppf(0.5 + level / 2, len(rates) - 1))
    half = t * spread * math.sqrt(float((areas**2).sum()) + total**2 / len(rates))
    return Amount(total * mean, max(0.0, total * mean - half), total * mean + half)


def _priced(parts: Sequence[tuple[Amount, float | None]]) -> Amount | None:
    """The sum in money; None where something is used that has no price."""
    total = Amount(0.0, 0.0, 0.0)
    for used, price in parts:
        if price is None:
            if used.high > 0:
                return None
            continue
        total = total.plus(used.times(price))
    return total
