"""Estimates from a table of counts, for people who have no map and no points at hand.

What belongs here: estimating from counts and areas, and the figures as plain JSON. What does
not: reading the tables (``count_files.py``), reports of maps (``build.py``), and how numbers
are printed (the command).

The rows of an error matrix, the map classes, are strata or post-strata (Olofsson et al.
2013); a long table names the strata that its units were drawn in (Stehman 2014).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.count_files import CountTable
from lulc_assets.core.accuracy.weighting import number_primaries, refuse_other_shares
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.cautions import MANY_UNITS, SO_MANY
from lulc_assets.core.estimation.cells import Cells, estimate_cells
from lulc_assets.core.estimation.estimate import Estimate, none_if_nan
from lulc_assets.core.estimation.measures import Figures, estimate_figures
from lulc_assets.core.estimation.merging import merge_names, merged_weights
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE, Strata


def estimate_counts(
    table: CountTable,
    areas_ha: Mapping[str, float],
    *,
    areas_source: str = "areas",
    merge: Sequence[Sequence[str]] = (),
    unit_ha: float | None = None,
    settings: AccuracySettings | None = None,
) -> tuple[tuple[str, ...], Figures]:
    """Estimate from counts and areas.

    Args:
        table: counts.
        areas_ha: area of every stratum of the table. Where the strata are the map classes:
            the mapped area of every class, 0 for one that the map lacks.
        areas_source: named in messages.
        merge: groups of strata to be taken as one.
        unit_ha: area of one sample unit, for the finite-population factor 1 − n_h / N_h;
            None leaves it out as Olofsson et al. 2014 do.
        settings: None for the defaults; ``AS_PRINTED`` gives R̂ ± 1.96 SE as in the papers.

    Returns:
        Names of the classes in the order of the table, and their figures.

    Raises:
        InvalidSample: areas lack a stratum, a stratum has fewer than two units or more than
            it can hold, units lie on one without area, or ``merge`` names an unknown one.
    """
    names = _classes_of(table, areas_ha)
    index = {name: i for i, name in enumerate(names)}
    chosen = settings or AccuracySettings()
    if table.counts.sum() > MANY_UNITS and not (table.primary or merge):
        return names, _of_cells(table, areas_ha, areas_source, index, unit_ha, chosen)
    strata = _strata_of(table, areas_ha, areas_source, merge, unit_ha)
    mapped = np.repeat([index[name] for name in table.mapped], table.counts)
    found = np.repeat([index[name] for name in table.reference], table.counts)
    figures = estimate_figures(
        mapped + 1,
        found + 1,
        strata,
        area_ha=float(strata.sizes.sum()),
        titles=names,
        settings=chosen,
    )
    return names, figures


def _of_cells(
    table: CountTable,
    areas_ha: Mapping[str, float],
    areas_source: str,
    index: Mapping[str, int],
    unit_ha: float | None,
    settings: AccuracySettings,
) -> Figures:
    """Figures of so many units that they are pixels: from the cells, without listing the units."""
    if table.weights is not None:
        raise InvalidSample(
            f"{table.source}: {int(table.counts.sum()):,} units with weights; {SO_MANY}"
        )
    _check_areas(table, areas_ha, areas_source)
    strata = tuple(name for name, area in areas_ha.items() if area > 0)
    ghosts = sorted(set(table.strata) - set(strata))
    if ghosts:
        raise InvalidSample(f"{table.source}: units on strata without area: {', '.join(ghosts)}")
    of_stratum = np.array([strata.index(name) for name in table.strata], dtype=np.int64)
    sizes = np.array([areas_ha[name] for name in strata])
    counts = np.bincount(of_stratum, table.counts, len(strata)).astype(np.float64)
    if (counts < MIN_UNITS_FOR_VARIANCE).any():
        h = int(np.flatnonzero(counts < MIN_UNITS_FOR_VARIANCE)[0])
        raise InvalidSample(f"{table.source}: stratum with fewer than two units: {strata[h]}")
    cells = Cells(
        of_stratum,
        np.array([index[name] + 1 for name in table.mapped], dtype=np.int64),
        np.array([index[name] + 1 for name in table.reference], dtype=np.int64),
        table.counts,
        sizes,
        _fractions(strata, counts, sizes, unit_ha),
    )
    return estimate_cells(
        cells,
        area_ha=float(sizes.sum()),
        titles=list(index),
        level=settings.level,
        warning=f"{int(table.counts.sum()):,} units: {SO_MANY}",
    )


def _classes_of(table: CountTable, areas_ha: Mapping[str, float]) -> tuple[str, ...]:
    """Classes of the table, and those that only the areas know."""
    if not table.of_classes:
        return table.classes
    shown = [name for name, area in areas_ha.items() if area > 0]
    return tuple(dict.fromkeys([*table.classes, *shown]))


def _strata_of(
    table: CountTable,
    areas_ha: Mapping[str, float],
    areas_source: str,
    merge: Sequence[Sequence[str]],
    unit_ha: float | None,
) -> Strata:
    """The strata of the units; merged ones keep the weight of their own where they can."""
    needed = _check_areas(table, areas_ha, areas_source)
    names = tuple(dict.fromkeys([*needed, *areas_ha]))
    sizes = np.array([areas_ha[name] for name in names])
    of_unit = np.repeat([names.index(name) for name in table.strata], table.counts)
    counts = np.bincount(of_unit, minlength=len(names))
    _refuse_ghosts(table, names, counts, sizes)
    label = merge_names(names, merge)
    shown = np.flatnonzero(sizes > 0)
    strata = tuple(dict.fromkeys(label[names[i]] for i in shown))
    group = np.array([strata.index(label[names[i]]) for i in shown], dtype=np.int64)
    merged_sizes = np.bincount(group, sizes[shown], len(strata)).astype(np.float64)
    merged_counts = np.bincount(group, counts[shown], len(strata)).astype(np.float64)
    of_shown = np.searchsorted(shown, of_unit)
    if table.primary and unit_ha is not None:
        raise InvalidSample(
            f"{table.source}: the finite-population factor needs the number of primary units in "
            "the region, which the table does not say; leave the area of a unit out"
        )
    fractions = _fractions(strata, merged_counts, merged_sizes, unit_ha)
    weights = merged_weights(sizes[shown], counts[shown], group)[of_shown]
    primary = number_primaries(
        np.repeat(table.strata, table.counts).tolist(),
        np.repeat(table.primary, table.counts).tolist() if table.primary else [],
    )
    if table.weights is not None:
        weights = np.repeat(table.weights, table.counts)
        if primary is None:
            by_weight = np.bincount(of_unit, weights, len(names)).astype(np.float64)
            refuse_other_shares(table.source, names, by_weight, sizes)
    try:
        return Strata(strata, group[of_shown], merged_sizes, fractions, primary, weights)
    except InvalidSample as error:
        raise InvalidSample(f"{table.source}: {error}") from error


def _check_areas(
    table: CountTable, areas_ha: Mapping[str, float], areas_source: str
) -> tuple[str, ...]:
    """The strata that need an area, all of which have one."""
    needed = table.classes if table.of_classes else tuple(dict.fromkeys(table.strata))
    lost = [name for name in needed if name not in areas_ha]
    if lost:
        what, zero = "stratum", ""
        if table.of_classes:
            what, zero = "class", "; give 0 for a class that the map does not show"
        zero += _spelt_otherwise(lost, areas_ha)
        raise InvalidSample(
            f"{areas_source}: no area for {what} {', '.join(map(repr, lost))} of "
            f"{table.source}{zero}"
        )
    return needed


def _spelt_otherwise(lost: Sequence[str], areas_ha: Mapping[str, float]) -> str:
    """Names of the areas that differ from a lost one in case or blanks only."""
    plain = {"".join(name.casefold().split()): name for name in areas_ha}
    near = [plain[key] for name in lost if (key := "".join(name.casefold().split())) in plain]
    return f"; it has {', '.join(map(repr, near))}, spelt otherwise" if near else ""


def _refuse_ghosts(
    table: CountTable,
    names: Sequence[str],
    counts: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.float64],
) -> None:
    ghosts = [n for n, c, size in zip(names, counts, sizes, strict=True) if c > 0 and size == 0]
    if ghosts:
        where = "map classes" if table.of_classes else "strata"
        raise InvalidSample(f"{table.source}: units on {where} without area: {', '.join(ghosts)}")


def _fractions(
    strata: Sequence[str],
    counts: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    unit_ha: float | None,
) -> npt.NDArray[np.float64]:
    """Sampling fraction of each stratum, 0 where it is to be left out, shape (H,)."""
    if unit_ha is None:
        return np.zeros(len(strata))
    if unit_ha <= 0:
        raise InvalidSample(f"area of a sample unit is {unit_ha:g} ha; it must be above 0")
    fractions = (counts * unit_ha / sizes).astype(np.float64)
    over = [name for name, f in zip(strata, fractions, strict=True) if f > 1]
    if over:
        raise InvalidSample(
            f"stratum {', '.join(over)} has more units of {unit_ha:g} ha than fit into its area; "
            "check the unit of the areas"
        )
    return fractions


def tabulate(names: Sequence[str], figures: Figures) -> dict[str, Any]:
    """The figures as plain JSON: overall, what is known of each class, and what weakens it.

    ``design_effect`` is the variance of overall accuracy over that of as many units drawn
    independently; ``n_effective`` of a figure are the units of a simple random sample that would
    have its variance, R̂ (1 − R̂) / SE².
    """
    total = sum(area.value for area in figures.areas_ha)
    return {
        "level": figures.overall.level,
        "n": figures.overall.n,
        "overall": _with_effective(figures.overall),
        "design_effect": none_if_nan(figures.design_effect),
        "classes": {
            name: {
                "users": _with_effective(figures.users[i]),
                "producers": _with_effective(figures.producers[i]),
                "f1": plain_estimate(figures.f1[i]),
                "area_ha": _with_effective(figures.areas_ha[i], total),
            }
            for i, name in enumerate(names)
        },
        "warnings": list(figures.warnings),
    }


def _with_effective(figure: Estimate, whole: float = 1.0) -> dict[str, float | None]:
    """A figure with the independent units that would have its variance; n where nothing varies."""
    share, se = figure.value / whole, figure.se / whole
    effective = share * (1.0 - share) / se**2 if se > 0 else float(figure.n)
    return {**plain_estimate(figure), "n_effective": effective if figure.n else None}


def plain_estimate(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as the command prints it: ``estimate`` in place of ``value``."""
    numbers = estimate.to_dict()
    return {"estimate": numbers.pop("value"), **numbers}
