"""The land-cover legend: one object for labels, training, maps and accuracy.

What belongs here: an ordered set of classes, its groups, and the default legend. What does not: a
single class (``legend_class``), the rules that a legend keeps (``legend_rules``), other legends
that come with the package and legends in files (``core/legends``), translations from foreign
vocabularies (``core/crosswalks``).

Codes: 0 is no data and comes only from validity; 1…n are the classes, n logits of a network,
``code = argmax + 1``. A legend may have one class for clouds, always the last; the classes
before it are land.

Two tiers: a class may lie in a group ("maize" and "wheat" in "crops"). The network knows the
classes; :attr:`Legend.upper` is the legend of the groups, and :meth:`Legend.upper_codes`
leads from one to the other, so that maps, matrices and areas can be given at both.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidLegend, UnknownClass
from lulc_assets.core.legend_class import LegendClass, default_role
from lulc_assets.core.legend_rules import require_legal


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
        require_legal(self.name, self.classes, self.groups)

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
