"""Crosswalks of European nomenclatures: CORINE, Urban Atlas, EuroSAT.

What belongs here: tables with their citation. What does not: global maps (``world``).

Rice is flooded vegetation and mines are bare ground, as Karra et al. 2021 define these
classes; parks, sports grounds and mosaics of fields and trees are left unlabelled.
"""

from lulc_assets.core.crosswalks.crosswalk import Crosswalk, CrosswalkEntry
from lulc_assets.core.crosswalks.world import Row, entries
from lulc_assets.core.legend_class import LandCover

_WATER, _TREES, _GRASS = LandCover.WATER, LandCover.TREES, LandCover.GRASS
_FLOODED, _CROPS, _SCRUB = LandCover.FLOODED_VEGETATION, LandCover.CROPS, LandCover.SCRUB
_BUILT, _BARE, _ICE = LandCover.BUILT_AREA, LandCover.BARE_GROUND, LandCover.SNOW_ICE
_NONE = LandCover.NO_DATA

_CORINE_3: tuple[Row, ...] = (
    ("111", "Continuous urban fabric", _BUILT, "narrower"),
    ("112", "Discontinuous urban fabric", _BUILT, "broader"),
    ("121", "Industrial or commercial units", _BUILT, "narrower"),
    ("122", "Road and rail networks and associated land", _BUILT, "narrower"),
    ("123", "Port areas", _BUILT, "narrower"),
    ("124", "Airports", _BUILT, "broader"),
    ("131", "Mineral extraction sites", _BARE, "narrower"),
    ("132", "Dump sites", _BARE, "narrower"),
    ("133", "Construction sites", _BARE, "broader"),
    ("141", "Green urban areas", _NONE, "none"),
    ("142", "Sport and leisure facilities", _NONE, "none"),
    ("211", "Non-irrigated arable land", _CROPS, "narrower"),
    ("212", "Permanently irrigated land", _CROPS, "narrower"),
    ("213", "Rice fields", _FLOODED, "narrower"),
    ("221", "Vineyards", _CROPS, "narrower"),
    ("222", "Fruit trees and berry plantations", _TREES, "broader"),
    ("223", "Olive groves", _TREES, "broader"),
    ("231", "Pastures", _GRASS, "narrower"),
    ("241", "Annual crops associated with permanent crops", _CROPS, "broader"),
    ("242", "Complex cultivation patterns", _CROPS, "broader"),
    ("243", "Agriculture with significant areas of natural vegetation", _CROPS, "broader"),
    ("244", "Agro-forestry areas", _NONE, "none"),
    ("311", "Broad-leaved forest", _TREES, "narrower"),
    ("312", "Coniferous forest", _TREES, "narrower"),
    ("313", "Mixed forest", _TREES, "narrower"),
    ("321", "Natural grasslands", _GRASS, "narrower"),
    ("322", "Moors and heathland", _SCRUB, "narrower"),
    ("323", "Sclerophyllous vegetation", _SCRUB, "narrower"),
    ("324", "Transitional woodland-shrub", _SCRUB, "broader"),
    ("331", "Beaches, dunes, sands", _BARE, "narrower"),
    ("332", "Bare rocks", _BARE, "narrower"),
    ("333", "Sparsely vegetated areas", _BARE, "narrower"),
    ("334", "Burnt areas", _NONE, "none"),
    ("335", "Glaciers and perpetual snow", _ICE, "narrower"),
    ("411", "Inland marshes", _FLOODED, "narrower"),
    ("412", "Peat bogs", _FLOODED, "broader"),
    ("421", "Salt marshes", _FLOODED, "narrower"),
    ("422", "Salines", _NONE, "none"),
    ("423", "Intertidal flats", _NONE, "none"),
    ("511", "Water courses", _WATER, "narrower"),
    ("512", "Water bodies", _WATER, "narrower"),
    ("521", "Coastal lagoons", _WATER, "narrower"),
    ("522", "Estuaries", _WATER, "narrower"),
    ("523", "Sea and ocean", _WATER, "narrower"),
)

_CORINE_2: tuple[Row, ...] = (
    ("11", "Urban fabric", _BUILT, "broader"),
    ("12", "Industrial, commercial and transport units", _BUILT, "broader"),
    ("13", "Mine, dump and construction sites", _BARE, "broader"),
    ("14", "Artificial, non-agricultural vegetated areas", _NONE, "none"),
    ("21", "Arable land", _CROPS, "broader"),
    ("22", "Permanent crops", _NONE, "broader"),  # vineyards and orchards
    ("23", "Pastures", _GRASS, "narrower"),
    ("24", "Heterogeneous agricultural areas", _CROPS, "broader"),
    ("31", "Forests", _TREES, "narrower"),
    ("32", "Scrub and/or herbaceous vegetation associations", _NONE, "broader"),
    ("33", "Open spaces with little or no vegetation", _BARE, "broader"),
    ("41", "Inland wetlands", _FLOODED, "broader"),
    ("42", "Maritime wetlands", _FLOODED, "broader"),
    ("51", "Inland waters", _WATER, "narrower"),
    ("52", "Marine waters", _WATER, "narrower"),
)

