import json

import pytest

from lulc_assets.core.catalog.items import recipe_from_item, require_epsg, require_sampling
from lulc_assets.core.errors import (
    HrefRefused,
    IncompleteItem,
    MissingBand,
    OffsetUndecidable,
    SceneGridMismatch,
    UnknownDialect,
)
from lulc_assets.core.grid import tile_grid
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.bands import THIRTEEN
from lulc_assets.core.scene.hls import hls_grid
from lulc_assets.core.scene.recipe import SceneRecipe
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


def test_a_number_that_is_no_gsd_gives_way_to_the_nominal_one():
    item = make_item()
    for value in ("ten", 0, None, True):
        item["assets"]["B11"]["gsd"] = value
        assert recipe(item).bands["swir1"].gsd_m == 20


def test_a_scale_that_the_product_does_not_have_is_refused():
    item = make_item()
    item["assets"]["B04"]["raster:bands"] = [{"scale": 1e-3, "offset": 0}]
    with pytest.raises(OffsetUndecidable, match=r"B04.*0\.001"):
        recipe(item)


def test_signatures_are_cut_off_and_never_stored():
    item = make_item()
    host = "https://sentinel2l2a01.blob.core.windows.net/x"
    for name, asset in item["assets"].items():
        asset["href"] = f"{host}/{name}.tif?st=2024-01-01&sig=secret"
    found = recipe(item)
    assert "secret" not in str(found.to_dict())
    assert found.bands["red"].href == f"{host}/B04.tif"
    assert found.signer == "planetary_computer"


def test_hosts_that_the_provider_does_not_use_are_refused_unless_the_user_adds_them():
    item = make_item(href="https://example.org/{name}.tif")
    with pytest.raises(HrefRefused, match=r"example\.org"):
        recipe(item)
    policy = HrefPolicy(ROOT, allow_hosts=("example.org",))
    found = recipe_from_item(item, "/data/a/item.json", policy)
    assert found.bands["red"].href == "https://example.org/B04.tif"
    assert not found.private_network


def test_a_recipe_remembers_that_the_user_allowed_private_addresses():
    item = make_item(href="http://127.0.0.1/{name}.tif")
    found = recipe_from_item(item, "/data/a/item.json", HrefPolicy(ROOT, allow_private=True))
    assert found.private_network


def test_a_media_type_that_the_dialect_does_not_allow_is_refused():
    item = make_item()
    item["assets"]["B03"]["type"] = "image/jp2"
    with pytest.raises(MissingBand, match="image/jp2"):
        recipe(item)


def test_no_data_and_shadow_are_kept_for_judging_without_pixels():
    found = recipe(
        make_item(**{"s2:nodata_pixel_percentage": 98.0, "s2:cloud_shadow_percentage": "much"})
    )
    assert (found.nodata_pct, found.shadow_pct) == (98.0, None)


def test_scenes_of_30_m_do_not_fit_a_grid_of_10_m():
    found = recipe(make_item())
    grid = tile_grid("33TVL")
    require_sampling(found, grid)
    with pytest.raises(SceneGridMismatch, match=r"10 m.*30 m"):
        require_sampling(found, hls_grid("33TVL"))


@pytest.mark.parametrize(
    ("stated", "generated"),
    [
        ("2020-07-02T00:00:00.5Z", "2020-07-02T00:00:00.500000Z"),
        ("2020-07-02T02:00:00+02:00", "2020-07-02T00:00:00.000000Z"),
        ("2020-07-02T00:00:00", "2020-07-02T00:00:00.000000Z"),
        ("yesterday", "2020-07-02T00:00:00.000000Z"),  # from the product's name
        (None, "2020-07-02T00:00:00.000000Z"),
    ],
)
def test_the_time_of_generation_is_written_in_one_form(stated, generated):
    assert recipe(make_item(**{"s2:generation_time": stated})).generated == generated


def test_chosen_bands_are_all_that_a_recipe_reads_in_their_order():
    item = make_item()
    for name in ("B02", "B08", "B11", "B12"):
        del item["assets"][name]
    found = recipe(item, roles=("green", "red"))
    assert found.roles == ("green", "red")
    assert set(found.bands) == {"green", "red", "scl"}
    assert SceneRecipe.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert found.identity() != recipe(item, roles=("red", "green")).identity()


def test_the_default_bands_leave_identities_as_they_were():
    assert "roles" not in recipe(make_item()).identity()


def test_coarse_bands_alone_are_read_at_the_sampling_of_the_product():
    found = recipe(make_item(), roles=("swir1", "swir2"))
    assert found.gsd_m == 10
    require_sampling(found, tile_grid("33TVL"))


def test_a_band_that_a_catalogue_lacks_is_named_with_those_that_it_has():
    with pytest.raises(MissingBand, match=r"level L2A\) has no band cirrus; it has red, green"):
        recipe(make_item(), roles=THIRTEEN)
