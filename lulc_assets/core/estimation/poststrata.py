"""Post-strata by map class for samples that were drawn without strata.

What belongs here: making them, and pooling classes with too few units. What does not: the
estimates (``estimators.py``) and whether they are enough (``verdict.py``).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE, Strata


@dataclass(frozen=True)
class PostStrata:
    """Post-strata by map class and what was collapsed to get them.

    Attributes:
        strata: of the sample units.
        collapsed: codes of the map classes that share one post-stratum, empty if none.
        thin: codes of those that had too few units of their own.
    """

    strata: Strata
    collapsed: tuple[int, ...]
    thin: tuple[int, ...]


def poststratify(
    map_codes: npt.NDArray[np.integer],
    class_sizes: npt.NDArray[np.float64],
    *,
    min_units: int = MIN_UNITS_FOR_VARIANCE,
    fraction: float = 0.0,
    names: tuple[str, ...] | None = None,
) -> PostStrata:
    """Poststratify a simple random or systematic sample by map class.

    The weights come from the map's own class sizes (Card 1982; Stehman 2013, "Estimating
    area from an accuracy assessment error matrix", eq. 1). Rule for thin classes: all
    mapped classes with fewer than ``min_units`` units form one post-stratum; while that
    one has fewer than ``min_units`` units too, the mapped class with the fewest units
    joins it (ties: the smallest code). Whether a class is collapsed depends on the sample:
    areas of rare classes are then biased, in a simulation of a class of 4.2 % in a simple
    random sample by −15 % at 50 units, −6 % at 75 and −1 % at 100. Pooling by expected counts,
    fixed before the draw, has no bias and a third more error. ``verdict.py`` warns.

    Args:
        map_codes: shape (n,), codes 1…k.
        class_sizes: shape (k,), float64: pixels or hectares of each map class.
        min_units: that a post-stratum of its own needs, at least 2.
        fraction: sampling fraction for the finite-population factor.
        names: of the k classes, for messages.

    Raises:
        InvalidSample: fewer than two units in all, or units of a class of size 0.
    """
    needed = max(min_units, MIN_UNITS_FOR_VARIANCE)
    counts = np.bincount(map_codes, minlength=class_sizes.size + 1)[1:]
    labels = names or tuple(str(code) for code in range(1, class_sizes.size + 1))
    if np.any((class_sizes <= 0) & (counts > 0)):
        lost = [labels[i] for i in np.flatnonzero((class_sizes <= 0) & (counts > 0))]
        raise InvalidSample(f"units on map classes without area: {', '.join(lost)}")
    pool = [int(i) for i in np.flatnonzero((class_sizes > 0) & (counts < needed))]
    thin = tuple(i + 1 for i in pool)
    others = [int(i) for i in np.flatnonzero((class_sizes > 0) & (counts >= needed))]
    others.sort(key=lambda i: (counts[i], i))
    while pool and others and counts[pool].sum() < needed:
        pool.append(others.pop(0))
    groups = [[i] for i in sorted(others)] + ([sorted(pool)] if pool else [])
    group_of_class = np.full(class_sizes.size, -1, dtype=np.int64)
    for index, group in enumerate(groups):
        group_of_class[group] = index
    strata = Strata(
        names=tuple(" + ".join(labels[i] for i in group) for group in groups),
        of_unit=group_of_class[np.asarray(map_codes, dtype=np.int64) - 1],
        sizes=np.array([class_sizes[group].sum() for group in groups], dtype=np.float64),
        fractions=np.full(len(groups), fraction, dtype=np.float64),
    )
    collapsed = tuple(i + 1 for i in sorted(pool)) if len(pool) > 1 else ()
    return PostStrata(strata, collapsed, thin)
