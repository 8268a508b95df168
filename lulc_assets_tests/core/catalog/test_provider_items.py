"""Every real item against a table written by hand.

Sources, by column ``provider``:

planetary_computer
    Dataset page "Sentinel-2 Level-2A", example notebook "Changes in baseline 04.00": the
    archive serves ESA's pixels, so that scenes of baseline 04.00 and later hold DN + 1000.
    Assets are named by ESA band; the items have no `updated` and no `created`.
earth_search_v1
    Earth Search release notes and FAQ (element84.com/earth-search): `sentinel-2-l2a` takes
    the offset out while making COGs and says so in `earthsearch:boa_offset_applied`, but
    `raster:bands` keeps −0.1.
earth_search_c1
    The same page: Collection 1 pixels are as ESA made them; `raster:bands` holds the offset.
earth_search_v0
    stac-server `sentinel-s2-l2a-cogs`: no baseline property in old items, the product name
    in `sentinel:product_id` has it (N0214).
cdse
    documentation.dataspace.copernicus.eu, "STAC product catalogue": `raster:scale` and
    `raster:offset` on the asset; JPEG 2000 in the `eodata` bucket.
stactools_sentinel2
    stactools-sentinel2 README: `raster:bands` takes BOA_ADD_OFFSET from the product's own
    metadata; JPEG 2000 beside the item. (T34LBQ has −0.7 there, as no product has.)
hls
    HLS Product User Guide v2.0: surface reflectance, scale 0.0001, fill −9999, no offset;
    30 m; Fmask; NIR narrow (B8A) is the band that both sensors share.
"""

import json
from collections import Counter
from dataclasses import dataclass

import pytest

from lulc_assets.core.catalog.dialects import DIALECTS
from lulc_assets.core.catalog.items import recipe_from_item, require_epsg, require_sampling
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
from lulc_assets.core.errors import SceneGridMismatch
from lulc_assets.core.grid import tile_grid
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.hls import hls_grid

pytestmark = pytest.mark.real_data


@dataclass(frozen=True)
class Row:
    file: str
    provider: str
    tile: str
    sensed: str
    baseline: str
    cloud_pct: float
    offset_dn: int
    stamp: str
    acquisition: str


