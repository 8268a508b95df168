import dataclasses

import pytest

from lulc_assets.core.catalog import known_dialects
from lulc_assets.core.catalog.dialects import (
    DIALECTS,
    HLS_L30_NAMES,
    HLS_S30_NAMES,
    PLANETARY_COMPUTER,
)
from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.catalog.known_dialects import default_collection, find_dialect, sampling_m
from lulc_assets.core.errors import UnknownDialect
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.bands import THIRTEEN, TWELVE
from lulc_assets.core.scene.recipe import BAND_ROLES, SCL_ROLE
from lulc_assets_tests.core.catalog.stac_documents import make_item


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_names_all_bands(dialect):
    assert set(dialect.assets) >= {*BAND_ROLES, SCL_ROLE}


def test_names_are_unique():
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


def test_a_missing_band_does_not_hide_the_dialect():
    item = make_item()
    del item["assets"]["B12"]
    assert find_dialect(item).name == "planetary_computer"


def test_level_1c_items_without_a_collection_are_not_taken_for_level_2a():
    item = {**make_item(**{"s2:product_type": "S2MSI1C"}), "collection": None}
    assert (find_dialect(item).name, find_dialect(item).level) == ("plain_l1c", "L1C")


def hls_item(product, names, host, collection):
    """As NASA's catalogue (and its copy at Planetary Computer) writes them: few properties."""
    identifier = f"HLS.{product}.T19LDD.2022166T144741.v2.0"
    return {
        "type": "Feature", "id": identifier, "collection": collection,
        "geometry": {"type": "Point", "coordinates": [-69, -15]},
        "properties": {"datetime": "2022-06-15T14:57:16.704Z", "eo:cloud_cover": 57},
        "assets": {name: {"href": f"https://{host}/{identifier}.{name}.tif", "gsd": 10}
                   for name, _ in names.values()},
    }  # fmt: skip


NASA = "data.lpdaac.earthdatacloud.nasa.gov"
AZURE = "hlssa.blob.core.windows.net"


@pytest.mark.parametrize(
    ("product", "names", "host", "collection", "dialect", "nir"),
    [
        ("S30", HLS_S30_NAMES, NASA, "HLSS30_2.0", "hls_s30", "B8A"),
        ("L30", HLS_L30_NAMES, NASA, "HLSL30.v2.0", "hls_l30", "B05"),
        ("S30", HLS_S30_NAMES, AZURE, "hls2-s30", "hls2_s30", "B8A"),
        ("L30", HLS_L30_NAMES, AZURE, "hls2-l30", "hls2_l30", "B05"),
        ("S30", HLS_S30_NAMES, NASA, None, "hls_s30", "B8A"),
    ],
)
def test_hls_is_known_under_the_names_of_its_distributors(
    product, names, host, collection, dialect, nir
):
    item = hls_item(product, names, host, collection)
    policy = HrefPolicy("https://example.org/catalog.json")
    recipe = recipe_from_item(item, policy.root, policy)
    assert (recipe.provider, recipe.mgrs_tile, recipe.gsd_m) == (dialect, "19LDD", 30)
    assert (recipe.mask, recipe.nodata_dn, recipe.offset_dn) == ("fmask", -9999, 0)
    assert recipe.bands["nir"].href.endswith(f".{nir}.tif")
    assert recipe.bands["scl"].href.endswith(".Fmask.tif")
    assert recipe.acquisition.startswith(f"hls-{product.lower()}_2022166T144741")
    assert recipe.signer == ("planetary_computer" if host == AZURE else "")


def test_an_item_of_another_level_is_not_taken_for_surface_reflectance():
    with pytest.raises(UnknownDialect):
        find_dialect(make_item(**{"s2:product_type": "S2MSI1C"}))


def test_a_dialect_names_the_collection_to_search_and_its_sampling():
    assert default_collection("earth_search_c1") == "sentinel-2-c1-l2a"
    assert default_collection("plain_l1c") is None
    assert default_collection(None) is None
    assert sampling_m("hls_s30", None) == 30
    assert sampling_m(None, "hls2-l30") == 30
    assert sampling_m(None, "sentinel-2-l2a") == sampling_m(None, None) == 10
    with pytest.raises(UnknownDialect, match="klingon"):
        default_collection("klingon")


class Point:
    """An entry point as another package declares it."""

    def __init__(self, name, value):
        self.name = name
        self._value = value

    def load(self):
        return self._value


@pytest.fixture
def installed(monkeypatch):
    def install(*points):
        monkeypatch.setattr(known_dialects, "entry_points", lambda group: points)
        known_dialects.known_dialects.cache_clear()

    yield install
    known_dialects.known_dialects.cache_clear()


def test_another_package_adds_a_dialect_by_one_object(installed):
    mine = dataclasses.replace(PLANETARY_COMPUTER, name="mine", collections=("my-sentinel",))
    installed(Point("mine", mine))
    assert find_dialect({**make_item(), "collection": "my-sentinel"}) is mine
    assert find_dialect(make_item()).name == "planetary_computer"


def test_an_entry_point_that_is_no_dialect_is_named(installed):
    installed(Point("odd", "text"))
    with pytest.raises(UnknownDialect, match="odd"):
        find_dialect(make_item())


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_every_band_of_the_product_is_known_at_its_own_sampling(dialect):
    own = {"L1C": THIRTEEN, "L2A": TWELVE}[dialect.level]
    if not dialect.name.startswith("hls"):
        assert set(dialect.assets) == {*own, SCL_ROLE}
        assert dialect.assets["coastal"][1] == dialect.assets["nir09"][1] == 60
        assert dialect.assets["rededge2"][1] == 20
    names = [name for name, _ in dialect.assets.values()]
    assert len(set(names)) == len(names)
