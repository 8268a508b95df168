"""From areas of change to emissions per year: a reference level, a later period, and both errors.

What belongs here: loss a year in two periods, emission factors, error propagation and Monte Carlo.
What does not: areas of change of one period (``change.py``) and reading samples.

IPCC 2006 (and its 2019 refinement), vol. 1, ch. 3: a product A · F of an area and an emission
factor has by propagation SE² = F² SE_A² + A² SE_F² (approach 1, eq. 3.1), or is drawn many times
(approach 2). Draws of an area come from the intervals at all levels (a confidence distribution,
Schweder and Hjort 2016): their quantiles are the ends that the area has at that level.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.compare import difference_of_ratios
from lulc_assets.core.estimation.drivers import Drivers
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import Ratio, effective_count, estimate_ratio
from lulc_assets.core.estimation.half_event import Event, half_event_draws
from lulc_assets.core.estimation.intervals import quantile
from lulc_assets.core.estimation.measures import scale
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DRAWS = 10_000
_SKEWED = 0.3
"""Relative standard error from which a factor is drawn lognormal: a normal one would be negative
too often (IPCC 2006, vol. 1, ch. 3.2.2.4)."""
_SEED = 20061006


@dataclass(frozen=True)
class Period:
    """Units interpreted at the start and the end of a period.

    Attributes:
        name: for messages.
        lost: shape (n,), bool: units that lost the class.
        strata: of the n units.
        area_ha: of the region.
        years: length of the period, above 0; need not be whole.
        possible: shape (H,), bool: strata in which loss can occur; None for all. Where it cannot
            is a claim, that land was never of the class, and has to be said.
    """

    name: str
    lost: Flags
    strata: Strata
    area_ha: float
    years: float
    possible: Flags | None = None

    @property
    def where(self) -> Flags:
        """Strata in which loss can occur, shape (H,)."""
        if self.possible is not None:
            return self.possible
        return np.ones(len(self.strata.names), dtype=bool)

    def __post_init__(self) -> None:
        if not self.years > 0 or not math.isfinite(self.years):
            raise InvalidSample(f"{self.name}: {self.years:g} years; a period ends after its start")
        seen = self.lost & ~self.where[self.strata.of_unit]
        if seen.any():
            name = self.strata.names[int(self.strata.of_unit[seen][0])]
            raise InvalidSample(
                f"{self.name}: {int(seen.sum())} units of stratum {name!r} show loss, where it was "
                "said that none can occur"
            )


@dataclass(frozen=True)
class Factor:
    """Emission factor, tonnes CO₂e a hectare, with its standard error.

    Raises:
        InvalidSample: a value that is not above 0, or a negative error.
    """

    value: float
    se: float = 0.0

    def __post_init__(self) -> None:
        if not self.value > 0 or not self.se >= 0 or not math.isfinite(self.value + self.se):
            raise InvalidSample(
                f"emission factor {self.value:g} ± {self.se:g}: give tonnes CO2e per hectare above "
                "0 and a standard error of 0 or more"
            )

    def draw(self, rng: np.random.Generator, size: int) -> Numbers:
        """Draws, normal or, where the error is large, lognormal with the same mean and error."""
        if self.se <= _SKEWED * self.value:
            drawn: Numbers = np.maximum(0.0, rng.normal(self.value, self.se, size))
            return drawn
        spread = math.log1p((self.se / self.value) ** 2)
        skewed: Numbers = rng.lognormal(math.log(self.value) - spread / 2, math.sqrt(spread), size)
        return skewed


@dataclass(frozen=True)
class Emissions:
    """Loss and emissions a year in a reference and a monitoring period.

    Attributes:
        loss_ha: loss per year: "reference", "monitoring", and "reduction", first less second.
        emissions: the same times the factor, t CO₂e per year, intervals by Monte Carlo.
        propagated: the same by error propagation.
        draws: the same, shape (:data:`DRAWS`,) each, and those of the factor ("factor").
        panel: whether both periods rest on the same units.
    """

    loss_ha: Mapping[str, Estimate]
    emissions: Mapping[str, Estimate]
    propagated: Mapping[str, Estimate]
    draws: Mapping[str, Numbers]
    panel: bool


def estimate_emissions(
    reference: Period,
    monitoring: Period,
    factor: Factor,
    *,
    panel: bool,
    settings: AccuracySettings | None = None,
) -> Emissions:
    """Estimate loss and emissions a year in two periods and what they differ by.

    Args:
        reference: the years that the reference level comes from.
        monitoring: the years after it.
        factor: tonnes CO₂e a hectare.
        panel: both have the same units in the same order and strata, so that their errors are
            correlated; False for two samples that were drawn independently.
        settings: None for the defaults.

    Raises:
        InvalidSample: a panel whose units, strata or areas differ.
    """
    chosen = settings or AccuracySettings()
    rng = np.random.default_rng(_SEED)
    areas: dict[str, Estimate] = {}
    draws: dict[str, Numbers] = {}
    for key, period in (("reference", reference), ("monitoring", monitoring)):
        areas[key], draws[key] = _annual(period, chosen, rng)
    if panel:
        areas["reduction"], draws["reduction"] = _panel(reference, monitoring, chosen, rng)
    else:
        draws["reduction"] = draws["reference"] - draws["monitoring"]
        value = areas["reference"].value - areas["monitoring"].value
        se = math.hypot(areas["reference"].se, areas["monitoring"].se)
        n = areas["reference"].n + areas["monitoring"].n
        areas["reduction"] = _drawn(value, se, draws["reduction"], n, chosen)
    draws["factor"] = factor.draw(rng, DRAWS)
    emissions, propagated = {}, {}
    for key, area in areas.items():
        value = area.value * factor.value
        se = math.hypot(factor.value * area.se, area.value * factor.se)
        half = quantile(chosen.level) * se
        low = value - half if key == "reduction" else max(0.0, value - half)
        propagated[key] = Estimate(value, se, low, value + half, area.n, chosen.level)
        product = draws[key] * draws["factor"]
        emissions[key] = _drawn(value, float(product.std(ddof=1)), product, area.n, chosen)
    return Emissions(areas, emissions, propagated, draws, panel)


def loss_by_driver(
    period: Period, drivers: Drivers, settings: AccuracySettings | None = None
) -> dict[str, Estimate]:
    """Loss a year of one period by driver, hectares; of a driver that no unit shows up to an end.

    Args:
        period: whose loss it is.
        drivers: of its units.
        settings: None for the defaults.
    """
    chosen, rng = settings or AccuracySettings(), np.random.default_rng(_SEED)
    return {
        name: _annual(replace(period, lost=flags), chosen, rng)[0]
        for name, flags in drivers.losses(period.lost)
    }


def _annual(
    period: Period, settings: AccuracySettings, rng: np.random.Generator
) -> tuple[Estimate, Numbers]:
    """Loss a year of one period, and draws of it, hectares."""
    lost, every = period.lost.astype(np.float64), np.ones(period.lost.size)
    ratio = estimate_ratio(lost, every, period.strata)
    factor = period.area_ha / period.years
    if _independent(period.strata):
        anywhere = np.ones(len(period.strata.names), dtype=bool)
        events = [
            Event(np.array([1.0, 1.0]), period.where),
            Event(np.array([0.0, 1.0]), anywhere),
        ]
        shown = np.column_stack([lost, every])
        ends = half_event_draws(shown, period.strata, events)
        share = _confidence_draws(ratio.value, ends, rng)
    else:
        share = np.maximum(0.0, _t_draws(ratio, period.strata, rng))
    n = int(lost.size)
    return scale(_drawn(ratio.value, ratio.se, share, n, settings), factor), share * factor


def _panel(
    reference: Period, monitoring: Period, settings: AccuracySettings, rng: np.random.Generator
) -> tuple[Estimate, Numbers]:
    """What a year lost more in the reference period, from units that were seen in both."""
    one, other = reference.strata, monitoring.strata
    same = one.names == other.names and np.array_equal(one.of_unit, other.of_unit)
    if not same or not np.allclose(one.weights, other.weights):
        raise InvalidSample(
            f"{reference.name} and {monitoring.name} are not a panel: a panel has the same units "
            "in both periods. For two samples that were drawn independently say so"
        )
    if not math.isclose(reference.area_ha, monitoring.area_ha, rel_tol=1e-6):
        raise InvalidSample(
            f"{reference.name} and {monitoring.name} are of {reference.area_ha:,.6g} and "
            f"{monitoring.area_ha:,.6g} ha: a panel is of one region"
        )
    every = np.ones(reference.lost.size)
    rates = [p.lost.astype(np.float64) / p.years for p in (reference, monitoring)]
    least = difference_of_ratios((rates[0], every), (rates[1], every), one, settings)
    if _independent(one):
        events = [
            Event(np.array([1.0 / reference.years, 1.0, 0.0, 1.0]), reference.where),
            Event(np.array([0.0, 1.0, 1.0 / monitoring.years, 1.0]), monitoring.where),
        ]
        shown = np.column_stack([rates[0], every, rates[1], every])
        share = _confidence_draws(least.value, half_event_draws(shown, one, events), rng)
    else:
        share = _t_draws(Ratio(least.value, least.se), one, rng)
    found = _drawn(least.value, least.se, share, least.n, settings)
    return scale(found, reference.area_ha), share * reference.area_ha


def _independent(strata: Strata) -> bool:
    return strata.primary is None and strata.starts is None and strata.neighbours is None


def _confidence_draws(
    value: float, ends: tuple[Numbers, Numbers], rng: np.random.Generator
) -> Numbers:
    """Draws below the estimate from the lower ends, above it from the upper ones."""
    low, high = (np.sort(end) for end in ends)
    half = low.size // 2
    both = np.concatenate([np.minimum(low[:half], value), np.maximum(high[half:], value)])
    drawn: Numbers = rng.choice(both, DRAWS, replace=both.size < DRAWS)
    # Whole rounds of all draws first: only the rest is chance.
    rounds = np.tile(both, DRAWS // both.size)
    drawn = np.concatenate([rounds, drawn[: DRAWS - rounds.size]])
    shuffled: Numbers = rng.permutation(drawn)
    return shuffled


def _t_draws(ratio: Ratio, strata: Strata, rng: np.random.Generator) -> Numbers:
    drawn: Numbers = ratio.value + ratio.se * rng.standard_t(strata.degrees_of_freedom, DRAWS)
    return drawn


def _drawn(value: float, se: float, draws: Numbers, n: int, settings: AccuracySettings) -> Estimate:
    tail = (1.0 - settings.level) / 2
    low, high = (float(end) for end in np.quantile(draws, [tail, 1.0 - tail]))
    return Estimate(value, se, min(low, value), max(high, value), n, settings.level)


def few_events(periods: Sequence[Period], least: float) -> list[str]:
    """A warning for each period whose loss few effective units show."""
    told = [
        (p.name, effective_count(p.strata.total_by_primary(p.strata.weights * p.lost)))
        for p in periods
    ]
    return [
        f"Fewer than {least:g} effective units show loss in {name} ({count:.1f}): its interval is "
        "wide and lopsided, as so few units allow."
        for name, count in told
        if count < least
    ]
