"""A class of a legend: its code, names, colour and role.

What belongs here: one class or group of classes, and what its words mean. What does not: an
ordered set of them (``legend``) and the rules that it keeps (``legend_rules``).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Role = Literal["land", "cloud", "other"]
"""``land`` votes and is mapped; ``other`` as well, and stands for all that no other class
names; ``cloud`` neither votes nor is mapped."""


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


def default_role(name: str) -> Role:
    """The role of a class where nothing says it: a class called ``clouds`` is of clouds."""
    return "cloud" if spelling(name) in ("clouds", "cloud") else "land"


def is_color(text: str) -> bool:
    """Whether a text is ``#RRGGBB``."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def spelling(text: str) -> str:
    """A name without what people do not see: composed (NFC), without outer space, case folded."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()
