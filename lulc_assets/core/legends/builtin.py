"""Legends that come with the package: those of published maps and data sets.

What belongs here: classes, colours and groups, with their source. What does not: how other
vocabularies lead to them (``core/crosswalks``).

Codes in maps are 1…n in the order of the source; the source's own code is kept beside it, and
is what rasters and tables of labels in that vocabulary hold.
"""

from collections.abc import Mapping
from dataclasses import replace

from lulc_assets.core.crosswalks import Crosswalk
from lulc_assets.core.crosswalks.europe import CORINE, EUROSAT, URBAN_ATLAS
from lulc_assets.core.crosswalks.world import (
    DYNAMIC_WORLD,
    IO_9,
    SLOVENIAN_LULC,
    WORLDCOVER,
)
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legends.build import ClassEntry, build_legend

_IO_9 = {
    "1": "#419BDF", "2": "#397D49", "4": "#7A87C6", "5": "#E49635", "7": "#C4281B",
    "8": "#A59B8F", "9": "#A8EBFF", "10": "#616161", "11": "#E3E2C3",
}  # fmt: skip
"""Impact Observatory, LULC maps version 2, palette of its STAC collection."""

_DYNAMIC_WORLD = {
    "0": "#419BDF", "1": "#397D49", "2": "#88B053", "3": "#7A87C6", "4": "#E49635",
    "5": "#DFC35A", "6": "#C4281B", "7": "#A59B8F", "8": "#B39FE1",
}  # fmt: skip
"""Brown et al. 2022, palette of the published collection."""

_WORLDCOVER = {
    "10": "#006400", "20": "#FFBB22", "30": "#FFFF4C", "40": "#F096FF", "50": "#FA0000",
    "60": "#B4B4B4", "70": "#F0F0F0", "80": "#0064C8", "90": "#0096A0", "95": "#00CF75",
    "100": "#FAE6A0",
}  # fmt: skip
"""Zanaga et al. 2022, product user manual, table 2."""

_CORINE = {
    "11": "#E60000", "12": "#CC4DF2", "13": "#A600CC", "14": "#FFA6FF", "21": "#FFFFA8",
    "22": "#E68000", "23": "#E6E64D", "24": "#FFE6A6", "31": "#80FF00", "32": "#CCF24D",
    "33": "#CCFFCC", "41": "#A6A6FF", "42": "#CCCCFF", "51": "#00CCF2", "52": "#00FFA6",
    "111": "#E6004D", "112": "#FF0000", "121": "#CC4DF2", "122": "#CC0000", "123": "#E6CCCC",
    "124": "#E6CCE6", "131": "#A600CC", "132": "#A64D00", "133": "#FF4DFF", "141": "#FFA6FF",
    "142": "#FFE6FF", "211": "#FFFFA8", "212": "#FFFF00", "213": "#E6E600", "221": "#E68000",
    "222": "#F2A64D", "223": "#E6A600", "231": "#E6E64D", "241": "#FFE6A6", "242": "#FFE64D",
    "243": "#E6CC4D", "244": "#F2CCA6", "311": "#80FF00", "312": "#00A600", "313": "#4DFF00",
    "321": "#CCF24D", "322": "#A6FF80", "323": "#A6E64D", "324": "#A6F200", "331": "#E6E6E6",
    "332": "#CCCCCC", "333": "#CCFFCC", "334": "#000000", "335": "#A6E6CC", "411": "#A6A6FF",
    "412": "#4D4DFF", "421": "#CCCCFF", "422": "#E6E6FF", "423": "#A6A6E6", "511": "#00CCF2",
    "512": "#80F2E6", "521": "#00FFA6", "522": "#A6FFE6", "523": "#E6F2FF",
}  # fmt: skip
"""Level 3: Copernicus Land Monitoring Service, clc_legend; the levels above have the colour of
one of their classes."""

_URBAN_ATLAS = {
    "11100": "#800000", "11210": "#BF0000", "11220": "#FF4040", "11230": "#FF8080",
    "11240": "#FFBFBF", "11300": "#CC6666", "12100": "#CC4DF2", "12210": "#959595",
    "12220": "#B3B3B3", "12230": "#595959", "12300": "#E6CCCC", "12400": "#E6CCE6",
    "13100": "#734D37", "13300": "#B9A56E", "13400": "#874545", "14100": "#8CDC00",
    "14200": "#AFD2A5", "21000": "#FFFFA8", "22000": "#F2A64D", "23000": "#E6E64D",
    "24000": "#FFE64D", "25000": "#F2CC80", "31000": "#008C00", "32000": "#CCF24D",
    "33000": "#CCFFCC", "40000": "#A6A6FF", "50000": "#80F2E6",
}  # fmt: skip
"""Copernicus Land Monitoring Service, Urban Atlas 2018 style."""

