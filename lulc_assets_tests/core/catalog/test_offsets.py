import pytest

from lulc_assets.core.catalog.offsets import (
    offset_flagged,
    offset_kept,
    offset_none,
    offset_stated,
    stated_scaling,
)
from lulc_assets.core.errors import OffsetUndecidable

FLAG = "earthsearch:boa_offset_applied"


def item(offsets=(-0.1,), scale=0.0001, **properties):
    assets = {
        f"b{number}": {"raster:bands": [{"offset": offset, "scale": scale}]}
        for number, offset in enumerate(offsets)
    }
    return {"id": "X", "properties": properties, "assets": assets}


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [("02.04", 0), ("03.01", 0), ("04.00", -1000), ("05.11", -1000), ("10.00", -1000)],
)
def test_where_pixels_are_as_esa_made_them_the_baseline_decides(baseline, expected):
    assert offset_kept(item(), baseline, [])[0] == expected


@pytest.mark.parametrize("baseline", ["", "unknown", "4", "None"])
def test_without_a_baseline_the_offset_is_undecidable(baseline):
    with pytest.raises(OffsetUndecidable, match="X"):
        offset_kept(item(), baseline, [])


@pytest.mark.parametrize(
    ("baseline", "flag", "expected"),
    [("05.09", True, 0), ("05.09", False, -1000), ("02.14", False, 0), ("02.14", True, 0)],
)
def test_the_flag_tells_whether_the_offset_was_taken_out(baseline, flag, expected):
    assert offset_flagged(FLAG, item(**{FLAG: flag}), baseline, [])[0] == expected


def test_a_missing_flag_is_undecidable_only_where_there_is_an_offset():
    assert offset_flagged(FLAG, item(), "02.14", [])[0] == 0
    with pytest.raises(OffsetUndecidable, match=FLAG):
        offset_flagged(FLAG, item(), "05.09", [])


def test_a_stated_offset_counts_in_dn():
    assert offset_stated(item([-0.1, -0.1]), "05.10", ["b0", "b1"])[0] == -1000
    assert offset_stated(item([0]), "02.14", ["b0"])[0] == 0


@pytest.mark.parametrize("offsets", [(-0.1, 0), (-0.1, None), (0, 0), (None, None)])
def test_statements_that_contradict_each_other_or_the_baseline_are_undecidable(offsets):
    with pytest.raises(OffsetUndecidable):
        offset_stated(item(offsets), "05.10", ["b0", "b1"])


def test_an_offset_before_baseline_04_is_undecidable():
    with pytest.raises(OffsetUndecidable, match=r"02\.14"):
        offset_stated(item([-0.1]), "02.14", ["b0"])


def test_an_offset_that_no_baseline_explains_needs_proof_from_the_pixels():
    decision = offset_stated(item([-0.7, -0.7]), "04.00", ["b0", "b1"])
    assert (decision.offset_dn, decision.needs_proof) == (-7000, True)
    assert not offset_stated(item([-0.1]), "04.00", ["b0"]).needs_proof


def test_hls_has_no_offset_whatever_it_says():
    assert offset_none(item([-0.1]), "", ["b0"])[0] == 0


@pytest.mark.parametrize(
    "asset",
    [
        {"raster:bands": [{"offset": -0.1, "scale": 1e-4}]},
        {"raster:offset": -0.1, "raster:scale": 1e-4},
        {"bands": [{"name": "B02", "raster:offset": -0.1, "raster:scale": 1e-4}]},
        {"bands": [{"name": "B02"}], "raster:offset": -0.1, "raster:scale": 1e-4},
    ],
)
def test_every_spelling_of_the_raster_extension_is_read(asset):
    assert stated_scaling(asset) == (-0.1, 1e-4)


@pytest.mark.parametrize("asset", [{}, {"raster:bands": []}, {"raster:bands": ["x"], "bands": 3}])
def test_an_asset_that_states_nothing_gives_nothing(asset):
    assert stated_scaling(asset) == (None, None)
