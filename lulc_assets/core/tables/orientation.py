"""What a table of counts says of itself: whose classes its lines and its columns are.

What belongs here: comments and corners of error matrices. What does not: their numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINES = r"\b(rows?|lines?|lignes?|zeilen?|filas?|linhas?|righe)\b"
_COLUMNS = r"\b(columns?|cols?|colonnes?|spalten?|columnas?|colunas?|colonne)\b"
_REFERENCE = (
    r"\b(references?|référence|referenz\w*|referencia|truth|ground[ _-]?truth|actual|observed)\b"
)
_MAP = r"\b(predict\w*|produced|map|mapped|classif\w*|estimated|karte|carte|mapa)\b"
_OTHER = {"reference": "map", "map": "reference"}


@dataclass(frozen=True)
class Orientation:
    """What comments say.

    Attributes:
        lines: "map" or "reference": whose classes the lines are; "" where nothing says it.
        line_names: of the lines, where a comment lists them.
        column_names: likewise.
        said: the comment that says it.
    """

    lines: str = ""
    line_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()
    said: str = ""


def read_orientation(comments: Sequence[str]) -> Orientation:
    """Read comments such as ``Reference labels (rows):1,2,3`` or ``Columns=prediction``."""
    lines, said = "", ""
    names: dict[str, tuple[str, ...]] = {}
    for comment in comments:
        head, _, listed = comment.partition(":")
        for clause in re.split(r"[,;.]", comment):
            whose = _one_of(clause, reference=_REFERENCE, map=_MAP)
            axis = _one_of(clause, lines=_LINES, columns=_COLUMNS)
            if not whose or not axis:
                continue
            lines, said = (whose if axis == "lines" else _OTHER[whose]), said or comment
            if listed.strip() and clause.startswith(head):
                names[axis] = tuple(name.strip() for name in re.split(r"[,;\t]", listed))
    return Orientation(lines, names.get("lines", ()), names.get("columns", ()), said)


def is_called_reference(corner: str) -> bool:
    """Whether the corner of a matrix, the title of its lines, names the reference alone."""
    plain = re.sub(r"[_\W]+", " ", corner.casefold()).strip()
    return _one_of(plain, reference=_REFERENCE, map=_MAP) == "reference"


def _one_of(text: str, **patterns: str) -> str:
    """The only pattern that occurs in a text, or nothing."""
    found = [name for name, pattern in patterns.items() if re.search(pattern, text.casefold())]
    return found[0] if len(found) == 1 else ""