PC, V0, V1, C1 = "planetary_computer", "earth_search_v0", "earth_search_v1", "earth_search_c1"
TOOLS = "stactools_sentinel2"
TABLE = [
    Row("planetary_computer/S2A_MSIL2A_20190101T000001_R116_T58UFF_20201007T214659", PC,
        "58UFF", "2019-01-01T00:00:01.024000Z", "02.12", 54.05283, 0,
        "2020-10-07T21:46:59.112Z", "sentinel-2a_20190101T000001_R116_58UFF"),
    Row("planetary_computer/S2A_MSIL2A_20190101T000001_R116_T60VUJ_20201007T214652", PC,
        "60VUJ", "2019-01-01T00:00:01.024000Z", "02.12", 36.231313, 0,
        "2020-10-07T21:46:52.713Z", "sentinel-2a_20190101T000001_R116_60VUJ"),
    Row("planetary_computer/S2A_MSIL2A_20230216T145731_R082_T21UYT_20230217T083102", PC,
        "21UYT", "2023-02-16T14:57:31.024000Z", "04.00", 99.923795, -1000,
        "2023-02-17T08:31:02.609908Z", "sentinel-2a_20230216T145731_R082_21UYT"),
    Row("planetary_computer/S2A_MSIL2A_20230216T235751_R087_T52CEB_20230217T134604", PC,
        "52CEB", "2023-02-16T23:57:51.024000Z", "04.00", 0.613371, -1000,
        "2023-02-17T13:46:04.323764Z", "sentinel-2a_20230216T235751_R087_52CEB"),
    Row("planetary_computer/S2A_MSIL2A_20240823T174901_R141_T13TDE_20240824T013055", PC,
        "13TDE", "2024-08-23T17:49:01.024000Z", "05.11", 66.843867, -1000,
        "2024-08-24T01:30:55.000000Z", "sentinel-2a_20240823T174901_R141_13TDE"),
    Row("planetary_computer/S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531", PC,
        "06VVN", "2019-06-29T21:25:29.024000Z", "02.12", 0.314306, 0,
        "2020-10-06T08:05:31.830Z", "sentinel-2b_20190629T212529_R043_06VVN"),
    Row("earth_search_v0/S2A_28QCH_20200714_0_L2A", V0,
        "28QCH", "2020-07-14T11:55:52Z", "02.14", 2.36, 0,
        "S2A_28QCH_20200714_0_L2A", "sentinel-2a_20200714T115221_R123_28QCH"),
    Row("earth_search_v1/S2A_13TDE_20231008_0_L2A", V1,
        "13TDE", "2023-10-08T18:02:55.276000Z", "05.09", 0.000299, 0,
        "2023-10-09T01:25:21.658Z", "sentinel-2a_20231008T175231_R141_13TDE"),
    Row("earth_search_v1/S2A_29RKH_20200219_0_L2A", V1,
        "29RKH", "2020-02-19T11:34:25.405000Z", "02.14", 4.051854, 0,
        "2022-11-06T09:32:34.081877+00:00", "sentinel-2a_20200219T112111_R037_29RKH"),
    Row("earth_search_v1/S2B_20EPT_20250731_0_L2A", V1,
        "20EPT", "2025-07-31T13:19:22.930000Z", "05.11", 26.02542, 0,
        "2025-07-31T15:02:20.427Z", "sentinel-2b_20250731T131909_R095_20EPT"),
    Row("earth_search_v1/S2B_39QTA_20230623_0_L2A", V1,
        "39QTA", "2023-06-23T07:24:41.575000Z", "05.09", 0.0, 0,
        "2023-06-23T16:52:42.543Z", "sentinel-2b_20230623T070629_R106_39QTA"),
    Row("earth_search_v1_c1/S2A_T13TDE_20240405T175934_L2A", C1,
        "13TDE", "2024-04-05T18:02:53.145000Z", "05.10", 11.954951, -1000,
        "2024-04-06T02:48:12.170Z", "sentinel-2a_20240405T174901_R141_13TDE"),
    Row("earth_search_v1_c1/S2B_T13TDE_20240420T175329_L2A", C1,
        "13TDE", "2024-04-20T18:02:56.089000Z", "05.10", 95.406204, -1000,
        "2024-04-21T03:10:22.921Z", "sentinel-2b_20240420T174909_R141_13TDE"),
    Row("cdse/S2B_MSIL2A_20200322T074609_N0500_R135_T36NYH_20230612T214223", "cdse",
        "36NYH", "2020-03-22T07:46:09.024000Z", "05.00", 87.94, -1000,
        "2024-05-07T18:13:09.108343Z", "sentinel-2b_20200322T074609_R135_36NYH"),
    Row("hls/HLS.S30.T19LDD.2022166T144741.v2.0", "hls",
        "19LDD", "2022-06-15T14:57:16.704295Z", "", 57.0, 0,
        "2022-08-01T21:26:47.629073Z", "hls-s30_2022166T144741_R_19LDD"),
    Row("stactools_sentinel2/S2A_T01WCP_20230625T234624_L2A", TOOLS,
        "01WCP", "2023-06-25T23:46:21.024000Z", "05.09", 15.047897, -1000,
        "2023-06-26T02:21:57.000000Z", "sentinel-2a_20230625T234621_R073_01WCP"),
    Row("stactools_sentinel2/S2A_T34LBQ_20220401T090142_L2A", TOOLS,
        "34LBQ", "2022-04-01T09:03:19.283000Z", "04.00", 92.696983, -7000,
        "2022-04-01T11:00:10.000000Z", "sentinel-2a_20220401T083601_R064_34LBQ"),
    Row("stactools_sentinel2/S2B_OPER_MSI_L2A_TL_S2RP_20230315T224658_A018417_T01VCG", TOOLS,
        "01VCG", "2020-09-14T23:19:31.559000Z", "05.00", 0.832636, -1000,
        "2025-06-05T17:43:07.572939Z", "sentinel-2b_20200914T231931_R_01VCG"),
    Row("stactools_sentinel2/S2B_T22HBD_20210122T133224_L2A", TOOLS,
        "22HBD", "2021-01-22T13:32:29.024000Z", "02.14", 0.447807, 0,
        "2021-01-22T15:55:00.000000Z", "sentinel-2b_20210122T133229_R081_22HBD"),
]  # fmt: skip

