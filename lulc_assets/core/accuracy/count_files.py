"""Tables of counts and areas as people keep them: CSV files, read with errors that name the cell.

What belongs here: reading an error matrix, a long table of counts by stratum, and areas; and
whether areas fit the map. What does not: estimating from them (``counts.py``).
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

_EARTH_HA = 51.0e9
"""Surface of the Earth: an area above it is in another unit."""
_SAME_AREA = 0.005
"""Relative difference of two sums of areas that rounding and pixel areas can explain."""
_UNITS = {"km2": "km²", "km²": "km²", "sqkm": "km²", "m2": "m²", "m²": "m²", "pixel": "pixels"}
_LONG = ("stratum", "map", "reference")
_COUNT = "n"


@dataclass(frozen=True)
class CountTable:
    """Sample units counted by stratum, map class and reference class; one entry a cell.

    Attributes:
        source: file name for messages.
        strata: of each cell: the stratum that its units were drawn in.
        mapped: of each cell: the map class.
        reference: of each cell: the reference class.
        counts: shape (cells,), int64, above 0.
        classes: every class of the table, in its order, with or without units.
        of_classes: whether the strata are the map classes.
    """

    source: str
    strata: tuple[str, ...]
    mapped: tuple[str, ...]
    reference: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    of_classes: bool


def read_counts(path: Path) -> CountTable:
    """Read a CSV of counts, an error matrix or a long table.

    An error matrix has the reference classes in its first line and the map classes in its
    first column; its strata are the map classes. A long table has the columns stratum, map,
    reference and n; without n every line is one unit.

    Raises:
        InvalidSample: not readable, a class or cell twice, or a count that is no whole
            number ≥ 0.
    """
    lines = _read_csv(path)
    titles = [title.lower() for title in lines[0]] if lines else []
    table = _read_long(path, lines) if set(_LONG) <= set(titles) else _read_matrix(path, lines)
    if table.counts.sum() == 0:
        raise InvalidSample(f"{path}: all counts are 0; there is nothing to estimate from")
    return table


def _read_matrix(path: Path, lines: Sequence[Sequence[str]]) -> CountTable:
    if len(lines) < 2 or len(lines[0]) < 2:
        raise InvalidSample(
            f"{path}: needs a first line with the reference classes and a line for each map class, "
            "or the columns stratum, map, reference, n"
        )
    columns, rows = lines[0][1:], [line[0] for line in lines[1:]]
    _refuse_twice(path, "map class", rows)
    _refuse_twice(path, "reference class", columns)
    cells = []
    for line in lines[1:]:
        if len(line) != len(columns) + 1:
            raise InvalidSample(
                f"{path}: map class {line[0]!r} has {len(line) - 1} counts, the first line names "
                f"{len(columns)} reference classes"
            )
        for column, text in zip(columns, line[1:], strict=True):
            count = _count(text, f"{path}: map class {line[0]!r}, reference {column!r}")
            cells.append((line[0], line[0], column, count))
    return _table(path, cells, [*rows, *columns], of_classes=True)


def _read_long(path: Path, lines: Sequence[Sequence[str]]) -> CountTable:
    titles = [title.lower() for title in lines[0]]
    strange = sorted(set(titles) - {*_LONG, _COUNT})
    if strange or len(titles) != len(set(titles)):
        raise InvalidSample(
            f"{path}: columns are {', '.join(lines[0])}; a long table has stratum, map, reference "
            "and n, each once"
        )
    cells: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(titles):
            raise InvalidSample(f"{path}, line {number}: {len(line)} of {len(titles)} columns")
        row = dict(zip(titles, line, strict=True))
        cell = tuple(row[title] for title in _LONG)
        where = f"{path}, line {number}"
        for title, name in zip(_LONG, cell, strict=True):
            if not name:
                raise InvalidSample(f"{where}: no {title}; a unit without class is left out")
        if _COUNT in row and cell in cells:
            raise InvalidSample(f"{where}: {' / '.join(cell)} was counted before")
        cells[cell] = cells.get(cell, 0) + (_count(row[_COUNT], where) if _COUNT in row else 1)
    every = [(stratum, one, other, n) for (stratum, one, other), n in cells.items()]
    names = [name for _, one, other, _ in every for name in (one, other)]
    return _table(path, every, names, of_classes=False)


def _table(
    path: Path,
    cells: Sequence[tuple[str, str, str, int]],
    classes: Sequence[str],
    *,
    of_classes: bool,
) -> CountTable:
    held = [cell for cell in cells if cell[3] > 0]
    return CountTable(
        str(path),
        tuple(cell[0] for cell in held),
        tuple(cell[1] for cell in held),
        tuple(cell[2] for cell in held),
        np.array([cell[3] for cell in held], dtype=np.int64),
        tuple(dict.fromkeys(classes)),
        of_classes,
    )


def read_areas(path: Path) -> dict[str, float]:
    """Read a CSV of areas in hectares: class (or stratum), area; a line of titles is optional.

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
