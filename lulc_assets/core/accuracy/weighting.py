"""Strata of a table of units: from areas, weights and primary units as the table gives them.

What belongs here: what each line of a table stands for, and refusing tables that contradict
themselves. What does not: reading tables (``count_files.py``, ``unit_files.py``).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.strata import Strata

Numbers = npt.NDArray[np.float64]

_DIFFER = 0.02
"""Relative difference of a stratum's share by weights and by areas that rounding can explain."""


def number_primaries(strata: Sequence[str], primary: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """Index 0…m−1 of the primary unit of each unit, shape (n,), None without any.

    A name counts within its stratum: unit 1 of one stratum is another one than that of the next.
    """
    if not primary:
        return None
    pairs = list(zip(strata, primary, strict=True))
    index = {pair: i for i, pair in enumerate(dict.fromkeys(pairs))}
    return np.array([index[pair] for pair in pairs], dtype=np.int64)


def weigh(
    source: str,
    strata: Sequence[str],
    primary: Sequence[str],
    weights: Numbers | None,
    areas_ha: Mapping[str, float] | None,
    *,
    unit_ha: float | None = None,
) -> Strata:
    """Strata of units.

    Args:
        source: named in messages.
        strata: of each unit.
        primary: of each unit, or empty.
        weights: shape (n,), or None for area / units of each stratum.
        areas_ha: of each stratum; None where weights say it, or all units weigh the same.
        unit_ha: area of a unit, for the finite-population factor; None leaves it out.

    Raises:
        InvalidSample: several strata without areas or weights, a stratum without area, weights
            that contradict areas, a factor for clusters, or fewer than two units in a stratum.
    """
    names = tuple(dict.fromkeys(strata))
    index = {name: i for i, name in enumerate(names)}
    of_unit = np.array([index[name] for name in strata], dtype=np.int64)
    if areas_ha is None and weights is None and len(names) > 1:
        raise InvalidSample(
            f"{source}: {len(names)} strata and neither areas nor a column weight; nothing says "
            "what a unit of each stands for"
        )
    one_each = np.ones(of_unit.size) if weights is None else weights
    sizes = _totals(of_unit, one_each, len(names))
    if areas_ha is not None:
        sizes = _sizes(source, names, areas_ha)
        if weights is not None and not primary:
            refuse_other_shares(source, names, _totals(of_unit, weights, len(names)), sizes)
    fractions = _fractions(source, names, np.bincount(of_unit), sizes, primary, unit_ha)
    try:
        return Strata(names, of_unit, sizes, fractions, number_primaries(strata, primary), weights)
    except InvalidSample as error:
        raise InvalidSample(f"{source}: {error}") from error


def _totals(of_unit: npt.NDArray[np.int64], values: Numbers, size: int) -> Numbers:
    return np.bincount(of_unit, values, size).astype(np.float64)


def refuse_other_shares(
    source: str, names: Sequence[str], by_weight: Numbers, sizes: Numbers
) -> None:
    """Refuse weights whose sums are other shares of the whole than the areas of strata.

    Raises:
        InvalidSample: they are; the message names the stratum and both shares.
    """
    one, other = by_weight / by_weight.sum(), sizes / sizes.sum()
    apart = np.abs(one - other) > _DIFFER * np.maximum(one, other)
    if apart.any():
        h = int(np.flatnonzero(apart)[0])
        raise InvalidSample(
            f"{source}: units of stratum {names[h]!r} stand for {one[h]:.2%} of the region by "
            f"their weights and for {other[h]:.2%} by its area: one of the two is wrong"
        )


def _sizes(source: str, names: Sequence[str], areas_ha: Mapping[str, float]) -> Numbers:
    lost = [name for name in names if not areas_ha.get(name, 0.0) > 0]
    if lost:
        raise InvalidSample(f"{source}: no area for stratum {', '.join(map(repr, lost))}")
    bare = [name for name, area in areas_ha.items() if area > 0 and name not in names]
    if bare:
        raise InvalidSample(
            f"{source}: no unit in stratum {', '.join(map(repr, bare))}, which has an area: "
            "nothing drawn there, nothing known there"
        )
    return np.array([areas_ha[name] for name in names], dtype=np.float64)


def _fractions(
    source: str,
    names: Sequence[str],
    counts: npt.NDArray[np.int64],
    sizes: Numbers,
    primary: Sequence[str],
    unit_ha: float | None,
) -> Numbers:
    if unit_ha is None:
        return np.zeros(len(names))
    if primary:
        raise InvalidSample(
            f"{source}: the finite-population factor needs the number of primary units in the "
            "region, which the table does not say; leave the area of a unit out"
        )
    fractions = (counts * unit_ha / sizes).astype(np.float64)
    if not unit_ha > 0 or (fractions > 1).any():
        raise InvalidSample(
            f"{source}: units of {unit_ha:g} ha: a stratum has more units than fit into its area"
        )
    return fractions
