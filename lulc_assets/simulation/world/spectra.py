"""Surface reflectance of pure materials, and the kinds of ground made of them.

What belongs here: end members in six bands with their sources; kinds of ground (sub-types of
the nine land classes) and the materials they change between. What does not: the four bands
of the red edge (``red_edge``), when materials change (``phenology``) and where they lie
(``landscape``).

Bands are red B04, green B03, blue B02, near infrared B08, and B11 and B12 in the
short-wave infrared, as surface reflectance 0–1. Values lie within the spread of these
collections, convolved by eye to the six bands, not copied from one spectrum:

- vegetation, soils, rocks, roofs: USGS Spectral Library version 7 (Kokaly et al. 2017,
  USGS Data Series 1035) and ECOSTRESS library 1.0 (Meerdink et al. 2019, Remote Sensing
  of Environment 230);
- green and dry grass, litter, stubble: Asner 1998 (Remote Sensing of Environment 64),
  Nagler et al. 2003 (Remote Sensing of Environment 87);
- soils rise to B11 and fall again at B12: Stoner and Baumgardner 1981 (Soil Science
  Society of America Journal 45);
- urban materials: Herold et al. 2004 (IEEE TGRS 42);
- water: Pope and Fry 1997 (Applied Optics 36) and Bukata et al. 1995, NIR < 0.05 and
  B11 < 0.03;
- snow and glacier ice: Warren 1982 (Reviews of Geophysics 20), Dozier 1989 (Remote
  Sensing of Environment 28), NDSI > 0.4.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.world import red_edge
from lulc_assets.simulation.world.bands import SIX

MATERIALS: dict[str, tuple[float, float, float, float, float, float]] = {
    # name: red, green, blue, nir, swir1, swir2
    "clear_water": (0.028, 0.042, 0.040, 0.017, 0.009, 0.006),
    "turbid_water": (0.062, 0.075, 0.058, 0.036, 0.014, 0.010),
    "needles": (0.032, 0.043, 0.030, 0.215, 0.100, 0.040),
    "broadleaves": (0.034, 0.056, 0.031, 0.335, 0.138, 0.052),
    "bare_twigs": (0.082, 0.074, 0.055, 0.175, 0.205, 0.128),
    "autumn_leaves": (0.110, 0.085, 0.047, 0.270, 0.190, 0.095),
    "green_grass": (0.050, 0.082, 0.044, 0.390, 0.215, 0.105),
    "alpine_turf": (0.085, 0.104, 0.060, 0.325, 0.265, 0.145),
    "dry_grass": (0.150, 0.128, 0.086, 0.265, 0.325, 0.215),
    "green_crop": (0.042, 0.078, 0.040, 0.450, 0.205, 0.095),
    "row_crop": (0.046, 0.074, 0.042, 0.405, 0.225, 0.112),
    "flowering_rape": (0.135, 0.160, 0.048, 0.440, 0.215, 0.100),
    "ripe_straw": (0.215, 0.172, 0.112, 0.320, 0.365, 0.245),
    "dark_soil": (0.112, 0.090, 0.066, 0.165, 0.240, 0.190),
    "light_soil": (0.205, 0.165, 0.118, 0.275, 0.355, 0.295),
    "shrub_leaves": (0.055, 0.062, 0.041, 0.205, 0.165, 0.090),
    "shrub_twigs": (0.085, 0.075, 0.057, 0.155, 0.190, 0.125),
    "reed": (0.050, 0.072, 0.042, 0.290, 0.150, 0.072),
    "dead_reed": (0.110, 0.095, 0.066, 0.185, 0.180, 0.115),
    "wet_mud": (0.085, 0.080, 0.062, 0.110, 0.090, 0.060),
    "rock": (0.185, 0.168, 0.142, 0.235, 0.285, 0.240),
    "dark_rock": (0.120, 0.112, 0.098, 0.150, 0.190, 0.165),
    "gravel": (0.240, 0.218, 0.185, 0.285, 0.315, 0.265),
    "roof_tiles": (0.165, 0.118, 0.090, 0.215, 0.255, 0.215),
    "asphalt": (0.108, 0.104, 0.096, 0.128, 0.150, 0.132),
    "concrete": (0.230, 0.222, 0.205, 0.255, 0.280, 0.245),
    "bright_roof": (0.400, 0.395, 0.390, 0.420, 0.390, 0.330),
    "burnt": (0.065, 0.058, 0.050, 0.100, 0.170, 0.165),
    "fresh_snow": (0.860, 0.880, 0.900, 0.770, 0.110, 0.085),
    "old_snow": (0.620, 0.660, 0.680, 0.510, 0.065, 0.050),
}

MATERIAL_NAMES = tuple(MATERIALS)


def material_table(bands: int = len(SIX)) -> npt.NDArray[np.float32]:
    """Reflectance of all materials, shape (n, bands), float32, rows as ``MATERIAL_NAMES``.

    ``bands`` is 6 or 10; columns are those of ``bands.BAND_SETS``.
    """
    rows = [(*MATERIALS[name], *red_edge.MATERIALS[name])[:bands] for name in MATERIAL_NAMES]
    return np.array(rows, dtype=np.float32)


@dataclass(frozen=True)
class Kind:
    """A sub-type of a land class: three materials that take turns over the year.

    Attributes:
        name: unique.
        land_class: code of the legend, what truth says.
        peak: material at full growth (for snow: late summer).
        ripe: material between full growth and harvest or leaf fall.
        ground: material when neither is there.
        season: name of a calendar in ``phenology.SEASONS``.
    """

    name: str
    land_class: int
    peak: str
    ripe: str
    ground: str
    season: str


KINDS: tuple[Kind, ...] = (
    Kind("lake", C.WATER, "turbid_water", "clear_water", "clear_water", "algae"),
    Kind("river", C.WATER, "turbid_water", "clear_water", "turbid_water", "algae"),
    Kind("seasonal_lake", C.WATER, "turbid_water", "wet_mud", "wet_mud", "drawdown"),
    Kind("conifers", C.TREES, "needles", "needles", "needles", "always"),
    Kind("broadleaf_forest", C.TREES, "broadleaves", "autumn_leaves", "bare_twigs", "leaves"),
    Kind("young_forest", C.TREES, "broadleaves", "shrub_leaves", "shrub_twigs", "leaves"),
    Kind("meadow", C.GRASS, "green_grass", "dry_grass", "alpine_turf", "hay"),
    Kind("pasture", C.GRASS, "green_grass", "dry_grass", "alpine_turf", "grazed"),
    Kind("dry_grassland", C.GRASS, "alpine_turf", "dry_grass", "dry_grass", "dry"),
    Kind("alpine_grass", C.GRASS, "alpine_turf", "dry_grass", "dry_grass", "alpine"),
    Kind("park", C.GRASS, "green_grass", "alpine_turf", "alpine_turf", "grazed"),
    Kind("reed_bed", C.FLOODED_VEGETATION, "reed", "dead_reed", "wet_mud", "reeds"),
    Kind("wet_meadow", C.FLOODED_VEGETATION, "green_grass", "dead_reed", "turbid_water", "wet"),
    Kind("winter_wheat", C.CROPS, "green_crop", "ripe_straw", "dark_soil", "winter_cereal"),
    Kind("maize", C.CROPS, "row_crop", "ripe_straw", "dark_soil", "maize"),
    Kind("rape", C.CROPS, "green_crop", "ripe_straw", "dark_soil", "winter_cereal_early"),
    Kind("beet", C.CROPS, "green_crop", "row_crop", "light_soil", "beet"),
    Kind("fodder", C.CROPS, "green_grass", "dry_grass", "dark_soil", "fodder"),
    Kind("fallow", C.CROPS, "alpine_turf", "dry_grass", "light_soil", "dry"),
    Kind("orchard", C.CROPS, "broadleaves", "dry_grass", "alpine_turf", "leaves"),
    Kind("shrubs", C.SCRUB, "shrub_leaves", "shrub_twigs", "shrub_twigs", "shrubs"),
    Kind("heath", C.SCRUB, "shrub_leaves", "shrub_leaves", "shrub_twigs", "heath"),
    Kind("regrowth", C.SCRUB, "shrub_leaves", "dry_grass", "shrub_twigs", "shrubs"),
    Kind("tiled_roofs", C.BUILT_AREA, "roof_tiles", "roof_tiles", "roof_tiles", "always"),
    Kind("streets", C.BUILT_AREA, "asphalt", "asphalt", "asphalt", "always"),
    Kind("halls", C.BUILT_AREA, "concrete", "concrete", "concrete", "always"),
    Kind("bright_halls", C.BUILT_AREA, "bright_roof", "bright_roof", "bright_roof", "always"),
    Kind("gardens", C.BUILT_AREA, "broadleaves", "green_grass", "shrub_twigs", "leaves"),
    Kind("scree", C.BARE_GROUND, "rock", "rock", "rock", "always"),
    Kind("dark_cliffs", C.BARE_GROUND, "dark_rock", "dark_rock", "dark_rock", "always"),
    Kind("gravel_bar", C.BARE_GROUND, "gravel", "gravel", "gravel", "always"),
    Kind("quarry", C.BARE_GROUND, "light_soil", "light_soil", "gravel", "always"),
    Kind("clear_cut", C.BARE_GROUND, "dry_grass", "dark_soil", "dark_soil", "dry"),
    Kind("burnt_scrub", C.BARE_GROUND, "burnt", "burnt", "dark_soil", "dry"),
    Kind("mud_flat", C.BARE_GROUND, "light_soil", "wet_mud", "wet_mud", "dry"),
    Kind("permanent_snow", C.SNOW_ICE, "old_snow", "old_snow", "fresh_snow", "melt"),
)

KIND_INDEX = {kind.name: i for i, kind in enumerate(KINDS)}


def kind_code(name: str) -> int:
    """Position of a kind in ``KINDS``, as stored in rasters of kinds (uint8)."""
    return KIND_INDEX[name]


def class_of_kind() -> npt.NDArray[np.uint8]:
    """Legend code of each kind, shape (n,), uint8."""
    return np.array([int(k.land_class) for k in KINDS], dtype=np.uint8)
