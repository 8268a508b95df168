"""Strata that somebody asks to be taken as one, because one of them has too few units.

What belongs here: their joint names and what a unit then stands for. What does not: deciding
to merge: nothing is merged unasked.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample


def merge_names(own: Sequence[str], merge: Sequence[Sequence[str]]) -> dict[str, str]:
    """Name of the stratum that each stratum becomes part of, itself where it is not merged.

    Raises:
        InvalidSample: a group names a stratum that there is not.
    """
    names = {name: name for name in own}
    for group in merge:
        unknown = sorted(set(group) - set(own))
        if unknown:
            known = ", ".join(filter(None, own)) or "none"
            raise InvalidSample(f"cannot merge {unknown[0]!r}: the strata are {known}")
        names.update(dict.fromkeys(group, " + ".join(sorted(group))))
    return names


def merged_weights(
    sizes: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], group: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """What a unit of each stratum stands for, shape (strata,).

    A unit keeps the weight of its own stratum, which is what its chance to be drawn says;
    only where a stratum of the group has no unit at all do the others stand for it too.

    Args:
        sizes: shape (strata,), N_h before merging.
        counts: shape (strata,), units of each.
        group: shape (strata,), index 0…g−1 of the merged stratum.
    """
    pooled = np.bincount(group, sizes) / np.maximum(np.bincount(group, counts), 1)
    empty = np.bincount(group, counts == 0) > 0
    weights: npt.NDArray[np.float64] = np.where(
        empty[group], pooled[group], sizes / np.maximum(counts, 1)
    )
    return weights
