"""Items that are not what a name, a number or the user says they are."""

import pytest

from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.catalog.sources import catalog_location
from lulc_assets.core.errors import (
    CatalogError,
    DialectContradicted,
    IncompleteItem,
    OffsetUndecidable,
    UnknownDialect,
)
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets_tests.core.catalog.stac_documents import make_item

POLICY = HrefPolicy("/data/catalog.json")
EARTH_SEARCH = {
    "earthsearch:payload_id": "x", "mgrs:utm_zone": 33, "mgrs:latitude_band": "T",
    "mgrs:grid_square": "VL",
}  # fmt: skip


def recipe(item, **options):
    return recipe_from_item(item, "/data/a/item.json", POLICY, **options)


def stating(item, **raster):
    for asset in item["assets"].values():
        asset["raster:bands"] = [raster]
    return item


# --- baselines that are none ------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["99.99", "99.33", "98.01", "00.00"])
def test_an_unofficial_baseline_leaves_the_offset_to_the_pixels(baseline):
    found = recipe(make_item(baseline=baseline))
    assert (found.offset_dn, found.offset_open, found.offset_needs_proof) == (0, True, True)
    assert f"{baseline} is not a baseline of ESA's" in found.offset_reason


@pytest.mark.parametrize(("offset", "expected"), [(0, 0), (-0.1, -1000)])
def test_what_the_item_states_counts_before_the_pixels(offset, expected):
    item = stating(make_item(baseline="99.99"), offset=offset, scale=1e-4)
    found = recipe(item)
    assert (found.offset_dn, found.offset_open) == (expected, False)


def test_an_unofficial_baseline_never_wins_over_one_of_esas():
    from lulc_assets.core.catalog.duplicates import find_duplicates

    home, esa = (recipe(make_item(baseline=b, stamp=s)) for b, s in
                 (("99.99", "20240101T000000"), ("05.00", "20230101T000000")))  # fmt: skip
    assert find_duplicates([home, esa]) == {home.id: esa.id}


# --- scales -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "scale", "offset_dn"),
    [
        ({"scale": 1.0}, 1.0, 0),
        ({"scale": 1.0, "offset": -0.1}, 1.0, -0.1),
        ({"scale": 2e-5, "offset": -0.1}, 2e-5, -5000),
        ({"scale": 1e-4}, 1e-4, -1000),
    ],
)
def test_a_scale_that_all_bands_state_is_the_recipes(stated, scale, offset_dn):
    found = recipe(stating(make_item(baseline="05.09"), **stated))
    assert found.scale == scale
    assert found.offset_dn == pytest.approx(offset_dn)


@pytest.mark.parametrize("scale", [0, -1, 40, 1e308])
def test_a_scale_that_gives_no_reflectance_is_refused(scale):
    with pytest.raises(OffsetUndecidable, match="one scale between 0 and 1"):
        recipe(stating(make_item(), scale=scale))


# --- dialects ---------------------------------------------------------------------------


def test_a_named_dialect_does_not_overrule_an_item_that_is_anothers():
    with pytest.raises(DialectContradicted, match=r"is written in planetary_computer.*cdse"):
        recipe(make_item(baseline="05.09"), dialect="cdse")


def test_marks_of_another_provider_in_a_collection_of_ones_own_are_seen():
    item = {**make_item(**EARTH_SEARCH), "collection": "my-mirror"}
    del item["properties"]["s2:mgrs_tile"]
    with pytest.raises(DialectContradicted, match="earth_search"):
        recipe(item, dialect="planetary_computer")


def test_another_level_than_the_named_dialects_is_seen():
    item = make_item(**{"s2:product_type": "S2MSI1C"}) | {"collection": "mine"}
    with pytest.raises(DialectContradicted, match="S2MSI1C"):
        recipe(item, dialect="planetary_computer")


def test_a_flag_of_another_provider_is_not_passed_over():
    item = make_item(baseline="05.09", **{"earthsearch:boa_offset_applied": True})
    with pytest.raises(OffsetUndecidable, match="boa_offset_applied is true"):
        recipe(item)


def test_an_unknown_item_is_told_which_mark_is_missing():
    item = make_item()
    del item["properties"]["s2:mgrs_tile"]
    with pytest.raises(UnknownDialect, match="planetary_computer needs property 's2:mgrs_tile'"):
        recipe(item)


def test_an_unknown_item_is_told_that_it_is_level_1c():
    item = make_item(**{"s2:product_type": "S2MSI1C"})
    with pytest.raises(UnknownDialect, match="It is a level 1C product"):
        recipe(item)


def test_a_level_1c_product_among_level_2a_items_is_named_before_its_missing_bands():
    item = make_item()
    item["properties"]["s2:product_uri"] = item["id"].replace("L2A", "L1C")
    del item["assets"]["SCL"]
    with pytest.raises(UnknownDialect, match="is a level 1C product by its name"):
        recipe(item)


# --- ids and times ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identifier",
    ["a:b", "a b", "ü", "..", ".hidden", "a/b", "<x>", "$HOME", "x" * 300, "record.json",
     "Record.JSON", "trailing.", "a\x00b", "a\n"],
)  # fmt: skip
def test_an_id_that_cannot_name_a_folder_is_refused_by_name(identifier):
    with pytest.raises(IncompleteItem, match="cannot name a product's folder"):
        recipe({**make_item(), "id": identifier})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_ends_of_the_calendar_end_no_search(moment):
    with pytest.raises(IncompleteItem, match="not a time in UTC"):
        recipe(make_item(datetime=moment))
    assert recipe(make_item(**{"s2:generation_time": moment})).generated.startswith("2020-07-02")


# --- product folders -----------------------------------------------------------------------


@pytest.mark.parametrize("inner", ["S2A_MSIL2A_20200701T100031.SAFE", ""])
def test_a_product_folder_is_told_how_to_become_an_item(tmp_path, inner):
    product = tmp_path / "S2A_MSIL2A_20200701T100031.SAFE"
    product.mkdir()
    (product / "manifest.safe").touch()
    with pytest.raises(CatalogError, match=r"SAFE.*lulc scenes import FOLDER"):
        catalog_location(str(tmp_path / inner))


def test_a_zipped_product_is_told_the_same(tmp_path):
    product = tmp_path / "S2A_MSIL2A_20200701T100031.SAFE.zip"
    product.touch()
    with pytest.raises(CatalogError, match=r"is an archive.*lulc scenes import FOLDER"):
        catalog_location(str(product))


def test_a_folder_without_a_catalogue_says_so(tmp_path):
    with pytest.raises(CatalogError, match=r"holds no catalog\.json"):
        catalog_location(str(tmp_path))
