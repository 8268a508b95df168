"""Tables of units that show a thing in part: plots, pixels over time, clusters, weights.

What belongs here: reading them. What does not: tables of classes (``count_files.py``) and
estimating (``shares.py``).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.tables.csv_file import CsvTable, read_csv

_KNOWN = ("unit_id", "stratum", "primary_unit", "weight", "y", "x")
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UnitTable:
    """Units with what they show, one entry each.

    Attributes:
        source: file name for messages.
        strata: of each unit; "all" where the table has none.
        primary: what each unit was drawn with, named within its stratum; empty where units
            themselves were drawn.
        weights: shape (n,), above 0: what each stands for; None where areas say it.
        y: shape (n,): what the unit shows: a share of it, or an amount.
        x: shape (n,): of how much: 1, or an amount.
    """

    source: str
    strata: tuple[str, ...]
    primary: tuple[str, ...]
    weights: Numbers | None
    y: Numbers
    x: Numbers


def read_units(path: Path) -> UnitTable:
    """Read a CSV of units: y, and where there are any stratum, primary_unit, weight and x.

    Raises:
        InvalidSample: not readable, an unknown column, no y, or a cell that is no number.
    """
    table = read_csv(path)
    titles = [title.lower() for title in table.lines[0]] if table.lines else []
    strange = sorted(set(titles) - set(_KNOWN))
    if strange or "y" not in titles or len(titles) != len(set(titles)):
        raise InvalidSample(
            f"{path}: columns are {', '.join(titles) or 'none'}; a table of units has y, and where "
            "there are any stratum, primary_unit, weight, x and unit_id, each once"
        )
    lines = table.lines[1:]
    if not lines:
        raise InvalidSample(f"{path}: no units")
    for place, line in zip(table.places[1:], lines, strict=True):
        if len(line) != len(titles):
            raise InvalidSample(f"{path}, line {place}: {len(line)} of {len(titles)} columns")
    n = len(lines)
    strata = names_of(table, titles, "stratum") or ("all",) * n
    y = numbers_of(table, titles, "y", least=-np.inf)
    x = numbers_of(table, titles, "x", least=0.0)
    weights = numbers_of(table, titles, "weight", least=0.0)
    if y is None:
        raise ValueError("a table of units without y")
    return UnitTable(
        str(path),
        strata,
        names_of(table, titles, "primary_unit"),
        weights,
        y,
        np.ones(n) if x is None else x,
    )


def names_of(table: CsvTable, titles: list[str], title: str) -> tuple[str, ...]:
    """Texts of a column, empty without it.

    Raises:
        InvalidSample: an empty cell.
    """
    if title not in titles:
        return ()
    column = titles.index(title)
    for place, line in zip(table.places[1:], table.lines[1:], strict=True):
        if not line[column]:
            raise InvalidSample(f"{table.path}, line {place}: no {title}; give every unit one")
    return tuple(line[column] for line in table.lines[1:])


def numbers_of(table: CsvTable, titles: list[str], title: str, *, least: float) -> Numbers | None:
    """Numbers of a column, None without it.

    Raises:
        InvalidSample: a cell that is no number, or below ``least``; a weight of 0.
    """
    if title not in titles:
        return None
    column = titles.index(title)
    texts = [line[column] for line in table.lines[1:]]
    found = table.numbers(texts, [column])
    for place, text, number in zip(table.places[1:], texts, found, strict=True):
        low = number is None or not np.isfinite(number) or number < least
        if low or (title == "weight" and number == 0):
            wanted = "a number" if least < 0 else "a number of 0 or more"
            wanted = "a number above 0" if title == "weight" else wanted
            raise InvalidSample(
                f"{table.path}, line {place}: {title} is {text!r}; it must be {wanted}"
            )
    return np.array(found, dtype=np.float64)
