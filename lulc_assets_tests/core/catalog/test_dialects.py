import pytest

from lulc_assets.core.catalog.dialects import DIALECTS, find_dialect
from lulc_assets.core.scene.recipe import BAND_ROLES, SCL_ROLE
from lulc_assets_tests.core.catalog.stac_documents import make_item


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_names_all_bands(dialect):
    assert set(dialect.assets) == {*BAND_ROLES, SCL_ROLE}


def test_names_are_unique():
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


def test_a_missing_band_does_not_hide_the_dialect():
    item = make_item()
    del item["assets"]["B12"]
    assert find_dialect(item).name == "planetary_computer"


def test_level_1c_items_without_a_collection_are_not_taken_for_level_2a():
    item = {**make_item(**{"s2:product_type": "S2MSI1C"}), "collection": None}
    assert (find_dialect(item).name, find_dialect(item).level) == ("plain_l1c", "L1C")
