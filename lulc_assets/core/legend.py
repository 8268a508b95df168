"""The land-cover legend: one object for labels, training, maps and accuracy.

What belongs here: classes with their codes, names, colours, roles and groups, the rules that
a legend keeps, and the default legend. What does not: other legends that come with the package
and legends in files (``core/legends``), translations from foreign vocabularies
(``core/crosswalks``).

Codes: 0 is no data and comes only from validity; 1…n are the classes, n logits of a network,
``code = argmax + 1``. A legend may have one class for clouds, always the last; the classes
before it are land.

Two tiers: a class may lie in a group ("maize" and "wheat" in "crops"). The network knows the
classes; :attr:`Legend.upper` is the legend of the groups, and :meth:`Legend.upper_codes`
leads from one to the other, so that maps, matrices and areas can be given at both.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidLegend, UnknownClass

Role = Literal["land", "cloud", "other"]
"""``land`` votes and is mapped; ``other`` as well, and stands for all that no other class
names; ``cloud`` neither votes nor is mapped."""

LEAST_CLASSES, MOST_CLASSES = 2, 60
LONGEST_NAME, LONGEST_TITLE = 60, 120
_FORBIDDEN = frozenset("<>&\"'`\\")
"""Letters that a name must not have: names become columns, keys and file content."""
_RESERVED = frozenset({"", "0", "no data", "no_data", "unlabelled", "not mapped"})


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
    """One class, or a group of classes.

    Attributes:
        code: in rasters; 0 of a group, which has none of its own.
        name: machine name.
        title: as printed.
        color: sRGB, ``#RRGGBB``.
        role: see :data:`Role`.
        parent: name of its group; empty: none.
        source: its code in the vocabulary that the legend comes from; empty: none.
    """

    code: int
    name: str
    title: str
    color: str
    role: Role = "land"
    parent: str = ""
    source: str = ""

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as three numbers of 0–255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


@dataclass(frozen=True)
class Legend:
    """An ordered set of classes without code 0.

    Attributes:
        name: identifies the legend in records and messages.
        classes: ordered by code, codes 1…n without gaps.
        groups: those that classes name as their parent.

    Raises:
        InvalidLegend: it breaks a rule; the message names class, value and what to do.
    """

    name: str
    classes: tuple[LegendClass, ...]
    groups: tuple[LegendClass, ...] = ()

    def __post_init__(self) -> None:
        if [c.code for c in self.classes] != list(range(1, len(self.classes) + 1)):
            raise InvalidLegend(f"legend {self.name}: codes must be 1…n in order")
        _check_number(self)
        for each in (*self.classes, *self.groups):
            _check_words(self.name, each)
        _check_twins(self)
        _check_roles(self)
        _check_groups(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over codes, names and roles: what a network's logits mean."""
        marks = ("" if c.role == default_role(c.name) else f":{c.role}" for c in self.classes)
        text = ";".join(
            f"{c.code}={c.name}{mark}" for c, mark in zip(self.classes, marks, strict=True)
        )
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def full_digest(self) -> str:
        """SHA-256 over everything that a map, a table or a page shows of the legend."""
        parts = [repr((c.code, c.name, c.title, c.color, c.role, c.parent)) for c in self.classes]
        parts += [repr((g.name, g.title, g.color)) for g in self.groups]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """All codes in order."""
        return tuple(c.code for c in self.classes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All machine names in the order of the codes."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def land(self) -> tuple[LegendClass, ...]:
        """The classes that a map may show: all but clouds; codes 1…``len(land)``."""
        return tuple(c for c in self.classes if c.role != "cloud")

    @cached_property
    def cloud(self) -> LegendClass | None:
        """The class of clouds; None: only the scene classification knows of clouds."""
        return next((c for c in self.classes if c.role == "cloud"), None)

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

    @cached_property
    def upper(self) -> "Legend | None":
        """The legend of the groups, with the classes that lie in none; None without groups."""
        if not self.groups:
            return None
        known = {group.name: group for group in self.groups}
        shown = dict.fromkeys(known.get(c.parent, c) for c in self.classes)
        return Legend(
            f"{self.name}, groups",
            tuple(
                replace(each, code=code, parent="", source="")
                for code, each in enumerate(shown, start=1)
            ),
        )

    def upper_codes(self) -> npt.NDArray[np.uint8]:
        """Code → code in :attr:`upper`, shape (n + 1,), uint8; without groups the codes."""
        upper = self.upper or self
        codes = [upper.code_of(c.parent or c.name) for c in self.classes]
        return np.array([0, *codes], dtype=np.uint8)

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


def default_role(name: str) -> Role:
    """The role of a class where nothing says it: a class called ``clouds`` is of clouds."""
    return "cloud" if spelling(name) in ("clouds", "cloud") else "land"


def is_color(text: str) -> bool:
    """Whether a text is ``#RRGGBB``."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def spelling(text: str) -> str:
    """A name without what people do not see: composed (NFC), without outer space, case folded."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _check_number(legend: Legend) -> None:
    if not LEAST_CLASSES <= len(legend.classes) <= MOST_CLASSES:
        raise InvalidLegend(
            f"legend {legend.name} has {len(legend.classes)} classes; between {LEAST_CLASSES} and "
            f"{MOST_CLASSES} are possible (a class that others name as parent does not count)"
        )


def _check_words(legend: str, each: LegendClass) -> None:
    where = f"legend {legend}, class {each.name[:LONGEST_NAME]!r}"
    for what, text, longest in (
        ("name", each.name, LONGEST_NAME),
        ("title", each.title, LONGEST_TITLE),
    ):
        if len(text) > longest:
            raise InvalidLegend(
                f"{where}: its {what} has {len(text)} letters, at most {longest} are possible; "
                "shorten it"
            )
        if not text.strip() or not text.isprintable():
            raise InvalidLegend(f"{where}: its {what} is empty or holds control characters")
    bad = sorted(_FORBIDDEN & set(each.name))
    if bad:
        raise InvalidLegend(
            f"{where}: a name must not contain {' '.join(bad)}; write it without, and the rest "
            "into the title"
        )
    if spelling(each.name) in _RESERVED:
        raise InvalidLegend(f"{where}: this name stands for ground without a class; rename it")
    if not is_color(each.color):
        raise InvalidLegend(f"{where}: colour {each.color!r} is not of the form #RRGGBB")


def _check_twins(legend: Legend) -> None:
    names = Counter(spelling(each.name) for each in (*legend.classes, *legend.groups))
    for twin in (name for name, count in names.items() if count > 1):
        found = [e.name for e in (*legend.classes, *legend.groups) if spelling(e.name) == twin]
        raise InvalidLegend(
            f"legend {legend.name}: {' and '.join(map(repr, found))} are one name in two "
            "spellings, or come twice; keep one"
        )
    shown = (*legend.groups, *(c for c in legend.classes if not c.parent))
    for tier in (legend.classes, shown):
        by_color: dict[str, str] = {}
        for each in tier:
            other = by_color.setdefault(each.color.upper(), each.name)
            if other != each.name:
                raise InvalidLegend(
                    f"legend {legend.name}: {other!r} and {each.name!r} both have the colour "
                    f"{each.color}; nobody could tell them apart on a map"
                )


def _check_roles(legend: Legend) -> None:
    for each in legend.classes:
        if each.role not in get_args(Role):
            raise InvalidLegend(
                f"legend {legend.name}, class {each.name!r}: role {each.role!r} is not one of "
                f"{', '.join(get_args(Role))}"
            )
    clouds = [c.name for c in legend.classes if c.role == "cloud"]
    if len(clouds) > 1:
        raise InvalidLegend(
            f"legend {legend.name}: {', '.join(clouds)} all have the role cloud; one class can"
        )
    if len(legend.land) < LEAST_CLASSES:
        raise InvalidLegend(
            f"legend {legend.name} has {len(legend.land)} classes beside clouds; a map needs "
            f"{LEAST_CLASSES}"
        )
    if clouds and legend.classes[-1].role != "cloud":
        raise InvalidLegend(f"legend {legend.name}: the class of clouds must have the last code")


def _check_groups(legend: Legend) -> None:
    known = {group.name for group in legend.groups}
    for each in legend.classes:
        if each.parent and each.parent not in known:
            raise InvalidLegend(
                f"legend {legend.name}, class {each.name!r}: its parent {each.parent!r} is not in "
                f"the legend; known: {', '.join(sorted(known)) or 'none'}"
            )
        if each.parent and each.role == "cloud":
            raise InvalidLegend(f"legend {legend.name}: clouds ({each.name!r}) have no parent")
    unused = known - {c.parent for c in legend.classes}
    if unused:
        raise InvalidLegend(f"legend {legend.name}: no class lies in {', '.join(sorted(unused))}")
    if legend.groups and len({c.parent or c.name for c in legend.classes}) < LEAST_CLASSES:
        raise InvalidLegend(
            f"legend {legend.name}: all classes lie in one group, which says nothing; leave it out"
        )


def numbered(classes: Iterable[LegendClass]) -> tuple[LegendClass, ...]:
    """Classes with the codes 1…n in their order, but clouds last."""
    ordered = sorted(classes, key=lambda c: c.role == "cloud")
    return tuple(replace(c, code=code) for code, c in enumerate(ordered, start=1))


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
        LegendClass(10, "clouds", "Clouds", "#616161", "cloud"),
    ),
)
"""The default. Source: Karra et al. 2021, "Global land use / land cover with Sentinel 2 and
deep learning", table 1. Colours follow the Esri / Impact Observatory map."""
