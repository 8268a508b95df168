"""How many units in each stratum for the area of one event, such as loss of forest.

What belongs here: Neyman's allocation with expected rates of the event by stratum. What does not:
allocations to map classes for several targets (``allocation.py``).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample


@dataclass(frozen=True)
class EventPlan:
    """Units by stratum and what they are expected to give.

    Attributes:
        units: stratum → units.
        area_ha: of the event, as expected.
        se_ha: standard error to expect of it.
    """

    units: Mapping[str, int]
    area_ha: float
    se_ha: float


def allocate_event(
    areas_ha: Mapping[str, float], rates: Mapping[str, float], units: int, *, least: int = 30
) -> EventPlan:
    """Allocate units for the area of an event: n_h ∝ N_h √(p_h (1 − p_h)).

    Olofsson et al. 2014, §5.1.2, and 2020 for the buffer, whose omission rate is why it is there.

    Args:
        areas_ha: of the strata.
        rates: share of each stratum that shows the event: user's accuracy of the stratum that is
            mapped as it, omission rates of the others. Every stratum needs one: an omission of 0
            is a claim, and has to be written.
        units: in all.
        least: units of every stratum at least.

    Raises:
        InvalidSample: a stratum without a rate, a rate of an unknown stratum or outside 0–1, or
            too few units.
    """
    for name in areas_ha:
        if name not in rates:
            raise InvalidSample(
                f"no expected rate of the event in stratum {name!r}; give --expect {name}=0.001, "
                "or 0 where it cannot occur"
            )
    for name, rate in rates.items():
        if name not in areas_ha or not 0.0 <= rate <= 1.0:
            raise InvalidSample(
                f"expected rate {name}={rate:g}: name one of {', '.join(areas_ha)} and a share of "
                "0 to 1"
            )
    if units < least * len(areas_ha):
        raise InvalidSample(f"{units} units are too few for {least} in each of {len(areas_ha)}")
    names = list(areas_ha)
    sizes = np.array([areas_ha[name] for name in names])
    shares = np.array([rates[name] for name in names])
    spread = sizes * np.sqrt(shares * (1.0 - shares))
    counts = _share_out(spread if spread.any() else sizes, units, least)
    se = math.sqrt(float(np.sum(spread**2 / counts)))
    plan = {name: int(n) for name, n in zip(names, counts, strict=True)}
    return EventPlan(plan, float(sizes @ shares), se)


def _share_out(spread: npt.NDArray[np.float64], units: int, least: int) -> npt.NDArray[np.int64]:
    """Whole units in proportion to the spread, none below the least, shape (H,)."""
    counts = np.full(spread.size, least, dtype=np.int64)
    open_ = np.ones(spread.size, dtype=bool)
    while open_.any():
        rest = units - int(counts[~open_].sum())
        free = np.where(open_, spread, 0.0)
        exact = rest * free / free.sum() if free.sum() > 0 else rest * open_ / open_.sum()
        short = open_ & (exact < least)
        if not short.any():
            whole = np.floor(exact).astype(np.int64)
            counts = np.where(open_, whole, counts)
            order = np.argsort(-np.where(open_, exact - whole, -1.0), kind="stable")
            counts[order[: units - int(counts.sum())]] += 1
            return counts
        open_ &= ~short
    return counts