ENDINGS = {
    PC: "B04_10m.tif B03_10m.tif B02_10m.tif B08_10m.tif B11_20m.tif B12_20m.tif SCL_20m.tif",
    V0: "B04.tif B03.tif B02.tif B08.tif B11.tif B12.tif SCL.tif",
    V1: "B04.tif B03.tif B02.tif B08.tif B11.tif B12.tif SCL.tif",
    C1: "B04.tif B03.tif B02.tif B08.tif B11.tif B12.tif SCL.tif",
    "cdse": "B04_10m.jp2 B03_10m.jp2 B02_10m.jp2 B08_10m.jp2 B11_20m.jp2 B12_20m.jp2 SCL_20m.jp2",
    "hls": "B04.tif B03.tif B02.tif B8A.tif B11.tif B12.tif Fmask.tif",
}  # fmt: skip
"""Ends of the hrefs in the order red, green, blue, nir, swir1, swir2, mask."""

JP2 = ("cdse", TOOLS)


def load(real_data, row):
    file = real_data / "stac_items" / f"{row.file}.json"
    return json.loads(file.read_text()), str(file)


def test_the_table_has_every_item_once(real_data):
    folder = real_data / "stac_items"
    files = {str(path.relative_to(folder))[: -len(".json")] for path in folder.rglob("*.json")}
    files = {name for name in files if "/search_" not in name}
    assert Counter(row.file for row in TABLE) == Counter(files)


@pytest.mark.parametrize("keep_collection", [True, False], ids=["whole", "no collection"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.file)
def test_an_item_yields_the_recipe_of_the_table(real_data, row, keep_collection):
    item, file = load(real_data, row)
    collection = item.get("collection") or ""
    if not keep_collection:
        item.pop("collection", None)
        collection = ""
    found = recipe_from_item(item, file, HrefPolicy(file))
    fields = found.to_dict()
    assert (found.id, found.provider, found.collection) == (item["id"], row.provider, collection)
    assert (found.mgrs_tile, found.baseline, found.level) == (row.tile, row.baseline, "L2A")
    assert fields["datetime"] == row.sensed
    assert found.cloud_cover_pct == row.cloud_pct
    assert (found.scale, found.offset_dn) == (1e-4, row.offset_dn)
    assert found.offset_needs_proof == (row.offset_dn == -7000)
    assert (found.change_stamp, found.acquisition) == (row.stamp, row.acquisition)
    assert found.driver == ("JP2OpenJPEG" if row.provider in JP2 else "GTiff")
    sampling = (30,) * 7 if row.provider == "hls" else (10, 10, 10, 10, 20, 20, 20)
    assert tuple(asset.gsd_m for asset in found.bands.values()) == sampling
    assert found.mask == ("fmask" if row.provider == "hls" else "scl")
    assert found.nodata_dn == (-9999 if row.provider == "hls" else 0)
    hrefs = [asset.href for asset in found.bands.values()]
    for href, ending in zip(hrefs, ends_of(row), strict=True):
        assert href.endswith(ending)


def ends_of(row):
    if row.provider != TOOLS:
        return ENDINGS[row.provider].split()
    names = ("B04", "B03", "B02", "B08", "B11", "B12", "SCL")
    # Two layouts of a SAFE: whole product names, or one folder a resolution (AWS).
    if "T34LBQ" in row.file or "OPER" in row.file:
        return [f"/R{10 if n in names[:4] else 20}m/{n}.jp2" for n in names]
    return [f"_{n}_{10 if n in names[:4] else 20}m.jp2" for n in names]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.file)
