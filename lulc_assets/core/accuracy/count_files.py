"""Tables of counts as people keep them: CSV files, read with errors that name the cell.

What belongs here: reading an error matrix and a long table of counts by stratum. What does not:
areas (``area_files.py``) and estimating (``counts.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.unit_files import names_of, numbers_of
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.tables.csv_file import CsvTable, read_csv
from lulc_assets.core.tables.numbers import is_number
from lulc_assets.core.tables.orientation import is_called_reference, read_orientation
from lulc_assets.core.tables.totals import check_sum, find_totals, is_called_total

_LONG = ("stratum", "map", "reference")
_COUNT = "n"
_DRAWN = ("primary_unit", "weight")
"""Further columns of a long table: what a unit was drawn with, and what it stands for."""


@dataclass(frozen=True)
class CountTable:
    """Sample units counted by stratum, map class and reference class; one entry per cell.

    Attributes:
        source: file name for messages.
        strata: of each cell: the stratum that its units were drawn in.
        mapped: of each cell: the map class.
        reference: of each cell: the reference class.
        counts: shape (cells,), int64, above 0.
        classes: every class of the table, in its order, with or without units.
        of_classes: whether the strata are the map classes.
        primary: of each cell: what its units were drawn with; empty where units were drawn.
        weights: shape (cells,): what a unit of each stands for; None where areas say it.
    """

    source: str
    strata: tuple[str, ...]
    mapped: tuple[str, ...]
    reference: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    of_classes: bool
    primary: tuple[str, ...] = ()
    weights: npt.NDArray[np.float64] | None = None


def read_counts(path: Path) -> CountTable:
    """Read a CSV of counts, an error matrix or a long table.

    An error matrix has the reference classes in its first line and the map classes in its
    first column; its strata are the map classes. Rows and columns that are the sum of all
    others are totals and left out. A long table has the columns stratum, map, reference and
    n; without n every line is one unit. With primary_unit units were drawn in clusters, with
    weight each stands for so much (the inverse of its inclusion probability).

    Raises:
        InvalidSample: not readable, a class or cell twice, a count that is not a whole
            number ≥ 0, or lines that are the reference classes.
    """
    table = read_csv(path)
    titles = [title.lower() for title in table.lines[0]] if table.lines else []
    found = _read_long(table) if set(_LONG) <= set(titles) else _read_matrix(table)
    if found.counts.sum() == 0:
        raise InvalidSample(f"{path}: all counts are 0; there is nothing to estimate from")
    return found


def _read_matrix(table: CsvTable) -> CountTable:
    path, lines = table.path, _with_names(table)
    if len(lines) < 2 or len(lines[0]) < 2:
        raise InvalidSample(
            f"{path}: needs a first line with the reference classes and a line for each map class, "
            "or the columns stratum, map, reference, n"
        )
    columns, rows = lines[0][1:], [line[0] for line in lines[1:]]
    _refuse_nameless_rows(path, lines, rows, columns)
    _refuse_twice(path, "map class", rows)
    _refuse_twice(path, "reference class", columns)
    if is_called_reference(lines[0][0]):
        raise InvalidSample(
            f"{path}: the first column is called {lines[0][0]!r}; the lines must be the map "
            "classes: swap rows and columns, or call it map if they are"
        )
    texts = [text for line in lines[1:] for text in line[1:]]
    numbers = iter(table.numbers(texts, range(len(columns) + 1)))
    counts: dict[tuple[str, str], int] = {}
    for line in lines[1:]:
        for column, text in zip(columns, line[1:], strict=False):
            where = f"{path}: map class {line[0]!r}, reference {column!r}"
            counts[line[0], column] = _count(next(numbers), text, where)
        if len(line) != len(columns) + 1:
            raise InvalidSample(
                f"{path}: map class {line[0]!r} has {len(line) - 1} counts, the first line names "
                f"{len(columns)} reference classes"
            )
    rows, columns = _without_totals(path, counts, rows, columns)
    cells = [(row, row, column, counts[row, column]) for row in rows for column in columns]
    return _table(path, cells, [*rows, *columns], of_classes=True)


def _with_names(table: CsvTable) -> list[list[str]]:
    """Lines with the map classes in the first column, as comments at the top may tell them.

    Orfeo ToolBox and dzetsaka write bare numbers whose lines are the reference.
    """
    told = read_orientation(table.comments)
    lines = table.lines
    if told.line_names and told.column_names:
        if len(lines) != len(told.line_names) or any(
            len(line) != len(told.column_names) for line in lines
        ):
            raise InvalidSample(
                f"{table.path}: the comments name {len(told.line_names)} lines and "
                f"{len(told.column_names)} columns, the numbers are others"
            )
        numbered = zip(told.line_names, lines, strict=True)
        lines = [["", *told.column_names], *([name, *line] for name, line in numbered)]
    bare = all(is_number(cell) for line in lines for cell in line if cell)
    if told.lines != "reference":
        return lines
    if bare and not told.line_names:
        raise InvalidSample(
            f"{table.path}: lines are the reference here ({told.said!r}): exchange rows and "
            "columns, and name them: reference classes in the first line, map classes in front "
            "of each other line"
        )
    if len({len(line) for line in lines}) != 1:
        raise InvalidSample(f"{table.path}: lines of different length; fill every cell")
    return [list(line) for line in zip(*lines, strict=True)]


def _refuse_nameless_rows(
    path: Path, lines: Sequence[Sequence[str]], rows: list[str], columns: list[str]
) -> None:
    """Refuse a square of numbers below a line of names: its first column would be the names."""
    square = len(rows) == len(columns) + 1 and not set(rows) & set(columns)
    if square and all(is_number(cell) for line in lines[1:] for cell in line):
        raise InvalidSample(
            f"{path}: the lines begin with numbers ({', '.join(rows)}), not with the names "
            "of map classes; put the map class in front of each line"
        )


def _without_totals(
    path: Path, counts: Mapping[tuple[str, str], int], rows: list[str], columns: list[str]
) -> tuple[list[str], list[str]]:
    """Names of rows and columns but for totals.

    What is called a total must be the sum that it claims to be; what is the sum of all others
    is a total under any name, as pivot tables write it in the language of the office.
    """
    own_rows = [n for n in rows if not is_called_total(n)]
    own_columns = [n for n in columns if not is_called_total(n)]
    for name in (n for n in columns if n not in own_columns):
        for row in own_rows:
            parts = [counts[row, column] for column in own_columns]
            check_sum(counts[row, name], parts, f"{path}: map class {row!r}, column {name!r}")
    for name in (n for n in rows if n not in own_rows):
        for column in own_columns:
            parts = [counts[row, column] for row in own_rows]
            check_sum(counts[name, column], parts, f"{path}: row {name!r}, reference {column!r}")
    matrix = np.array([[counts[r, c] for c in own_columns] for r in own_rows], dtype=np.int64)
    if not matrix.size:
        return own_rows, own_columns
    summed_rows, summed_columns = find_totals(matrix, own_rows, own_columns)
    return (
        [n for n in own_rows if n not in summed_rows],
        [n for n in own_columns if n not in summed_columns],
    )


def _read_long(table: CsvTable) -> CountTable:
    path, lines = table.path, table.lines
    titles = [title.lower() for title in lines[0]]
    strange = sorted(set(titles) - {*_LONG, _COUNT, *_DRAWN})
    if strange or len(titles) != len(set(titles)):
        raise InvalidSample(
            f"{path}: columns are {', '.join(lines[0])}; a long table has stratum, map, reference "
            "and n, each once, and where there are any primary_unit and weight"
        )
    for number, line in zip(table.places[1:], lines[1:], strict=True):
        if len(line) != len(titles):
            raise InvalidSample(f"{path}, line {number}: {len(line)} of {len(titles)} columns")
    weights = numbers_of(table, titles, "weight", least=0.0)
    names_of(table, titles, "primary_unit")
    column = titles.index(_COUNT) if _COUNT in titles else None
    texts = ["1" if column is None else line[column] for line in lines[1:]]
    numbers = table.numbers(texts, [column or 0])
    keys = [title for title in (*_LONG, *_DRAWN) if title in titles]
    cells: dict[tuple[str, ...], int] = {}
    weight_of: dict[tuple[str, ...], float] = {}
    for i, (line, text, n) in enumerate(zip(lines[1:], texts, numbers, strict=True)):
        row = dict(zip(titles, line, strict=True))
        cell = tuple(row[title] for title in keys)
        where = f"{path}, line {table.places[1 + i]}"
        for title in _LONG:
            if not row[title]:
                raise InvalidSample(f"{where}: no {title}; a unit without class is left out")
        if _COUNT in row and cell in cells:
            raise InvalidSample(f"{where}: {' / '.join(cell)} was counted before")
        cells[cell] = cells.get(cell, 0) + _count(n, text, where)
        weight_of[cell] = 1.0 if weights is None else float(weights[i])
    every = [(cell[0], cell[1], cell[2], n) for cell, n in cells.items()]
    names = [name for _, one, other, _ in every for name in (one, other)]
    found = _table(path, every, names, of_classes=False)
    held = [cell for cell, n in cells.items() if n > 0]
    primary = tuple(cell[3] for cell in held) if "primary_unit" in titles else ()
    kept = None if weights is None else np.array([weight_of[cell] for cell in held])
    return replace(found, primary=primary, weights=kept)


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


def _refuse_twice(path: Path, what: str, names: Sequence[str]) -> None:
    for number, name in enumerate(names, start=2):
        if not name:
            where = "line" if what == "map class" else "column"
            raise InvalidSample(
                f"{path}: the {what} of {where} {number} has no name; the first line names the "
                "reference classes, the first column the map classes"
            )
        if names.count(name) > 1:
            raise InvalidSample(f"{path}: {what} {name!r} occurs more than once")


def _count(number: float | None, text: str, where: str) -> int:
    if number is None or not number >= 0 or not number.is_integer():
        hint = ""
        if number is not None and number >= 0:
            hint = (
                ". Shares or percentages do not say how many units they come from: give the units"
            )
        raise InvalidSample(
            f"{where}: count is {text!r}; it must be a whole number of units, 0 or more{hint}"
        )
    return int(number)
