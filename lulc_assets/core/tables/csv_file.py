"""CSV files as spreadsheets and data frames write them, as lines of stripped cells.

What belongs here: encodings, delimiters, decimal commas, and what such programs add: empty
columns, a column of row numbers, totals. What does not: what the cells mean
(``count_files.py``).
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import InvalidSample

_DELIMITERS = (",", ";", "\t")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TOTALS = {"total", "totals", "sum", "sums", "all", "subtotal", "grand total", "row total"}
_TOTALS |= {"column total", "col total", "margin", "σ", "gesamt", "summe"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,' ]\d{3})+")
_ROUNDING = 1e-6
"""Relative difference between a total and the sum of its parts that rounding explains."""


@dataclass(frozen=True)
class CsvTable:
    """Lines of a CSV file.

    Attributes:
        path: of the file.
        delimiter: that parts its cells.
        lines: of cells without blanks around them; no empty lines, no empty last columns.
    """

    path: Path
    delimiter: str
    lines: list[list[str]]

    def number(self, text: str) -> float | None:
        """The number in a cell, None where there is none.

        With another delimiter than the comma a single comma is the decimal mark, as Excel
        writes it where that is the custom.
        """
        if self.delimiter != "," and _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        try:
            return float(text)
        except ValueError:
            return None


def read_csv(path: Path) -> CsvTable:
    """Read a CSV file in UTF-8, UTF-16 with a mark, or Windows' own encoding.

    Raises:
        InvalidSample: it cannot be read.
    """
    try:
        data = path.read_bytes()
        text = _decode(data)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSample(
            f"{path}: cannot be read as a CSV file: {error}. Save it as CSV UTF-8"
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    lines = [[cell.strip() for cell in line] for line in rows]
    lines = [line for line in lines if any(line)]
    width = max((_filled(line) for line in lines), default=0)
    # Spreadsheets end every line with the empty cells of the widest line they ever had.
    trimmed = [line[:width] if len(line) > width else line for line in lines]
    return CsvTable(path, delimiter, _without_row_numbers(trimmed))


def _decode(data: bytes) -> str:
    if data.startswith(_UTF16):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _filled(line: Sequence[str]) -> int:
    return max((i + 1 for i, cell in enumerate(line) if cell), default=0)


def _without_row_numbers(lines: list[list[str]]) -> list[list[str]]:
    """Without a first column 0, 1, 2 … that a data frame's index left, where names follow it."""
    if len(lines) < 2 or lines[0][0] not in ("", "index", "Unnamed: 0"):
        return lines
    body = lines[1:]
    numbers = [line[0] for line in body]
    counted = any(numbers == [str(i + start) for i in range(len(body))] for start in (0, 1))
    named = all(len(line) > 2 and not _is_number(line[1]) for line in body)
    return [line[1:] for line in lines] if counted and named and lines[0][1] else lines


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_total(name: str) -> bool:
    """Whether a line or column is called a total."""
    return name.casefold().strip(" .:") in _TOTALS


def check_sum(total: float, parts: Sequence[float], where: str) -> None:
    """Refuse a total that is not the sum of its parts.

    Raises:
        InvalidSample: it is not; a class of that name would be mistaken for a total.
    """
    expected = sum(parts)
    if abs(total - expected) > _ROUNDING * max(1.0, abs(expected)):
        raise InvalidSample(
            f"{where} is {total:g}, the others sum to {expected:g}; correct it, leave totals out, "
            "or give a class of that name another one"
        )


def explain_number(text: str) -> str:
    """What may be wrong with a number that cannot be read, as the end of a message."""
    if _THOUSANDS.fullmatch(text):
        return " (write it without marks between thousands)"
    return ""


def could_be_thousands(texts: Sequence[str]) -> bool:
    """Whether every number has the look of 18.000, which is 18 or 18,000."""
    return bool(texts) and all(re.fullmatch(r"\d{1,3}(\.\d{3})+", text) for text in texts)