def test_the_grid_of_the_tile_is_the_one_that_the_item_declares(real_data, row):
    item, _ = load(real_data, row)
    # This item names tile 34LBQ and lies one square further south.
    tile = "34LBP" if row.tile == "34LBQ" else row.tile
    grid = hls_grid(tile) if row.provider == "hls" else tile_grid(tile)
    require_epsg(item, grid.epsg)
    name = next(d.assets["red"][0] for d in DIALECTS if d.name == row.provider)
    declared = item["assets"][name].get("proj:transform") or item["properties"]["proj:transform"]
    assert declared[:6] == [grid.pixel_m, 0, grid.x0, 0, -grid.pixel_m, grid.y0]


def test_the_cloud_cover_of_a_nearly_empty_product_comes_with_its_no_data(real_data):
    row = next(row for row in TABLE if "20EPT" in row.file)
    item, file = load(real_data, row)
    found = recipe_from_item(item, file, HrefPolicy(file))
    assert (round(found.cloud_cover_pct), round(found.nodata_pct)) == (26, 98)


def test_the_coverage_of_earth_search_v0_becomes_no_data(real_data):
    row = next(row for row in TABLE if row.provider == V0)
    item, file = load(real_data, row)
    assert recipe_from_item(item, file, HrefPolicy(file)).nodata_pct == pytest.approx(93.15)


def test_no_recipe_of_a_remote_item_names_a_local_file(real_data):
    for row in TABLE:
        if row.provider != TOOLS:
            item, _ = load(real_data, row)
            policy = HrefPolicy("https://example.org/catalog.json")
            for asset in recipe_from_item(item, policy.root, policy).bands.values():
                assert asset.href.startswith(("https://", "s3://eodata/"))


@pytest.mark.parametrize("row", [r for r in TABLE if r.tile[:2] in ("01", "60")],
                         ids=lambda row: row.file)  # fmt: skip
def test_tiles_at_the_antimeridian_are_searched_like_others(real_data, row):
    _, file = load(real_data, row)
    found = search_scenes(file, row.tile, int(row.sensed[:4]), tile_grid(row.tile))
    assert [recipe.mgrs_tile for recipe in found.recipes] == [row.tile]
    table = select_scenes(
        found.recipes, tile_grid(row.tile), SelectionSettings(clear_from="fields")
    )
    assert len(table) == 1


def test_hls_is_found_on_a_grid_of_30_m_and_refused_on_one_of_10_m(real_data):
    row = next(row for row in TABLE if row.provider == "hls")
    _, file = load(real_data, row)
    found = search_scenes(file, row.tile, 2022, hls_grid(row.tile))
    assert [recipe.provider for recipe in found.recipes] == ["hls"]
    refused = search_scenes(file, row.tile, 2022, tile_grid(row.tile))
    assert not refused.recipes
    assert refused.rejected[0].reason.startswith("SceneGridMismatch")


def test_a_northern_hls_scene_is_refused_on_10_m_by_its_sampling(real_data):
    """North of the equator both products have the same CRS, so that only this tells them apart."""
    row = next(row for row in TABLE if row.provider == "hls")
    item, file = load(real_data, row)
    recipe = recipe_from_item(item, file, HrefPolicy(file))
    grid = tile_grid("33TVL")
    with pytest.raises(SceneGridMismatch, match=r"30 m.*10 m"):
        require_sampling(recipe, grid)
