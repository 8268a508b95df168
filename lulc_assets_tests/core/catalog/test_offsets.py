import pytest

from lulc_assets.core.catalog.offsets import offset_flagged, offset_kept, offset_stated
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


@pytest.mark.parametrize("offsets", [(-0.1, 0), (-0.1, None), (-0.7, -0.7)])
def test_contradicting_or_absurd_statements_are_undecidable(offsets):
    with pytest.raises(OffsetUndecidable):
        offset_stated(item(offsets), "05.10", ["b0", "b1"])
