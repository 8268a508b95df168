"""Crosswalks of global maps, and of the sample data's Slovenian land use.

What belongs here: tables with their citation. What does not: European nomenclatures
(``europe``).
"""

from lulc_assets.core.crosswalks.crosswalk import Crosswalk, CrosswalkEntry, Relation
from lulc_assets.core.legend_class import LandCover

Row = tuple[str, str, LandCover, Relation]


def entries(*rows: Row) -> tuple[CrosswalkEntry, ...]:
    """Entries from rows of foreign code, title, our class and relation."""
    return tuple(CrosswalkEntry(source, title, int(to), rel) for source, title, to, rel in rows)


IO_9 = Crosswalk(
    name="io-9",
    source_vocabulary="Esri / Impact Observatory annual maps, nine classes with rangeland",
    citation="Impact Observatory, LULC maps version 2 (2022), raster values",
    entries=entries(
        ("0", "no data", LandCover.NO_DATA, "none"),
        ("1", "water", LandCover.WATER, "exact"),
        ("2", "trees", LandCover.TREES, "exact"),
        ("4", "flooded vegetation", LandCover.FLOODED_VEGETATION, "exact"),
        ("5", "crops", LandCover.CROPS, "exact"),
        ("7", "built area", LandCover.BUILT_AREA, "exact"),
        ("8", "bare ground", LandCover.BARE_GROUND, "exact"),
        ("9", "snow/ice", LandCover.SNOW_ICE, "exact"),
        ("10", "clouds", LandCover.CLOUDS, "exact"),
        ("11", "rangeland", LandCover.NO_DATA, "broader"),  # grass and scrub together
    ),
)

DYNAMIC_WORLD = Crosswalk(
    name="dynamic-world",
    source_vocabulary="Dynamic World V1, label band",
    citation="Brown et al. 2022, Scientific Data 9:251, table 1",
    entries=entries(
        ("0", "water", LandCover.WATER, "exact"),
        ("1", "trees", LandCover.TREES, "exact"),
        ("2", "grass", LandCover.GRASS, "exact"),
        ("3", "flooded_vegetation", LandCover.FLOODED_VEGETATION, "exact"),
        ("4", "crops", LandCover.CROPS, "exact"),
        ("5", "shrub_and_scrub", LandCover.SCRUB, "exact"),
        ("6", "built", LandCover.BUILT_AREA, "exact"),
        ("7", "bare", LandCover.BARE_GROUND, "exact"),
        ("8", "snow_and_ice", LandCover.SNOW_ICE, "exact"),
    ),
)

WORLDCOVER = Crosswalk(
    name="worldcover",
    source_vocabulary="ESA WorldCover 10 m, versions 100 and 200",
    citation="Zanaga et al. 2022, WorldCover product user manual, table 2",
    entries=entries(
        ("0", "no data", LandCover.NO_DATA, "none"),
        ("10", "tree cover", LandCover.TREES, "broader"),  # from 10 % of crowns on; orchards
        ("20", "shrubland", LandCover.SCRUB, "exact"),
        ("30", "grassland", LandCover.GRASS, "broader"),  # with pastures under some trees
        ("40", "cropland", LandCover.CROPS, "broader"),  # with rice, which we call flooded
        ("50", "built-up", LandCover.BUILT_AREA, "narrower"),  # without green among houses
        ("60", "bare / sparse vegetation", LandCover.BARE_GROUND, "exact"),
        ("70", "snow and ice", LandCover.SNOW_ICE, "exact"),
        ("80", "permanent water bodies", LandCover.WATER, "narrower"),
        ("90", "herbaceous wetland", LandCover.FLOODED_VEGETATION, "narrower"),
        ("95", "mangroves", LandCover.FLOODED_VEGETATION, "narrower"),
        ("100", "moss and lichen", LandCover.NO_DATA, "none"),
    ),
)

SLOVENIAN_LULC = Crosswalk(
    name="slovenian-lulc",
    source_vocabulary="Land use of the Slovenian Ministry of Agriculture, as grouped by eo-learn",
    citation="eo-learn example data, LULC_ID 0–10",
    entries=entries(
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
