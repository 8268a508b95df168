from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lulc_assets.core.chips.apart import ELSEWHERE, keep_apart
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.errors import LabelLeak

X0, Y0, SIDE = 500_000.0, 5_100_000.0, 32


def chips_at(*rows, name="A", epsg=32633) -> Chips:
    """Rows of split and upper left pixel; all pixels labelled."""
    boxes = [
        shapely.box(X0 + 10 * c, Y0 - 10 * (r + SIDE), X0 + 10 * (c + SIDE), Y0 - 10 * r)
        for _, r, c in rows
    ]
    index = gpd.GeoDataFrame(
        {
            "chip_id": [f"{name}-{split}-{r}-{c}" for split, r, c in rows],
            "split": [split for split, *_ in rows],
        },
        geometry=boxes,
        crs=epsg,
    )
    count = len(rows)
    return Chips(
        np.zeros((count, 6, SIDE, SIDE), np.uint16),
        np.full((count, SIDE, SIDE), 2, np.uint8),
        index,
        {"clouds": 1},
    )


def test_a_training_chip_on_ground_that_validates_in_another_set_is_dropped():
    one = chips_at(("train", 0, 0), ("train", 0, 60), ("val", 100, 100))
    other = chips_at(("val", 20, 20), ("train", 200, 200), name="B")
    kept, same = keep_apart([one, other])
    assert kept.index["chip_id"].tolist() == ["A-train-0-60", "A-val-100-100"]
    assert kept.dropped == {"clouds": 1, ELSEWHERE: 1}
    assert len(kept.images) == len(kept.masks) == 2
    assert same is other


def test_only_labelled_pixels_validate():
    other = chips_at(("val", 20, 20))
    other.masks[0, :, :12] = 0  # columns 20 to 31: what the training chip covers
    (kept, _) = keep_apart([chips_at(("train", 0, 0)), other])
    assert len(kept.index) == 1


def test_a_neighbouring_zone_s_validation_counts():
    here = chips_at(("train", 0, 0), ("train", 0, 300))
    there = chips_at(("val", 8, 8), name="B")
    moved = there.index.to_crs(32634)
    left, top = moved.geometry.iloc[0].bounds[0], moved.geometry.iloc[0].bounds[3]
    moved["geometry"] = [shapely.box(left, top - 320, left + 320, top)]
    (kept, _) = keep_apart([here, replace(there, index=moved)])
    assert kept.index["chip_id"].tolist() == ["A-train-0-300"]


def test_splits_that_ignore_place_are_left_as_they_are():
    sets = [
        replace(chips, split_by="random")
        for chips in (chips_at(("train", 0, 0)), chips_at(("val", 0, 0), name="B"))
    ]
    assert [len(chips.index) for chips in keep_apart(sets)] == [1, 1]


@pytest.mark.parametrize("fold", ["train", "val"])
def test_gold_ground_that_trains_or_validates_elsewhere_is_refused_by_name(fold):
    judged, other = chips_at(("gold", 0, 0)), chips_at((fold, 16, 16), name="B")
    with pytest.raises(LabelLeak, match=rf"gold chip A-gold-0-0 and {fold} chip B-{fold}-16-16"):
        keep_apart([judged, other])


def test_gold_pixels_without_a_training_label_are_no_leak():
    judged, other = chips_at(("gold", 0, 0)), chips_at(("train", 16, 16), name="B")
    other.masks[0, :16, :16] = 0
    assert len(keep_apart([judged, other])) == 2


def test_gold_of_another_zone_is_found_pixel_by_pixel():
    judged, there = chips_at(("gold", 0, 0)), chips_at(("train", 8, 8), name="B")
    moved = there.index.to_crs(32634)
    left, top = moved.geometry.iloc[0].bounds[0], moved.geometry.iloc[0].bounds[3]
    moved["geometry"] = [shapely.box(left, top - 320, left + 320, top)]
    with pytest.raises(LabelLeak):
        keep_apart([judged, replace(there, index=moved)])