_CORINE_1: tuple[Row, ...] = (
    ("1", "Artificial surfaces", _BUILT, "broader"),
    ("2", "Agricultural areas", _CROPS, "broader"),
    ("3", "Forest and semi natural areas", _NONE, "broader"),
    ("4", "Wetlands", _FLOODED, "broader"),
    ("5", "Water bodies", _WATER, "exact"),
)

_CLC_CITATION = "Bossard et al. 2000, CORINE land cover technical guide, EEA report 40"

CORINE = Crosswalk(
    name="corine",
    source_vocabulary="CORINE land cover, codes of levels 1, 2 and 3",
    citation=_CLC_CITATION,
    entries=entries(*_CORINE_1, *_CORINE_2, *_CORINE_3),
)

CORINE_RASTER_CODES = {str(number): code for number, (code, *_) in enumerate(_CORINE_3, start=1)}
"""Value of a raster → code of level 3."""

CORINE_RASTER = Crosswalk(
    name="corine-raster",
    source_vocabulary="CORINE land cover rasters, whose values 1–44 number level 3 in order",
    citation=_CLC_CITATION,
    entries=(
        *(
            CrosswalkEntry(str(number), title, int(to), relation)
            for number, (_, title, to, relation) in enumerate(_CORINE_3, start=1)
        ),
        CrosswalkEntry("48", "no data", int(_NONE), "none"),
    ),
)

URBAN_ATLAS = Crosswalk(
    name="urban-atlas",
    source_vocabulary="Urban Atlas 2012 and 2018, 27 classes",
    citation="Copernicus Land Monitoring Service, Urban Atlas mapping guide v6.2",
    entries=entries(
        ("11100", "Continuous urban fabric (S.L. > 80%)", _BUILT, "narrower"),
        ("11210", "Discontinuous dense urban fabric (S.L. 50% - 80%)", _BUILT, "narrower"),
        ("11220", "Discontinuous medium density urban fabric (S.L. 30% - 50%)", _BUILT, "broader"),
        ("11230", "Discontinuous low density urban fabric (S.L. 10% - 30%)", _BUILT, "broader"),
        ("11240", "Discontinuous very low density urban fabric (S.L. < 10%)", _NONE, "broader"),
        ("11300", "Isolated structures", _BUILT, "broader"),
        ("12100", "Industrial, commercial, public, military and private units", _BUILT, "broader"),
        ("12210", "Fast transit roads and associated land", _BUILT, "narrower"),
        ("12220", "Other roads and associated land", _BUILT, "narrower"),
        ("12230", "Railways and associated land", _BUILT, "narrower"),
        ("12300", "Port areas", _BUILT, "narrower"),
        ("12400", "Airports", _BUILT, "broader"),
        ("13100", "Mineral extraction and dump sites", _BARE, "narrower"),
        ("13300", "Construction sites", _BARE, "broader"),
        ("13400", "Land without current use", _NONE, "none"),
        ("14100", "Green urban areas", _NONE, "none"),
        ("14200", "Sports and leisure facilities", _NONE, "none"),
        ("21000", "Arable land (annual crops)", _CROPS, "broader"),
        ("22000", "Permanent crops (vineyards, fruit trees, olive groves)", _NONE, "broader"),
        ("23000", "Pastures", _GRASS, "narrower"),
        ("24000", "Complex and mixed cultivation patterns", _CROPS, "broader"),
        ("25000", "Orchards at the fringe of urban classes", _TREES, "broader"),
        ("31000", "Forests", _TREES, "narrower"),
        ("32000", "Herbaceous vegetation associations", _NONE, "broader"),  # grass and scrub
        ("33000", "Open spaces with little or no vegetation", _BARE, "broader"),
        ("40000", "Wetlands", _FLOODED, "broader"),
        ("50000", "Water", _WATER, "exact"),
    ),
)

EUROSAT = Crosswalk(
    name="eurosat",
    source_vocabulary="EuroSAT, ten classes of patches, by folder name",
    citation="Helber et al. 2019, IEEE JSTARS 12(7), section III",
    entries=entries(
        ("AnnualCrop", "annual crop", _CROPS, "narrower"),
        ("Forest", "forest", _TREES, "narrower"),
        ("HerbaceousVegetation", "herbaceous vegetation", _NONE, "broader"),  # grass and scrub
        ("Highway", "highway", _BUILT, "broader"),  # the patch around it is fields
        ("Industrial", "industrial buildings", _BUILT, "narrower"),
        ("Pasture", "pasture", _GRASS, "narrower"),
        ("PermanentCrop", "permanent crop", _NONE, "broader"),
        ("Residential", "residential buildings", _BUILT, "broader"),
        ("River", "river", _WATER, "broader"),  # with its banks
        ("SeaLake", "sea and lake", _WATER, "narrower"),
    ),
)
