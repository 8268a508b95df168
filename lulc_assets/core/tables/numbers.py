"""Numbers as people write them: which mark is the decimal one is judged by column and file.

What belongs here: decimal and thousands marks. What does not: what the numbers count.

12.400 alone is 12.4 or 12,400. A convention is a pair of marks; it holds where it reads every
number of the column. Where several hold and disagree, the other columns of the file decide,
then regularity: programs write a fixed number of decimals, or cut trailing zeros, and group
all long numbers or none. What is still open is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
_SAME = str.maketrans({"−": "-", "’": "'", "`": "'"})


class AmbiguousNumbers(ValueError):
    """Numbers of one column contradict each other, or can be read in two ways."""


@dataclass(frozen=True)
class Convention:
    """Which mark stands before decimals, and which between thousands ("" for none)."""

    decimal: str
    thousands: str

    def read(self, text: str) -> float | None:
        """The number, None where it is not one in this convention."""
        match = self._pattern().fullmatch(text)
        if match is None:
            return None
        whole = match["whole"] or ""
        plain = whole.replace(self.thousands, "") if self.thousands else whole
        fraction, exponent = match["fraction"] or "", match["exponent"] or ""
        return float(f"{match['sign']}{plain or '0'}.{fraction or '0'}{exponent}")

    def is_regular(self, texts: Sequence[str]) -> bool:
        """Whether one program would write these numbers in this convention."""
        matches = [match for text in texts if (match := self._pattern().fullmatch(text))]
        fractions = [match["fraction"] or "" for match in matches]
        fixed = len({len(fraction) for fraction in fractions}) == 1
        trimmed = not any(fraction.endswith("0") for fraction in fractions)
        wholes = [match["whole"] or "" for match in matches]
        grouped = self.thousands != "" and any(self.thousands in whole for whole in wholes)
        loose = any(whole.isdecimal() and len(whole) > 3 for whole in wholes)
        return (fixed or trimmed) and not (grouped and loose)

    def _pattern(self) -> re.Pattern[str]:
        return _PATTERNS[self]


_CONVENTIONS = tuple(
    Convention(decimal, thousands)
    for decimal, thousands in product(".,", ("", ".", ",", " ", "'"))
    if decimal != thousands
)


def _compile(convention: Convention) -> re.Pattern[str]:
    mark, group = re.escape(convention.decimal), re.escape(convention.thousands)
    grouped = rf"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|" if group else ""
    return re.compile(
        rf"(?P<sign>[+-]?)(?:(?P<whole>{grouped}[0-9]+)(?:{mark}(?P<fraction>[0-9]*))?"
        rf"|{mark}(?P<only>[0-9]+))(?P<exponent>[eE][+-]?[0-9]+)?"
    )


_PATTERNS = {convention: _compile(convention) for convention in _CONVENTIONS}


def is_number(text: str) -> bool:
    """Whether a cell is a number in any convention."""
    plain = _plain(text)
    return any(convention.read(plain) is not None for convention in _CONVENTIONS)


def read_numbers(texts: Sequence[str], others: Sequence[str] = ()) -> list[float | None]:
    """The numbers of a column, None for a cell that is none.

    Args:
        texts: cells of the column, or of a matrix of equal things.
        others: cells of the same file that are numbers of other kinds.

    Raises:
        AmbiguousNumbers: they follow no common convention, or several that disagree; the
            message names a cell.
    """
    cells = [_plain(text) for text in texts]
    known = [cell for cell in cells if is_number(cell)]
    possible = [c for c in _CONVENTIONS if all(c.read(cell) is not None for cell in known)]
    if not possible:
        raise AmbiguousNumbers(_contradiction(known))
    chosen = _narrow(possible, known, [_plain(text) for text in others])
    return [chosen.read(cell) for cell in cells]


def _narrow(
    possible: Sequence[Convention], known: Sequence[str], others: Sequence[str]
) -> Convention:
    """The convention that is meant, among those that read every number."""
    left = list(possible)
    if _agree(left, known):
        return left[0]
    shown = [other for other in others if is_number(other)]
    by_file = [c for c in left if all(c.read(other) is not None for other in shown)]
    left = by_file or left
    if not _agree(left, known):
        left = [c for c in left if c.is_regular(known)] or left
    if _agree(left, known):
        return left[0]
    cell = next(c for c in known if len({way.read(c) for way in left}) > 1)
    raise AmbiguousNumbers(
        f"is {cell!r} with three decimals or in thousands? Write numbers without marks between "
        "thousands, and not with three decimals"
    )


def _agree(conventions: Sequence[Convention], cells: Sequence[str]) -> bool:
    return all(len({way.read(cell) for way in conventions}) == 1 for cell in cells)


def _contradiction(cells: Sequence[str]) -> str:
    """The first two cells that no convention reads together."""
    for n, cell in enumerate(cells):
        for other in cells[:n]:
            if not any(
                c.read(cell) is not None and c.read(other) is not None for c in _CONVENTIONS
            ):
                return (
                    f"{other!r} and {cell!r} use one mark in two ways; write all numbers in one "
                    "way, without marks between thousands"
                )
    return (
        f"{cells[0]!r} and the others use one mark in two ways; write all numbers in one way, "
        "without marks between thousands"
    )


def _plain(text: str) -> str:
    """A cell with one kind of blank, minus sign and apostrophe."""
    return _BLANKS.sub(" ", text.translate(_SAME)).strip()
