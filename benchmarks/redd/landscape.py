"""A simulated landscape with known loss of forest, and a map of it that errs.

What belongs here: truth, strata and the map's errors. What does not: samples (``__main__``).
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.sampling.strata_maps import CHANGE_STRATA, change_strata
from lulc_assets.simulation.world.change import EventPlan, make_history
from lulc_assets.simulation.world.landscape import make_landscape
from lulc_assets.simulation.world.spectra import class_of_kind

SIDE_PX = 768
YEARS = (2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022)
FIRST, MIDDLE, LAST = 2015, 2020, 2022
QUIET = (2021,)
"""A year without clear-cuts in the monitoring period: there is a reduction to be found."""
EVENTS = EventPlan({"clear_cut": 8, "fire": 1, "new_built": 3}, radius_px=(3.5, 11.0))
BUFFER_PX = 3
MISSED, INVENTED = 0.25, 0.004
"""Share of clearings that the map misses whole, and of stable forest that it calls loss."""
_HECTARES = 0.01


@dataclass(frozen=True)
class Forest:
    """What is true, and the strata that a map gives.

    Attributes:
        lost: of both periods: flat, bool: pixels that were forest and no longer are.
        members: of each stratum of ``CHANGE_STRATA``: flat indices.
        area_ha: of the landscape.
        years: length of both periods.
        truth: loss a year, hectares: "reference", "monitoring", "reduction".
    """

    lost: tuple[np.ndarray, np.ndarray]
    members: tuple[np.ndarray, ...]
    area_ha: float
    years: tuple[float, float]
    truth: dict[str, float]


def make_forest(seed: int) -> Forest:
    """The landscape of a seed."""
    grid = tile_grid("33TVM").cut(Window(0, 0, SIDE_PX, SIDE_PX))
    history = make_history(make_landscape(grid, seed), YEARS, seed, QUIET, EVENTS)
    shown = [class_of_kind()[history.of_year(year).kind] for year in (FIRST, MIDDLE, LAST)]
    wood = [codes == LandCover.TREES for codes in shown]
    rng = np.random.default_rng(seed)
    before, after = (np.where(wood[i], 1, 2).astype(np.uint8) for i in (0, 2))
    changed = before != after
    clearing, count = label(changed)
    unseen = np.concatenate([[False], rng.random(count) < MISSED])[clearing]
    mapped = np.where(unseen, before, after)
    mapped[(before == 1) & ~changed & (rng.random(changed.shape) < INVENTED)] = 2
    strata = change_strata(before, mapped, 1, BUFFER_PX).ravel()
    lost = [(wood[i] & ~wood[i + 1]).ravel() for i in (0, 1)]
    years = (float(MIDDLE - FIRST), float(LAST - MIDDLE))
    rates = [float(x.sum()) * _HECTARES / y for x, y in zip(lost, years, strict=True)]
    codes = range(1, len(CHANGE_STRATA) + 1)
    return Forest(
        (lost[0], lost[1]),
        tuple(np.flatnonzero(strata == code) for code in codes),
        strata.size * _HECTARES,
        years,
        {"reference": rates[0], "monitoring": rates[1], "reduction": rates[0] - rates[1]},
    )
