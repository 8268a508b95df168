"""Reading what one interpreter delivered, against the sealed key of the sample.

What belongs here: label files, and which of their columns hold the units, the class and the driver.
What does not: comparing interpreters (``interpreters.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.crosswalks import Crosswalk, as_key, find_crosswalk
from lulc_assets.core.errors import InvalidSample, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.answers import DRIVER_COLUMN, driver_codes
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.tables.csv_file import read_csv
from lulc_assets.core.tables.vector_file import read_attributes

_ID_COLUMNS = ("unit_id", "plotid", "plot_id", "pl_plotid", "pl_unit_id")
"""In any case. Collect Earth Online calls a unit a plot, and columns that were uploaded pl_…"""
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class Answers:
    """What one interpreter said.

    Attributes:
        classes: class code (uint8) by unit id; 0 = looked at but not interpretable.
        drivers: by unit id, uint8: 1 for the first driver of the response design, 0 = not named;
            None where the file has no column of drivers, or the response design no drivers.
    """

    classes: pd.Series
    drivers: pd.Series | None


def read_answers(
    path: Path,
    key: SealedKey,
    *,
    class_column: str = "reference_class",
    crosswalk: str = "",
    legend: Legend = KARRA_10,
) -> Answers:
    """Read the answers of one interpreter.

    Args:
        path: CSV, GeoPackage or any vector file; a unit's id is in ``unit_id`` or ``PLOTID``,
            why it lost its class in ``driver``.
        key: of the sample; the file may hold some of its units only.
        class_column: names or codes of the crosswalk's vocabulary; empty = not interpretable.
        crosswalk: its name; empty: the classes are the legend's own.
        legend: of the sample's map.

    Raises:
        InvalidSample: not readable, a column missing, a unit that was not drawn, one that is
            labelled twice, or a driver that the response design does not have.
        UnknownClass: a class is not in the crosswalk; the message names the unit.
    """
    table = _read_table(path, class_column)
    column = _column_called(table, class_column)
    if column is None:
        raise InvalidSample(
            f"{path}: no column {class_column}; it has {', '.join(map(str, table.columns))}"
        )
    ids = _unit_ids(table, key, path)
    values = table[column]
    named = values.notna() & (values.astype(str) != "")
    codes = np.zeros(len(table), dtype=np.uint8)
    translation = find_crosswalk(crosswalk, legend)
    codes[named.to_numpy()] = _translate(values[named], ids[named], translation, path)
    drivers = _drivers(table, ids, key, path)
    return Answers(pd.Series(codes, index=ids.to_numpy()), drivers)


def _drivers(
    table: pd.DataFrame, ids: "pd.Series[str]", key: SealedKey, path: Path
) -> pd.Series | None:
    response, column = key.design.response, _column_called(table, DRIVER_COLUMN)
    if response is None or not response.drivers or column is None:
        return None
    return pd.Series(driver_codes(table[column], ids, response, str(path)), index=ids.to_numpy())


def _read_table(path: Path, class_column: str) -> pd.DataFrame:
    if path.suffix.lower() in _TEXT_SUFFIXES:
        return read_csv(path).frame()
    return read_attributes(path, [class_column], InvalidSample)


def _column_called(table: pd.DataFrame, name: str) -> str | None:
    """The column of a name, in any case where no column is spelt the same."""
    same = [c for c in table.columns if c == name]
    near = [c for c in table.columns if str(c).casefold() == name.casefold()]
    return next(iter([*same, *near]), None)


def _unit_ids(table: pd.DataFrame, key: SealedKey, path: Path) -> "pd.Series[str]":
    """Ids of the units, each once.

    Raises:
        InvalidSample: none, one that was not drawn, or one twice.
    """
    ids = _find_ids(table, key, path)
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise InvalidSample(
            f"{path}: unit {twice!r} is labelled more than once by one interpreter; keep one line"
        )
    return ids


def _find_ids(table: pd.DataFrame, key: SealedKey, path: Path) -> "pd.Series[str]":
    """Ids of the units, from the column whose values are units of the sample.

    Programs number plots themselves and keep our ids in another column; so a column counts
    by what it holds, and its name only breaks ties.
    """
    drawn = set(key.units["unit_id"])
    columns = {str(c): table[c].map(as_key) for c in table.columns if c != "geometry"}
    called = [c for name in _ID_COLUMNS for c in columns if c.casefold() == name]
    for name in [*called, *(c for c in columns if c not in called)]:
        if len(table) and columns[name].isin(drawn).all():
            return columns[name]
    if not called:
        raise InvalidSample(
            f"{path}: no column unit_id (or PLOTID), and none holds units of the sample; it has "
            f"{', '.join(columns)}"
        )
    named = max(called, key=lambda c: int(columns[c].isin(drawn).sum()))
    row = int(np.flatnonzero(~columns[named].isin(drawn))[0]) if len(table) else 0
    strange = columns[named].iloc[row] if len(table) else ""
    raise InvalidSample(
        f"{path}, row {row + 1}, column {named}: unit {strange!r} was not drawn; the sample has "
        f"units such as {min(drawn)!r}: correct the id or delete the row"
    )


def _translate(
    values: pd.Series, ids: pd.Series, crosswalk: Crosswalk, path: Path
) -> Sequence[int] | npt.NDArray[np.uint8]:
    for unit, value in zip(ids, values, strict=True):
        if not crosswalk.knows(value):
            known = [entry.source for entry in crosswalk.entries]
            raise UnknownClass(
                f"{path}, unit {unit!r}: class {value!r} is not in crosswalk {crosswalk.name}; it "
                f"knows {', '.join(known)}"
            )
    return crosswalk.translate(values)