_SLOVENIAN = {
    "1": "#FFFF00", "2": "#054907", "3": "#FFA500", "4": "#806000", "5": "#069AF3",
    "6": "#95D0FC", "7": "#967BB6", "8": "#DC143C", "9": "#A6A6A6", "10": "#000000",
}  # fmt: skip
"""eo-learn, example "LULC pipeline"."""

_CORINE_GROUPS = {
    "1": ClassEntry("artificial_surfaces", "Artificial surfaces", "#E6004D"),
    "2": ClassEntry("agricultural_areas", "Agricultural areas", "#FFFFA8"),
    "3": ClassEntry("forest_and_semi_natural", "Forest and semi-natural areas", "#80FF00"),
    "4": ClassEntry("wetlands", "Wetlands", "#A6A6FF"),
    "5": ClassEntry("water", "Water", "#00CCF2"),
}
_URBAN_ATLAS_GROUPS = {
    "1": ClassEntry("artificial_surfaces", "Artificial surfaces", "#BF0000"),
    "2": ClassEntry("agricultural_areas", "Agricultural areas", "#FFFFA8"),
    "3": ClassEntry("natural_areas", "Natural and semi-natural areas", "#008C00"),
}
"""First digit of a code → group."""

_SHORT = {
    "Continuous urban fabric (S.L. > 80%)": "continuous urban fabric",
    "Discontinuous dense urban fabric (S.L. 50% - 80%)": "dense urban fabric",
    "Discontinuous medium density urban fabric (S.L. 30% - 50%)": "medium density urban fabric",
    "Discontinuous low density urban fabric (S.L. 10% - 30%)": "low density urban fabric",
    "Discontinuous very low density urban fabric (S.L. < 10%)": "very low density urban fabric",
}
"""Titles that make no handy name."""


def name_of(title: str) -> str:
    """``Snow / ice`` → ``snow_ice``: letters and digits of a title, parted by ``_``."""
    words = "".join(letter if letter.isalnum() else " " for letter in title).split()
    return "_".join(words).lower()


def _legend(
    name: str,
    crosswalk: Crosswalk,
    colors: Mapping[str, str],
    groups: Mapping[str, ClassEntry] | None = None,
) -> Legend:
    """The classes of a vocabulary that have a place in ``colors``, in the vocabulary's order."""
    known = groups or {}
    classes = []
    for entry in crosswalk.entries:
        if entry.source in colors:
            short = name_of(_SHORT.get(entry.title, entry.title))
            title = entry.title[:1].upper() + entry.title[1:].replace("_", " ")
            group = known.get(entry.source[0])
            parent = group.name if group else ""
            classes.append(
                ClassEntry(short, title, colors[entry.source], parent, source=entry.source)
            )
    return build_legend(name, [*classes, *known.values()])


def _corine(level: int) -> Legend:
    colors = {code: color for code, color in _CORINE.items() if len(code) == level}
    if level > 1:
        return _legend(f"corine-{level}", CORINE, colors, _CORINE_GROUPS)
    named = [replace(group, source=code) for code, group in _CORINE_GROUPS.items()]
    return build_legend("corine-1", named)


BUILTIN: Mapping[str, Legend] = {
    legend.name: legend
    for legend in (
        KARRA_10,
        _legend("io-9", IO_9, _IO_9),
        _legend("dynamic-world", DYNAMIC_WORLD, _DYNAMIC_WORLD),
        _legend("worldcover", WORLDCOVER, _WORLDCOVER),
        _corine(1),
        _corine(2),
        _corine(3),
        _legend("urban-atlas", URBAN_ATLAS, _URBAN_ATLAS, _URBAN_ATLAS_GROUPS),
        _legend("slovenian-lulc", SLOVENIAN_LULC, _SLOVENIAN),
        _legend("eurosat", EUROSAT, {entry.source: "" for entry in EUROSAT.entries}),
    )
}

ALIASES: Mapping[str, str] = {
    "urban-atlas-27": "urban-atlas", "slovenian-10": "slovenian-lulc", "eurosat-10": "eurosat",
    "dynamic-world-9": "dynamic-world", "worldcover-11": "worldcover",
}  # fmt: skip
"""Other names of the same legends."""
