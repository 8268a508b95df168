"""Crosswalks from the vocabularies in use into the ten-class legend.

What belongs here: tables with their citation. What does not: code that applies
them (:class:`lulc_assets.core.legend.Crosswalk`).
"""

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import KARRA_10, Crosswalk, CrosswalkEntry, LandCover, Relation


def _entries(
    *rows: tuple[str, str, LandCover, Relation],
) -> tuple[CrosswalkEntry, ...]:
    return tuple(CrosswalkEntry(source, title, int(to), rel) for source, title, to, rel in rows)


KARRA = Crosswalk(
    name="karra-10",
    source_vocabulary="Karra et al. 2021, ten classes, by name",
    citation="Karra et al. 2021, table 1",
    entries=tuple(CrosswalkEntry(c.name, c.title, c.code, "exact") for c in KARRA_10.classes),
)

SLOVENIAN_LULC = Crosswalk(
    name="slovenian-lulc",
    source_vocabulary="Land use of the Slovenian Ministry of Agriculture, as grouped by eo-learn",
    citation="eo-learn example data, LULC_ID 0–10",
    entries=_entries(
        ("0", "no data", LandCover.NO_DATA, "none"),
        ("1", "cultivated land", LandCover.CROPS, "exact"),
        ("2", "forest", LandCover.TREES, "exact"),
        ("3", "grassland", LandCover.GRASS, "exact"),
        ("4", "shrubland", LandCover.SCRUB, "exact"),
        ("5", "water", LandCover.WATER, "exact"),
        ("6", "wetlands", LandCover.FLOODED_VEGETATION, "broader"),
        ("7", "tundra", LandCover.SCRUB, "broader"),
        ("8", "artificial surface", LandCover.BUILT_AREA, "broader"),
        ("9", "bareland", LandCover.BARE_GROUND, "exact"),
        ("10", "snow and ice", LandCover.SNOW_ICE, "exact"),
    ),
)

CROSSWALKS = {c.name: c for c in (KARRA, SLOVENIAN_LULC)}


def find_crosswalk(name: str) -> Crosswalk:
    """The crosswalk with a name.

    Raises:
        UnknownClass: no crosswalk has that name; the message lists those there are.
    """
    try:
        return CROSSWALKS[name]
    except KeyError:
        raise UnknownClass(
            f"no crosswalk is called {name!r}; known: {', '.join(CROSSWALKS)}"
        ) from None
