"""CSV files as spreadsheets, data frames and GIS write them, as lines of tidy cells.

What belongs here: encodings, delimiters, comments, and what such programs add: a line that
names the delimiter, empty columns and lines, a column of row numbers. What does not: numbers
(``numbers``), totals (``totals``), what the cells mean (the callers).
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pandas as pd

from lulc_assets.core.errors import InvalidSample, LulcError
from lulc_assets.core.tables.numbers import AmbiguousNumbers, is_number, read_numbers
from lulc_assets.core.tables.text_file import decode_delivered, tidy

_DELIMITERS = (";", "\t", "|", ",")
"""Where two part a file equally well, the first: a comma may be a decimal mark."""
_NAMED_DELIMITER = re.compile(r'"?sep=([;,|\t])"?[;,]*', re.IGNORECASE)
_FORMULA = re.compile(r"'(?=[=+\-@])")


@dataclass(frozen=True)
class CsvTable:
    """Lines of a CSV file.

    Attributes:
        path: of the file.
        delimiter: that parts its cells.
        lines: of cells without blanks around them, in Unicode's composed form; no empty
            lines, no empty last columns.
        places: number in the file of each line, from 1.
        comments: texts of the lines at the start that begin with "#".
        error: raised for what is wrong with the file.
    """

    path: Path
    delimiter: str
    lines: list[list[str]]
    places: list[int]
    comments: tuple[str, ...] = ()
    error: type[LulcError] = field(default=InvalidSample)

    def numbers(self, cells: Sequence[str], columns: Sequence[int] = ()) -> list[float | None]:
        """Numbers in cells that hold one kind of thing, None for a cell that is none.

        Args:
            cells: judged together.
            columns: that the cells come from; the other ones, but the first, show the file's
                marks where the cells leave them open.

        Raises:
            InvalidSample: marks contradict each other or can be read in two ways.
        """
        held = {0, *columns}
        others = [c for line in self.lines for i, c in enumerate(line) if c and i not in held]
        try:
            return read_numbers(cells, others)
        except AmbiguousNumbers as error:
            raise self.error(f"{self.path}: {error}") from error

    def frame(self) -> pd.DataFrame:
        """The table with its first line as titles: text, one row per line, by number in the file.

        Raises:
            InvalidSample: no titles, a title twice, or a line of another length.
        """
        if not self.lines:
            raise self.error(f"{self.path}: is empty; the first line names the columns")
        titles, *rows = self.lines
        twice = [title for title in titles if title and titles.count(title) > 1]
        if twice:
            raise self.error(f"{self.path}: column {twice[0]!r} occurs more than once")
        for place, row in zip(self.places[1:], rows, strict=True):
            if len(row) > len(titles):
                raise self.error(
                    f"{self.path}, line {place}: {len(row)} cells, the first line names "
                    f"{len(titles)} columns; put text that holds {self.delimiter!r} in quotes"
                )
        filled = [row + [""] * (len(titles) - len(row)) for row in rows]
        return pd.DataFrame(filled, columns=titles, index=self.places[1:], dtype=object)


def read_csv(path: Path, error: type[LulcError] = InvalidSample) -> CsvTable:
    """Read a CSV file in UTF-8, UTF-16 or Windows' own encoding.

    Args:
        path: of the file.
        error: raised, naming the file, where it cannot be read.
    """
    try:
        text = decode_delivered(path.read_bytes())
        comments, first, body = _without_head(text)
        delimiter = _named_delimiter(text) or _find_delimiter(body)
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
        found = []
        for cells in reader:
            found.append((first + reader.line_num, [_cell(cell) for cell in cells]))
    except (OSError, UnicodeError, csv.Error) as cause:
        raise error(
            f"{path}: cannot be read as a CSV file: {cause}. Save it as CSV UTF-8"
        ) from cause
    found = [(place, cells) for place, cells in found if any(cells)]
    width = max((_filled(cells) for _, cells in found), default=0)
    # Spreadsheets end every line with the empty cells of the widest line they ever had.
    lines = _without_row_numbers([cells[:width] for _, cells in found])
    return CsvTable(path, delimiter, lines, [place for place, _ in found], comments, error)


def _without_head(text: str) -> tuple[tuple[str, ...], int, str]:
    """Comments, how many lines stand before the table, and the table."""
    comments = []
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        plain = line.strip()
        if plain.startswith("#"):
            comments.append(plain.lstrip("# "))
        elif plain and not _NAMED_DELIMITER.fullmatch(line.strip("\r\n ")):
            return tuple(comments), number, "".join(lines[number:])
    return tuple(comments), len(lines), ""


def _named_delimiter(text: str) -> str | None:
    """The delimiter that a line ``sep=;`` names, as Excel understands it."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    match = _NAMED_DELIMITER.fullmatch(first.strip("\r\n "))
    return match[1] if match else None


def _find_delimiter(text: str) -> str:
    """The delimiter that parts most lines alike."""
    head = text[:100_000]

    def quality(delimiter: str) -> tuple[bool, float]:
        lines = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        widths = [len(line) for line in lines if line] or [1]
        return min(widths) > 1, median(widths)

    return max(_DELIMITERS, key=quality)


def _cell(text: str) -> str:
    """A cell as it was meant: tidy, without the quote that hides a formula from spreadsheets."""
    return _FORMULA.sub("", tidy(text), count=1) if text.startswith("'") else tidy(text)


def _filled(line: Sequence[str]) -> int:
    return max((i + 1 for i, cell in enumerate(line) if cell), default=0)


def _without_row_numbers(lines: list[list[str]]) -> list[list[str]]:
    """Without a first column 0, 1, 2 … that a data frame's index left, where names follow it."""
    if len(lines) < 2 or lines[0][0] not in ("", "index", "Unnamed: 0"):
        return lines
    body = lines[1:]
    numbers = [line[0] for line in body]
    counted = any(numbers == [str(i + start) for i in range(len(body))] for start in (0, 1))
    named = all(len(line) > 2 and not is_number(line[1]) for line in body)
    return [line[1:] for line in lines] if counted and named and lines[0][1] else lines
