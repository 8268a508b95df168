"""Estimates from a table of counts, for people who have no map and no points at hand.

What belongs here: reading an error matrix of counts and a table of areas, with errors that
name file, class and value, and estimating from them. What does not: reports of maps
(``build.py``), and how numbers are printed (the command).

The rows of the matrix, the map classes, are strata or post-strata (Olofsson et al. 2013).
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.estimators import Strata
from lulc_assets.core.accuracy.figures import Figures, estimate_figures
from lulc_assets.core.accuracy.report import Estimate
from lulc_assets.core.accuracy.settings import AS_PRINTED, AccuracySettings
from lulc_assets.core.errors import InvalidSample

_EARTH_HA = 51.0e9
"""Surface of the Earth: an area above it is in another unit."""
_SAME_AREA = 0.005
"""Relative difference of two sums of areas that rounding and pixel areas can explain."""
_UNITS = {"km2": "km²", "km²": "km²", "sqkm": "km²", "m2": "m²", "m²": "m²", "pixel": "pixels"}


@dataclass(frozen=True)
class CountTable:
    """An error matrix of counts.

    Attributes:
        source: file name for messages.
        rows: names of the map classes.
        columns: names of the reference classes.
        counts: shape (len(rows), len(columns)), int64.
    """

    source: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: npt.NDArray[np.int64]


def read_counts(path: Path) -> CountTable:
    """Read a CSV of counts: first line reference classes, first column map classes.

    Raises:
        InvalidSample: not readable, a class twice, or a count that is no whole number ≥ 0.
    """
    lines = _read_csv(path)
    if len(lines) < 2 or len(lines[0]) < 2:
        raise InvalidSample(
            f"{path}: needs a first line with the reference classes and a line for each map class"
        )
    columns = tuple(lines[0][1:])
    rows = tuple(line[0] for line in lines[1:])
    _refuse_twice(path, "map class", rows)
    _refuse_twice(path, "reference class", columns)
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for i, line in enumerate(lines[1:]):
        if len(line) != len(columns) + 1:
            raise InvalidSample(
                f"{path}: map class {line[0]!r} has {len(line) - 1} counts, the first line names "
                f"{len(columns)} reference classes"
            )
        for j, text in enumerate(line[1:]):
            counts[i, j] = _count(text, f"{path}: map class {rows[i]!r}, reference {columns[j]!r}")
    if counts.sum() == 0:
        raise InvalidSample(f"{path}: all counts are 0; there is nothing to estimate from")
    return CountTable(str(path), rows, columns, counts)


def read_areas(path: Path) -> dict[str, float]:
    """Read a CSV of mapped areas in hectares: class, area; a first line of titles is optional.

    Raises:
        InvalidSample: not readable, a class twice, a negative or missing area, titles that
            name another unit, or a sum beyond the surface of the Earth.
    """
    lines = _read_csv(path)
    if lines and len(lines[0]) > 1 and _number(lines[0][1]) is None:
        _refuse_other_unit(path, lines.pop(0)[1])
    if not lines:
        raise InvalidSample(f"{path}: no areas; write lines of class and area in hectares")
    areas: dict[str, float] = {}
    for line in lines:
        area = _number(line[1]) if len(line) > 1 else None
        if area is None or not area >= 0 or math.isinf(area):
            shown = line[1] if len(line) > 1 else ""
            raise InvalidSample(
                f"{path}: area of class {line[0]!r} is {shown!r}; give hectares ≥ 0"
            )
        if line[0] in areas:
            raise InvalidSample(f"{path}: class {line[0]!r} occurs more than once")
        areas[line[0]] = area
    total = sum(areas.values())
    if not 0 < total < _EARTH_HA:
        raise InvalidSample(
            f"{path}: areas sum to {total:g} ha; the Earth has {_EARTH_HA:.2g} ha. Give hectares"
        )
    return areas


def check_total(areas: Mapping[str, float], map_area_ha: float, source: str) -> None:
    """Refuse areas whose sum is not that of the map.

    Raises:
        InvalidSample: the sums differ; the message says what unit would explain it.
    """
    total = sum(areas.values())
    ratio = total / map_area_ha
    if abs(ratio - 1.0) <= _SAME_AREA:
        return
    known = {"m²": 1e4, "km²": 0.01, "10 m pixels": 100.0, "30 m pixels": 1 / 0.09, "acres": 2.471}
    near = [unit for unit, factor in known.items() if abs(ratio / factor - 1.0) <= 0.02]
    hint = f"; they look like {near[0]}" if near else ""
    raise InvalidSample(
        f"{source}: areas sum to {total:,.6g} but the map has {map_area_ha:,.6g} ha{hint}. "
        "Give the mapped areas of this map in hectares"
    )


def estimate_counts(
    table: CountTable,
    areas_ha: Mapping[str, float],
    *,
    areas_source: str = "areas",
    merge: Sequence[Sequence[str]] = (),
    settings: AccuracySettings = AS_PRINTED,
) -> tuple[tuple[str, ...], Figures]:
    """Estimate from counts and mapped areas.

    Args:
        table: counts.
        areas_ha: mapped area of every class of the table; 0 for one that the map lacks.
        areas_source: named in messages.
        merge: groups of map classes to be taken as one stratum.
        settings: R̂ ± 1.96 SE by default, as printed in the papers.

    Returns:
        Names of the classes in the order of the table, and their figures.

    Raises:
        InvalidSample: areas lack a class, a map class has fewer than two units, units lie
            on a class without area, or ``merge`` names an unknown class.
    """
    names = tuple(dict.fromkeys([*table.rows, *table.columns, *areas_ha]))
    lost = [name for name in names if name not in areas_ha]
    if lost:
        raise InvalidSample(
            f"{areas_source}: no area for class {', '.join(map(repr, lost))} of {table.source}; "
            "give 0 for a class that the map does not show"
        )
    names = tuple(n for n in names if n in (*table.rows, *table.columns) or areas_ha[n] > 0)
    index = {name: i for i, name in enumerate(names)}
    cells = np.argwhere(table.counts > 0)
    repeats = table.counts[tuple(cells.T)]
    rows = np.array([index[name] for name in table.rows])
    columns = np.array([index[name] for name in table.columns])
    mapped = np.repeat(rows[cells[:, 0]], repeats)
    found = np.repeat(columns[cells[:, 1]], repeats)
    sizes = np.array([areas_ha[name] for name in names])
    strata = _strata_of_classes(names, mapped, sizes, merge, table.source)
    figures = estimate_figures(
        mapped + 1,
        found + 1,
        strata,
        area_ha=float(sizes.sum()),
        titles=names,
        settings=settings,
    )
    return names, figures


def _strata_of_classes(
    names: tuple[str, ...],
    mapped: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.float64],
    merge: Sequence[Sequence[str]],
    source: str,
) -> Strata:
    """Map classes as strata; merged ones keep the weight of their own class where they can."""
    counts = np.bincount(mapped, minlength=len(names))
    ghosts = [names[i] for i in np.flatnonzero((counts > 0) & (sizes == 0))]
    if ghosts:
        raise InvalidSample(f"{source}: units on map classes without area: {', '.join(ghosts)}")
    label = {name: name for name in names}
    for group in merge:
        unknown = [name for name in group if name not in names]
        if unknown:
            raise InvalidSample(f"cannot merge {unknown[0]!r}: classes are {', '.join(names)}")
        label.update(dict.fromkeys(group, " + ".join(group)))
    shown = [i for i in range(len(names)) if sizes[i] > 0]
    strata = tuple(dict.fromkeys(label[names[i]] for i in shown))
    of_class = np.full(len(names), -1, dtype=np.int64)
    of_class[shown] = [strata.index(label[names[i]]) for i in shown]
    pooled_sizes = np.bincount(of_class[shown], sizes[shown], len(strata))
    pooled_counts = np.bincount(of_class[shown], counts[shown], len(strata))
    empty = np.bincount(of_class[shown], counts[shown] == 0, len(strata)) > 0
    own = sizes / np.maximum(counts, 1)
    pooled = (pooled_sizes / np.maximum(pooled_counts, 1))[of_class]
    weights = np.where(empty[of_class], pooled, own)[mapped]
    zeros = np.zeros(len(strata))
    sizes_of_strata = pooled_sizes.astype(np.float64)
    return Strata(strata, of_class[mapped], sizes_of_strata, zeros, unit_weights=weights)


def tabulate(names: Sequence[str], figures: Figures) -> dict[str, Any]:
    """The figures as plain JSON: overall, and users, producers and area_ha by class."""
    return {
        "overall": _plain(figures.overall),
        "classes": {
            name: {
                "users": _plain(figures.users[i]),
                "producers": _plain(figures.producers[i]),
                "area_ha": _plain(figures.areas_ha[i]),
            }
            for i, name in enumerate(names)
        },
    }


def _plain(estimate: Estimate) -> dict[str, float | None]:
    numbers = estimate.to_dict()
    return {
        "estimate": numbers["value"],
        "se": numbers["se"],
        "ci95_low": numbers["ci95_low"],
        "ci95_high": numbers["ci95_high"],
    }


def _read_csv(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSample(f"{path}: cannot be read as a CSV file: {error}") from error
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = [
        [cell.strip() for cell in line]
        for line in csv.reader(text.splitlines(), delimiter=delimiter)
    ]
    return [line for line in lines if any(line)]


def _refuse_twice(path: Path, what: str, names: Sequence[str]) -> None:
    for name in names:
        if not name:
            raise InvalidSample(f"{path}: a {what} has no name")
        if names.count(name) > 1:
            raise InvalidSample(f"{path}: {what} {name!r} occurs more than once")


def _refuse_other_unit(path: Path, title: str) -> None:
    for spelling, unit in _UNITS.items():
        if spelling in title.lower():
            raise InvalidSample(f"{path}: column {title!r} is in {unit}; convert it to hectares")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _count(text: str, where: str) -> int:
    number = _number(text)
    if number is None or not number >= 0 or not number.is_integer():
        raise InvalidSample(
            f"{where}: count is {text!r}; it must be a whole number of units, 0 or more"
        )
    return int(number)
