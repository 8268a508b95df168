from lulc_assets.core.catalog.duplicates import find_duplicates
from lulc_assets_tests.small_scene import make_recipe

SAME = "sentinel-2a_20200701T100000_R122_33TVL"


def scene(name, **fields):
    return make_recipe({}, id=name, **{"acquisition": SAME, **fields})


def test_the_highest_baseline_wins():
    scenes = [scene("new", baseline="05.10"), scene("old", baseline="05.09", change_stamp="2030")]
    assert find_duplicates(scenes) == {"old": "new"}


def test_then_the_latest_change_stamp():
    scenes = [scene("a", change_stamp="2021-01-01"), scene("b", change_stamp="2020-01-01")]
    assert find_duplicates(scenes) == {"b": "a"}


def test_then_the_last_id_whatever_the_order():
    scenes = [scene("S2A_1_L2A"), scene("S2A_0_L2A")]
    assert find_duplicates(scenes) == find_duplicates(scenes[::-1]) == {"S2A_0_L2A": "S2A_1_L2A"}


def test_other_acquisitions_are_not_duplicates():
    assert not find_duplicates([scene("a"), scene("b", acquisition="sentinel-2b_…")])


def test_two_datastrips_of_one_acquisition_are_both_kept():
    first = scene("a", datastrip_start="20200701T100500")
    second = scene("b", datastrip_start="20200701T101200")
    again = scene("c", datastrip_start="20200701T100501", baseline="05.00")
    assert find_duplicates([first, second, again]) == {"a": "c"}
