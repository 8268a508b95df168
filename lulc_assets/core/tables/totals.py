"""Totals in tables: by being sums, whatever they are called.

What belongs here: telling totals from classes. What does not: reading tables.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

_TOTALS = {"total", "totals", "sum", "sums", "all", "subtotal", "grand total", "row total"}
_TOTALS |= {"column total", "col total", "margin", "σ", "gesamt", "summe"}
_ROUNDING = 1e-6
"""Relative difference between a total and the sum of its parts that rounding explains."""
_PARTS = 2
"""Parts that a total of another name has at least: with one, two equal classes are each
other's sum."""


def is_called_total(name: str) -> bool:
    """Whether a line or column is called a total."""
    return name.casefold().strip(" .:") in _TOTALS


def check_sum(total: float, parts: Sequence[float], where: str) -> None:
    """Refuse a total that is not the sum of its parts.

    Raises:
        InvalidSample: it is not; a class of that name would be mistaken for a total.
    """
    expected = sum(parts)
    if not _equal(total, expected):
        raise InvalidSample(
            f"{where} is {total:g}, the others sum to {expected:g}; correct it, leave totals out, "
            "or give a class of that name another one"
        )


def find_totals(
    counts: npt.NDArray[np.int64], rows: Sequence[str], columns: Sequence[str]
) -> tuple[set[str], set[str]]:
    """Rows and columns of a matrix that are the sum of all others in every place.

    A class stands in both directions, so a sum whose name does too is a total only if it is
    one in both.

    Args:
        counts: shape (rows, columns).
        rows: their names, unique.
        columns: likewise.
    """
    summed_rows, summed_columns = _sums(counts, rows), _sums(counts.T, columns)
    return (
        {name for name in summed_rows if name not in columns or name in summed_columns},
        {name for name in summed_columns if name not in rows or name in summed_rows},
    )


def _sums(counts: npt.NDArray[np.int64], names: Sequence[str]) -> set[str]:
    """The line that is the sum of all others; none where two are, as in a table of zeros."""
    if len(names) <= _PARTS:
        return set()
    doubled = 2 * counts == counts.sum(axis=0)
    found = {
        name
        for name, line, equal in zip(names, counts, doubled, strict=True)
        if equal.all() and line.any()
    }
    return found if len(found) == 1 else set()


def find_total(areas: Mapping[str, float], classes: Collection[str]) -> str | None:
    """The area that is not a class's and the sum of all others, None where there is none."""
    whole = sum(areas.values())
    for name, area in areas.items():
        if name not in classes and len(areas) > _PARTS and area and _equal(area, whole - area):
            return name
    return None


def _equal(total: float, expected: float) -> bool:
    return abs(total - expected) <= _ROUNDING * max(1.0, abs(expected))
