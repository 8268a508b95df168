import json

import pytest

from lulc_assets.core.catalog.items import recipe_from_item, require_epsg
from lulc_assets.core.errors import (
    HrefRefused,
    IncompleteItem,
    MissingBand,
    OffsetUndecidable,
    SceneGridMismatch,
    UnknownDialect,
)
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets_tests.core.catalog.stac_documents import make_item

ROOT = "/data/catalog.json"
POLICY = HrefPolicy(ROOT)


def recipe(item, **options):
    return recipe_from_item(item, "/data/a/item.json", POLICY, **options)


def without(item, name):
    return {**item, "properties": {k: v for k, v in item["properties"].items() if k != name}}


def test_a_planetary_computer_item_becomes_a_recipe():
    found = recipe(make_item(baseline="05.09"))
    assert (found.provider, found.level, found.mgrs_tile) == ("planetary_computer", "L2A", "33TVL")
    assert (found.baseline, found.offset_dn, found.scale) == ("05.09", -1000, 1e-4)
    assert found.bands["red"].href == "/data/a/B04.tif"
    assert found.bands["swir2"].gsd_m == 20
    assert found.acquisition == "sentinel-2a_20200701T100031_R122_33TVL"
    assert found.change_stamp == "2020-07-02T00:00:00Z"
    assert found.date == "2020-07-01"


def test_an_item_that_lost_its_collection_is_recognised_by_its_properties():
    assert recipe({**make_item(), "collection": None}).provider == "planetary_computer"


def test_a_missing_band_is_named():
    item = make_item()
    del item["assets"]["B12"]
    with pytest.raises(MissingBand, match=r"S2A_MSIL2A.*B12.*swir2"):
        recipe(item)


def test_a_missing_baseline_is_taken_from_the_product_name():
    assert recipe(without(make_item(baseline="05.09"), "s2:processing_baseline")).offset_dn == -1000


def test_no_baseline_anywhere_makes_the_offset_undecidable():
    item = without(without(make_item(), "s2:processing_baseline"), "s2:product_uri")
    with pytest.raises(OffsetUndecidable, match="baseline"):
        recipe(item)


@pytest.mark.parametrize("value", [None, "", "2020-07-01T10:00:31", "yesterday"])
def test_a_missing_or_naive_datetime_is_refused(value):
    with pytest.raises(IncompleteItem, match="datetime"):
        recipe(make_item(datetime=value))


@pytest.mark.parametrize(
    "geometry", [None, {}, {"type": "Polygon", "coordinates": []}, {"type": "Blob"}, "POLYGON"]
)
def test_a_missing_or_broken_geometry_is_refused(geometry):
    with pytest.raises(IncompleteItem, match="geometry"):
        recipe({**make_item(), "geometry": geometry})


@pytest.mark.parametrize("value", [None, "much", 101, -1, float("nan")])
def test_cloud_cover_must_be_a_percentage(value):
    with pytest.raises(IncompleteItem, match="cloud_cover"):
        recipe(make_item(**{"eo:cloud_cover": value}))


@pytest.mark.parametrize("item", [[], "text", {}, {"id": "a"}, {"id": "a", "properties": {}}])
def test_what_is_no_item_is_refused(item):
    with pytest.raises(IncompleteItem):
        recipe(item)


def test_an_unknown_collection_is_refused_unless_the_user_names_the_dialect():
    item = {**make_item(), "collection": "my-sentinel"}
    with pytest.raises(UnknownDialect, match="my-sentinel"):
        recipe(item)
    assert recipe(item, dialect="planetary_computer").collection == "my-sentinel"


def test_a_dialect_that_does_not_exist_is_refused():
    with pytest.raises(UnknownDialect, match="klingon"):
        recipe(make_item(), dialect="klingon")


@pytest.mark.parametrize("href", ["/etc/passwd", "../../x.tif", "http://10.0.0.1/x.tif", "<VRT/>"])
def test_an_href_that_leads_away_is_refused(href):
    with pytest.raises(HrefRefused):
        recipe(make_item(href=href))


@pytest.mark.parametrize("field", [{"proj:epsg": 32632}, {"proj:code": "EPSG:32632"}])
def test_the_crs_of_the_neighbouring_zone_is_refused(field):
    with pytest.raises(SceneGridMismatch, match="32632"):
        require_epsg(make_item(**field), 32633)


def test_an_item_that_declares_no_crs_is_left_to_the_file():
    require_epsg(without(make_item(), "proj:epsg"), 32633)


# Written by hand from the providers' documentation: Planetary Computer keeps the offset
# (its Sentinel-2 dataset page, "baseline change"); Earth Search v1 documents
# `earthsearch:boa_offset_applied`; Collection 1 states the offset in raster:bands.
PROVIDERS = [
    ("planetary_computer/S2A_MSIL2A_20190101T000001_R116_T58UFF_20201007T214659",
     "planetary_computer", "58UFF", "02.12", 0),
    ("planetary_computer/S2A_MSIL2A_20230216T145731_R082_T21UYT_20230217T083102",
     "planetary_computer", "21UYT", "04.00", -1000),
    ("planetary_computer/S2A_MSIL2A_20240823T174901_R141_T13TDE_20240824T013055",
     "planetary_computer", "13TDE", "05.11", -1000),
    ("planetary_computer/S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531",
     "planetary_computer", "06VVN", "02.12", 0),
    ("earth_search_v1/S2A_13TDE_20231008_0_L2A", "earth_search_v1", "13TDE", "05.09", 0),
    ("earth_search_v1/S2A_29RKH_20200219_0_L2A", "earth_search_v1", "29RKH", "02.14", 0),
    ("earth_search_v1_c1/S2A_T13TDE_20240405T175934_L2A",
     "earth_search_c1", "13TDE", "05.10", -1000),
    ("earth_search_v0/S2A_28QCH_20200714_0_L2A", "earth_search_v0", "28QCH", "02.14", 0),
]  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize(("path", "expected"), [(row[0], row[1:]) for row in PROVIDERS])
def test_items_as_the_providers_serve_them(real_data, path, expected):
    file = real_data / "stac_items" / f"{path}.json"
    item = json.loads(file.read_text())
    found = recipe_from_item(item, str(file), HrefPolicy(str(file)))
    assert (found.provider, found.mgrs_tile, found.baseline, found.offset_dn) == expected
    assert found.level == "L2A"
    assert found.bands["red"].href.endswith(("B04.tif", "B04_10m.tif"))
    assert found.bands["swir1"].href.endswith(("B11.tif", "B11_20m.tif"))
    assert [found.bands[role].gsd_m for role in ("red", "swir1", "scl")] == [10, 20, 20]


@pytest.mark.real_data
@pytest.mark.parametrize("provider", ["cdse", "hls", "stactools_sentinel2"])
def test_items_in_formats_that_are_not_read_yet_are_refused_by_name(real_data, provider):
    for file in sorted((real_data / "stac_items" / provider).glob("*.json")):
        with pytest.raises(UnknownDialect):
            recipe_from_item(json.loads(file.read_text()), str(file), HrefPolicy(str(file)))
