"""The land-cover legend: one object for labels, training, maps and accuracy.

What belongs here: classes with their codes, names and colours, and the type of a
crosswalk from a foreign vocabulary. What does not: the crosswalk tables themselves
(``crosswalks.py``).

Codes: 0 is no data and comes only from validity; 1–9 are land classes; 10 is clouds.
A network has ten logits, ``code = argmax + 1``.

Source: Karra et al. 2021, "Global land use / land cover with Sentinel 2 and deep
learning", table 1. Colours follow the Esri / Impact Observatory map.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import UnknownClass

Relation = Literal["exact", "broader", "narrower", "none"]


class LandCover(IntEnum):
    """Codes of the ten-class legend, as stored in every class raster (uint8)."""

    NO_DATA = 0
    WATER = 1
    TREES = 2
    GRASS = 3
    FLOODED_VEGETATION = 4
    CROPS = 5
    SCRUB = 6
    BUILT_AREA = 7
    BARE_GROUND = 8
    SNOW_ICE = 9
    CLOUDS = 10


@dataclass(frozen=True)
class LegendClass:
    """One class: its raster code, machine name, printed title and sRGB colour."""

    code: int
    name: str
    title: str
    color: str

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as three numbers of 0–255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


@dataclass(frozen=True)
class Legend:
    """An ordered set of classes without code 0.

    Attributes:
        name: identifies the legend in bundles and records.
        classes: ordered by code, codes 1…n without gaps (n logits of a network).
    """

    name: str
    classes: tuple[LegendClass, ...]

    def __post_init__(self) -> None:
        if [c.code for c in self.classes] != list(range(1, len(self.classes) + 1)):
            raise ValueError(f"legend {self.name}: codes must be 1…n in order")

    @property
    def digest(self) -> str:
        """SHA-256 over codes and names; two legends are the same when it agrees."""
        text = ";".join(f"{c.code}={c.name}" for c in self.classes)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def codes(self) -> tuple[int, ...]:
        """All codes in order."""
        return tuple(c.code for c in self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """All machine names in the order of the codes."""
        return tuple(c.name for c in self.classes)

    @property
    def land(self) -> tuple[LegendClass, ...]:
        """The classes that a map may show: all but clouds."""
        return tuple(c for c in self.classes if c.code != LandCover.CLOUDS)

    def by_code(self, code: int) -> LegendClass:
        """The class with a code.

        Raises:
            UnknownClass: the code is not in the legend.
        """
        if not 1 <= code <= len(self.classes):
            raise UnknownClass(f"class code {code} is not in legend {self.name} ({self.codes})")
        return self.classes[code - 1]

    def code_of(self, name: str) -> int:
        """The code of a machine name.

        Raises:
            UnknownClass: the name is not in the legend.
        """
        for c in self.classes:
            if c.name == name:
                return c.code
        raise UnknownClass(
            f"class {name!r} is not in legend {self.name}; known classes: {', '.join(self.names)}"
        )

    def colormap(self) -> dict[int, tuple[int, int, int, int]]:
        """Palette for a class raster: code → RGBA; code 0 is transparent."""
        palette = {c.code: (*c.rgb, 255) for c in self.classes}
        return {0: (0, 0, 0, 0), **palette}

    def rgb_table(self) -> npt.NDArray[np.uint8]:
        """Lookup table, shape (n + 1, 3), uint8; row 0 (no data) is white."""
        table = np.full((len(self.classes) + 1, 3), 255, dtype=np.uint8)
        for c in self.classes:
            table[c.code] = c.rgb
        return table


KARRA_10 = Legend(
    name="karra-10",
    classes=(
        LegendClass(1, "water", "Water", "#419BDF"),
        LegendClass(2, "trees", "Trees", "#397D49"),
        LegendClass(3, "grass", "Grass", "#88B053"),
        LegendClass(4, "flooded_vegetation", "Flooded vegetation", "#7A87C6"),
        LegendClass(5, "crops", "Crops", "#E49635"),
        LegendClass(6, "scrub", "Scrub / shrub", "#DFC35A"),
        LegendClass(7, "built_area", "Built area", "#C4281B"),
        LegendClass(8, "bare_ground", "Bare ground", "#A59B8F"),
        LegendClass(9, "snow_ice", "Snow / ice", "#A8EBFF"),
        LegendClass(10, "clouds", "Clouds", "#616161"),
    ),
)


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

    def table(self) -> Mapping[str, int]:
        """Foreign code or name → our code; a title stands for its code where it is unique."""
        return {text: entry.target for text, entry in self._by_text().items()}

    def relations(self) -> Mapping[str, Relation]:
        """Foreign code or name → its relation to our class."""
        return {text: entry.relation for text, entry in self._by_text().items()}

    def _by_text(self) -> Mapping[str, CrosswalkEntry]:
        meanings: dict[str, set[tuple[int, Relation]]] = {}
        for entry in self.entries:
            meanings.setdefault(entry.title, set()).add((entry.target, entry.relation))
        known = {entry.source: entry for entry in self.entries}
        for entry in self.entries:
            if len(meanings[entry.title]) == 1:
                known.setdefault(entry.title, entry)
        return known

    def translate(self, values: Iterable[object]) -> npt.NDArray[np.uint8]:
        """Translate foreign values into codes, shape (n,), uint8; 0 = unlabelled.

        Raises:
            UnknownClass: a value is in no entry; the message names it.
        """
        table = self.table()
        texts = [as_key(v) for v in values]
        unknown = sorted({t for t in texts if t not in table})
        if unknown:
            raise UnknownClass(
                f"value(s) {', '.join(map(repr, unknown))} are not in crosswalk {self.name}; "
                f"it knows {', '.join(e.source for e in self.entries)}. Add an entry or correct "
                "the labels."
            )
        return np.array([table[t] for t in texts], dtype=np.uint8)


def as_key(value: object) -> str:
    """Spell a code the way crosswalks do: integers without a decimal point."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
