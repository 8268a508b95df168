"""What a crosswalk is: a documented translation from a foreign vocabulary into a legend.

What belongs here: the type and how it is applied. What does not: the tables (``world``,
``europe``), finding one by name (the package).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend_class import spelling

_WHOLE = re.compile(r"([0-9]+)\.0+")
"""A code as programs write it that know reals only."""

Relation = Literal["exact", "broader", "narrower", "none"]


@dataclass(frozen=True)
class CrosswalkEntry:
    """One class of a foreign vocabulary and where it goes.

    Attributes:
        source: the foreign code or name, as text.
        title: the foreign class in words.
        target: our code, or 0 for "leave unlabelled".
        relation: of the foreign class to ours: exact, broader, narrower or none.
    """

    source: str
    title: str
    target: int
    relation: Relation


@dataclass(frozen=True)
class Crosswalk:
    """A documented translation from a foreign vocabulary into the legend."""

    name: str
    source_vocabulary: str
    citation: str
    entries: tuple[CrosswalkEntry, ...]

    def _by_text(self) -> Mapping[str, CrosswalkEntry]:
        meanings: dict[str, set[tuple[int, Relation]]] = {}
        for entry in self.entries:
            meanings.setdefault(entry.title, set()).add((entry.target, entry.relation))
        known = {entry.source: entry for entry in self.entries}
        for entry in self.entries:
            if len(meanings[entry.title]) == 1:
                known.setdefault(entry.title, entry)
        return known

    def entries_of(self, values: Sequence[object]) -> list[CrosswalkEntry]:
        """The entry of each foreign value.

        A value that is not there as it is written is found by its spelling (composed letters,
        no outer space, any case) where that names one class only.

        Raises:
            UnknownClass: a value is in no entry; the message names it.
        """
        exact = self._by_text()
        loose: dict[str, CrosswalkEntry | None] = {}
        for text, entry in exact.items():
            same = loose.setdefault(spelling(text), entry)
            if same is None or (same.target, same.relation) != (entry.target, entry.relation):
                loose[spelling(text)] = None
        found = {t: exact.get(t) or loose.get(spelling(t)) for t in set(map(as_key, values))}
        unknown = sorted(text for text, each in found.items() if each is None)
        if unknown:
            raise UnknownClass(
                f"value(s) {', '.join(map(repr, unknown))} are not in crosswalk {self.name}; "
                f"it knows {', '.join(e.source for e in self.entries)}. Add an entry (for classes "
                "of your own: a class to [legend]) or correct the labels."
            )
        return [each for v in values if (each := found[as_key(v)]) is not None]

    def knows(self, value: object) -> bool:
        """Whether a foreign value is in an entry."""
        try:
            return bool(self.entries_of([value]))
        except UnknownClass:
            return False

    def translate(self, values: Iterable[object]) -> npt.NDArray[np.uint8]:
        """Translate foreign values into codes, shape (n,), uint8; 0 = unlabelled.

        Raises:
            UnknownClass: a value is in no entry; see :meth:`entries_of`.
        """
        return np.array([entry.target for entry in self.entries_of(list(values))], dtype=np.uint8)


def as_key(value: object) -> str:
    """Spell a code or name as crosswalks do: whole numbers without point, composed letters."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = unicodedata.normalize("NFC", str(value)).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text
