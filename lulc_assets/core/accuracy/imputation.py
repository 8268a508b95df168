"""Interpreters err too: their error in the variance, and alternate labels beside the first.

What belongs here: imputing what a second, better look would say of units that had only one, and
figures with alternate labels. What does not: agreement of interpreters (``core/sampling``) and
estimators.

Of a random part of the units a second interpretation (a field visit, an expert, finer imagery) is
taken for the truth. What it says given the first label is drawn for all other units, many times
(Rubin 1987, ch. 3: proper imputation, the shares themselves drawn from what the doubly labelled
units leave), and the spread between imputations is added to the variance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.paired import strata_as_drawn
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.choice import estimate_area_share, estimate_overall
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.intervals import quantile, wilson_interval
from lulc_assets.core.estimation.measures import scale
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import observe
from lulc_assets.core.sampling.sample import ReferenceSample

Codes = npt.NDArray[np.int64]

IMPUTATIONS = 50
LEAST_TWICE = 30
"""Units with two interpretations below which nothing is learnt of the first one's errors."""
_SEED = 19870407
_ROUNDING = 1e-20


@dataclass(frozen=True)
class Interpreted:
    """Figures with the interpreters' error in them.

    Attributes:
        overall: overall accuracy.
        areas_ha: by class.
        missing_information: by class: share of the variance that is due to the interpreters.
        twice: units with two interpretations.
        agreed: of those, on which both agree.
    """

    overall: Estimate
    areas_ha: tuple[Estimate, ...]
    missing_information: tuple[float, ...]
    twice: int
    agreed: int


def impute_second_look(
    maps: Sequence[MapFile],
    sample: ReferenceSample,
    second: ReferenceSample,
    *,
    imputations: int = IMPUTATIONS,
    settings: AccuracySettings | None = None,
) -> Interpreted:
    """Overall accuracy and areas with the error of the interpreters.

    Args:
        maps: that are judged.
        sample: first interpretation of every unit.
        second: the second one; class 0 where there was none. The units that have one must be a
            random part, chosen before the first labels were seen.
        imputations: how many.
        settings: None for the defaults.

    Raises:
        InvalidSample: other units, fewer than :data:`LEAST_TWICE` with two interpretations, or
            fewer than two imputations.
    """
    chosen = settings or AccuracySettings()
    if sample.units["unit_id"].tolist() != second.units["unit_id"].tolist():
        raise InvalidSample("the second interpretation is not of the same units")
    if imputations < 2:
        raise InvalidSample(f"{imputations} imputations have no spread; take 20 or more")
    k = len(maps[0].legend.land)
    population = observe((one.part() for one in maps), sample, k)
    first, last = (s.units["class_code"].to_numpy(dtype=np.int64) for s in (sample, second))
    usable = (population.map_codes >= 1) & (first >= 1) & (first <= k) & (last <= k)
    mapped, first, last = population.map_codes[usable], first[usable], last[usable]
    twice = last > 0
    if twice.sum() < LEAST_TWICE:
        raise InvalidSample(
            f"{int(twice.sum())} units have two interpretations; give at least {LEAST_TWICE}, a "
            "random part of all"
        )
    strata = strata_as_drawn(sample, chosen, usable)
    rng = np.random.default_rng(_SEED)
    draws = [_impute(first, last, k, rng) for _ in range(imputations)]
    ones = np.ones(mapped.size)
    overall, _ = _combine(
        [estimate_overall((mapped == c).astype(float), ones, strata, chosen) for c in draws],
        strata,
        chosen,
    )
    areas, shares = [], []
    for code in range(1, k + 1):
        figures = [
            estimate_area_share((c == code).astype(float), ones, strata, chosen, enough=True)
            for c in draws
        ]
        one, missing = _combine(figures, strata, chosen)
        areas.append(scale(one, float(population.class_areas_ha.sum())))
        shares.append(missing)
    agreed = int(np.count_nonzero(twice & (first == last)))
    return Interpreted(overall, tuple(areas), tuple(shares), int(twice.sum()), agreed)


def _impute(first: Codes, last: Codes, k: int, rng: np.random.Generator) -> Codes:
    """What a second look says of each unit, drawn where there was none, shape (n,)."""
    twice = last > 0
    counts = np.zeros((k + 1, k + 1))
    np.add.at(counts, (first[twice], last[twice]), 1.0)
    codes = last.copy()
    for label in np.unique(first[~twice]):
        told = counts[label].copy()
        # Half a unit that agrees: a label that nobody looked at twice is believed.
        told[label] += 0.5
        held = np.flatnonzero(told)
        shares = rng.dirichlet(told[held])
        here = np.flatnonzero(~twice & (first == label))
        codes[here] = rng.choice(held, here.size, p=shares)
    return codes


def _combine(
    figures: Sequence[Estimate], strata: Strata, settings: AccuracySettings
) -> tuple[Estimate, float]:
    """Rubin's rules: the mean, within and between variance, and the share of the latter."""
    m = len(figures)
    values = np.array([one.value for one in figures])
    within = float(np.mean([one.se**2 for one in figures]))
    between = float(values.var(ddof=1)) * (1.0 + 1.0 / m)
    if between < _ROUNDING:
        between = 0.0
    total, value = within + between, float(values.mean())
    missing = between / total if total > 0 else 0.0
    degrees = strata.degrees_of_freedom
    if missing > 0:
        degrees = max(1, min(degrees, int((m - 1) / missing**2)))
    # As wide as the widest kind of interval of a single imputation would be, and more.
    low, high = (float(np.mean([getattr(one, end) for one in figures])) for end in _ENDS)
    if 0.0 < value < 1.0 and total > 0:
        effective = value * (1.0 - value) / total
        least, most = wilson_interval(value, effective, quantile(settings.level, degrees))
        low, high = min(low, least), max(high, most)
    n = figures[0].n
    return Estimate(value, math.sqrt(total), low, high, n, settings.level), missing


_ENDS = ("ci_low", "ci_high")


def with_alternates(
    sample: ReferenceSample, alternate: ReferenceSample, maps: Sequence[MapFile]
) -> ReferenceSample:
    """The sample with the alternate label wherever the map shows it.

    Figures with it count a unit as right if the map shows either label (Stehman and Foody 2019):
    they stand beside those of the first label, never in their place.

    Raises:
        InvalidSample: the alternate labels are of other units.
    """
    if sample.units["unit_id"].tolist() != alternate.units["unit_id"].tolist():
        raise InvalidSample("the alternate labels are not of the same units")
    k = len(maps[0].legend.land)
    shown = observe((one.part() for one in maps), sample, k).map_codes
    first, other = (s.units["class_code"].to_numpy() for s in (sample, alternate))
    codes = np.where((other == shown) & (other > 0), other, first).astype(np.uint8)
    return replace(sample, units=sample.units.assign(class_code=codes))
