"""Names of classes in several languages, and what they are known to mean."""

import pytest

from lulc_assets.core.crosswalks import CROSSWALKS
from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.legends.meaning import meaning_of

WATER = "water Wasser Stillgewässer agua eau voda woda acqua água lake_small Wasserflächen"
TREES = "forest Wald Laubwald bosque forêt foret gozd las bosco conifers broadleaf_forest"


@pytest.mark.parametrize("name", WATER.split())
def test_water(name):
    assert meaning_of(name) == LandCover.WATER


@pytest.mark.parametrize("name", TREES.split())
def test_forest(name):
    assert meaning_of(name) == LandCover.TREES


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Winterweizen", LandCover.CROPS),
        ("njive", LandCover.CROPS),
        ("Grünland", LandCover.GRASS),
        ("LAKI", None),
        ("ŁĄKI", LandCover.GRASS),
        ("zabudowa", LandCover.BUILT_AREA),
        ("Broad-leaved forest", LandCover.TREES),
        ("Peat bogs", LandCover.FLOODED_VEGETATION),
        ("Snow / ice", LandCover.SNOW_ICE),
        ("Zonas de las casas", None),
        ("Sonstiges", None),
        ("class 3", None),
        ("1", None),
        ("", None),
    ],
)
def test_other_names(name, meaning):
    assert meaning_of(name) == meaning


def test_words_agree_with_the_vocabularies_of_the_package():
    entries = [e for c in CROSSWALKS.values() for e in c.entries if e.relation == "exact"]
    read = [(e.title, meaning_of(e.title), e.target) for e in entries if e.target < 10]
    assert len(read) > 30
    assert not [row for row in read if row[1] not in (row[2], None)]
    known = sum(1 for row in read if row[1] is not None)
    assert known >= 0.95 * len(read)
