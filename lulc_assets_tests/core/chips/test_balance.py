"""Chips of several tiles balanced together."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from lulc_assets.core.chips.balance import balance_together
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.legend import KARRA_10


def tile(name, zone, count, common="trees", gold=2):
    """Chips of one zone whose commonest class is ``common``; the last ones are gold."""
    split = ["train"] * count + ["gold"] * gold
    numbers = range(len(split))
    shares = {f"share_{c.name}": [float(c.name == common)] * len(split) for c in KARRA_10.classes}
    index = gpd.GeoDataFrame(
        {"chip_id": [f"{name}-{n:03d}" for n in numbers], "split": split, "zone": zone, **shares},
        geometry=[box(n, 0, n + 1, 1) for n in numbers],
        crs=32633,
    )
    images = np.arange(len(split), dtype=np.uint16)[:, None, None, None]
    return Chips(images, np.ones((len(split), 1, 1), np.uint8), index)


def training(chips):
    return chips.count("train")


def test_a_zone_that_fills_most_tiles_gives_up_chips_of_all_of_them():
    forest, more_forest = tile("a", "forest", 30), tile("b", "forest", 30)
    sets = [forest, more_forest, tile("c", "coast", 10), tile("d", "steppe", 10)]
    found = balance_together(sets, "zone", 2.0, seed=1)
    assert training(found[0]) + training(found[1]) == 20
    assert min(training(found[0]), training(found[1])) > 0
    assert [training(chips) for chips in found[2:]] == [10, 10]
    assert found[0].dropped["balance of all"] == 30 - training(found[0])
    assert all(chips.count("gold") == 2 for chips in found)
    # Images stay with their rows.
    kept = found[0].index["chip_id"].str[-3:].astype(int).tolist()
    assert found[0].images.ravel().tolist() == kept


def test_classes_count_too_where_both_are_asked_for():
    sets = [tile("a", "forest", 12), tile("b", "forest", 3, "water"), tile("c", "coast", 3)]
    found = balance_together(sets, "class_and_zone", 1.0, seed=0)
    assert [training(chips) for chips in found] == [3, 3, 3]


def test_none_leaves_everything():
    sets = [tile("a", "forest", 30), tile("b", "coast", 1)]
    assert balance_together(sets, "none", 1.0, seed=0) == sets


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 25), min_size=1, max_size=4),
    ratio=st.floats(1, 4),
    seed=st.integers(0, 9),
)
def test_no_zone_has_more_than_the_ratio_and_the_same_seed_keeps_the_same(sizes, ratio, seed):
    sets = [tile(str(n), f"zone-{n}", size) for n, size in enumerate(sizes)]
    first, second = (balance_together(sets, "zone", ratio, seed) for _ in range(2))
    most = max(1, int(ratio * float(np.median(sizes))))
    for size, one, other in zip(sizes, first, second, strict=True):
        assert training(one) == min(size, most)
        assert one.index["chip_id"].tolist() == other.index["chip_id"].tolist()


@pytest.mark.parametrize("seed", [0, 1])
def test_another_seed_may_keep_others(seed):
    sets = [tile("a", "forest", 30), tile("b", "coast", 3), tile("c", "steppe", 3)]
    kept = [balance_together(sets, "zone", 1.0, s)[0].index["chip_id"].tolist() for s in (seed, 7)]
    assert kept[0] != kept[1]
