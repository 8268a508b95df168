"""Keys are validated at the door; mappings keep the year."""

import dagster as dg
import pytest

from lulc_assets.core.errors import InvalidProject, InvalidTileKey, InvalidYear
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.defs.partitions import (
    REGION,
    TILE,
    add_keys,
    dependency,
    key_of_partition,
    region_years,
    tile_years,
)
from lulc_assets.steps.products import ANNUAL_MAP, PREDICTED_SCENE, REGION_REPORT


def test_a_key_is_tile_and_year():
    assert key_of_partition(ANNUAL_MAP, "33TVM|2023") == TileYear("33TVM", 2023)
    assert key_of_partition(REGION_REPORT, "upper-land|2023") == RegionYear("upper-land", 2023)
    key = dg.MultiPartitionKey({"tile": "33TVM", "year": "2023"})
    assert key_of_partition(ANNUAL_MAP, key) == TileYear("33TVM", 2023)


@pytest.mark.parametrize(
    "key",
    ["../../etc|2023", "|2023", "33TVM", "33IVM|2023", "33tvm|2023", "a|b|2023", "", "x" * 5000],
)
def test_what_is_no_tile_is_refused(key):
    with pytest.raises((InvalidTileKey, InvalidYear)):
        key_of_partition(ANNUAL_MAP, key)


@pytest.mark.parametrize("key", ["33TVM 2023", "a b|2023", "../x|2023", "'; drop table|2023"])
def test_what_is_no_region_is_refused(key):
    with pytest.raises(InvalidProject):
        key_of_partition(REGION_REPORT, key)


def test_a_key_of_another_kind_is_refused():
    region = dg.MultiPartitionKey({"region": "alps", "year": "2023"})
    for key in (region, "alps|2023"):
        with pytest.raises(InvalidTileKey, match="alps"):
            key_of_partition(ANNUAL_MAP, key)
    tile = dg.MultiPartitionKey({"tile": "33TVM", "scene": "S2A"})
    with pytest.raises((InvalidTileKey, InvalidYear), match="33TVM"):
        key_of_partition(ANNUAL_MAP, tile)
    with pytest.raises(InvalidProject, match="scenes are not partitions"):
        key_of_partition(PREDICTED_SCENE, "33TVM|2023")


@pytest.mark.parametrize("year", ["2014", "2999", "20x3", ""])
def test_a_year_without_sentinel_2_is_refused(year):
    with pytest.raises(InvalidYear):
        key_of_partition(ANNUAL_MAP, f"33TVM|{year}")


def test_bad_tiles_are_not_registered():
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(InvalidTileKey):
            add_keys(instance, TILE, ["33TVM", "../../etc"])
        assert list(instance.get_dynamic_partitions(TILE)) == []


def test_a_region_depends_on_all_tiles_of_its_year():
    with dg.DagsterInstance.ephemeral() as instance:
        add_keys(instance, TILE, ["33TVM", "33TWM"])
        add_keys(instance, REGION, ["demo"])
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            subset = region_years().subset_with_partition_keys(["demo|2022"])
            mapping = dependency(REGION_REPORT, REGION_REPORT.inputs[0]).partition_mapping
            upstream = mapping.get_upstream_mapped_partitions_result_for_partitions(
                subset, region_years(), tile_years()
            )
            keys = set(upstream.partitions_subset.get_partition_keys())
    assert keys == {"33TVM|2022", "33TWM|2022"}
