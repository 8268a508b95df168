from lulc_assets.core.catalog.duplicates import find_duplicates
from lulc_assets_tests.small_scene import make_recipe

SAME = "sentinel-2a_20200701T100000_R122_33TVL"


def scene(name, **fields):
    return make_recipe({}, id=name, **{"acquisition": SAME, **fields})


def test_the_highest_baseline_wins():
    scenes = [scene("new", baseline="05.10"), scene("old", baseline="05.09", change_stamp="2030")]
    assert find_duplicates(scenes) == {"old": "new"}


def test_then_the_latest_generation_whatever_was_edited_later():
    scenes = [
        scene("a", generated="2021-01-01T00:00:00.000000Z", change_stamp="2030"),
        scene("b", generated="2021-01-02T00:00:00.000000Z", change_stamp="2022"),
    ]
    assert find_duplicates(scenes) == {"a": "b"}


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


def box(west, east):
    ring = [[west, 45], [east, 45], [east, 46], [west, 46], [west, 45]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_without_datastrips_footprints_that_overlap_little_are_both_kept():
    scenes = [scene("a", footprint=box(14, 14.6)), scene("b", footprint=box(14.5, 15))]
    assert not find_duplicates(scenes)


def test_without_datastrips_a_part_of_the_same_ground_is_a_duplicate():
    """A second station received the end of the pass only."""
    scenes = [scene("a_0", footprint=box(14, 15)), scene("a_1", footprint=box(14, 14.2))]
    assert find_duplicates(scenes) == {"a_0": "a_1"}


def test_a_footprint_that_crosses_itself_does_not_stop_the_comparison():
    bow = {"type": "Polygon", "coordinates": [[[14, 45], [15, 46], [15, 45], [14, 46], [14, 45]]]}
    scenes = [scene("a", footprint=bow), scene("b", footprint=box(14, 15))]
    assert find_duplicates(scenes) == {"a": "b"}
