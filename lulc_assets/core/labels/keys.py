"""Tile and year of a label as people write them.

What belongs here: dates, reals and text that mean a year, and spellings of a tile. What does
not: years and tiles that a map may have (``core/grid``).
"""

import re
from datetime import date

import numpy as np

from lulc_assets.core.errors import InvalidTileKey, LabelError
from lulc_assets.core.tile_keys import validate_tile

_FIRST, _LAST = 1900, 2100
_YEAR = re.compile(r"([0-9]{4})(?:\.0+)?")
_DATE = re.compile(r"([0-9]{4})[-/.](?:0[1-9]|1[0-2])[-/.](?:[0-2][0-9]|3[01])(?:[T ].*)?")


def read_year(value: object, where: str) -> int:
    """The year that a label holds for.

    Args:
        value: a whole number, a real without decimals, a date, or text of one of these.
        where: file and label, for the message.

    Raises:
        LabelError: it is none of these; no part of a number is dropped.
    """
    year = None
    if isinstance(value, date):  # a pandas.Timestamp is one
        year = value.year
    elif isinstance(value, np.datetime64):
        year = int(value.astype("datetime64[Y]").astype(int)) + 1970
    elif isinstance(value, str):
        match = _YEAR.fullmatch(value) or _DATE.fullmatch(value)
        year = int(match[1]) if match else None
    elif isinstance(value, int | np.integer) or (
        isinstance(value, float | np.floating) and float(value).is_integer()
    ):
        year = int(value)
    if year is None or not _FIRST <= year <= _LAST:
        raise LabelError(f"{where}: year is {value!r}; write a whole year like 2021, or a date")
    return year


def read_tile(value: object, where: str) -> str:
    """The MGRS tile that a label belongs to, from texts such as T33TVL or 33tvl.

    Raises:
        LabelError: it names no tile.
    """
    key = str(value).strip().upper()
    try:
        return validate_tile(key.removeprefix("T") if len(key) == 6 else key)
    except InvalidTileKey as error:
        raise LabelError(f"{where}: {error}") from error
