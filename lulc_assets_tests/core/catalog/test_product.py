import pytest

from lulc_assets.core.catalog.product import (
    datastrip_start,
    datatake_start,
    parse_baseline,
    parse_product_name,
)


def test_a_full_product_name_is_taken_apart():
    name = parse_product_name("S2B_MSIL2A_20190629T212529_N0212_R043_T06VVN_20201006T080531.SAFE")
    assert name is not None
    assert (name.platform, name.level, name.baseline) == ("sentinel-2b", "L2A", "02.12")
    assert (name.relative_orbit, name.tile) == ("043", "06VVN")
    assert (name.datatake_start, name.stamp) == ("20190629T212529", "20201006T080531")


def test_a_short_name_has_empty_parts():
    name = parse_product_name("S2A_MSIL1C_20150711T100008_T33TVL")
    assert name is not None
    assert (name.level, name.tile, name.baseline, name.relative_orbit) == ("L1C", "33TVL", "", "")


@pytest.mark.parametrize("text", ["", "S2A_13TDE_20231008_0_L2A", "HLS.S10.T19LDD.2022166T144741"])
def test_other_names_are_not_guessed(text):
    assert parse_product_name(text) is None


def test_an_hls_name_gives_platform_tile_and_time():
    name = parse_product_name("HLS.L30.T19LDD.2022166T144741.v2.0")
    assert (name.platform, name.tile, name.stamp) == ("hls-l30", "19LDD", "2.0")
    assert name.datatake_start == "2022166T144741"


def test_starts_of_datatake_and_datastrip():
    strip = "S2A_OPER_MSI_L2A_DS_ESRI_20201007T214700_S20181231T235957_N02.12"
    assert datastrip_start(strip) == "20181231T235957"
    assert datastrip_start("unknown") == ""
    assert datatake_start("GS2A_20190101T000001_018417_N02.12") == "20190101T000001"
    assert datatake_start("") == ""


def test_baselines_compare_as_numbers():
    assert parse_baseline("05.09") < parse_baseline("05.10")
    assert parse_baseline("5.9") is None
    assert parse_baseline("") is None
