"""Ground that labels of several roles claim: gold, held out, training, or nobody's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import OverlappingLabels
from lulc_assets.core.labels.burn import BurnRules, burn_labels
from lulc_assets.core.labels.contested import CONTRADICTED, KEPT_BACK
from lulc_assets.core.labels.gold import burn_gold
from lulc_assets_tests.core.labels.polygons import GRID, label_table, pixels

POND = slice(2, 4), slice(2, 4)


def burnt(rows, role, **rules):
    return burn_labels(label_table(rows), GRID, role, BurnRules(**rules))


def test_a_smaller_training_label_in_gold_ground_makes_the_pixel_neither():
    rows = [(2, "gold", pixels(0, 0, 8, 8)), (1, "train", pixels(2, 2, 2, 2))]
    gold, report = burnt(rows, "gold")
    train, train_report = burnt(rows, "train")
    assert not gold[POND].any()
    assert not train.any()
    assert report.lost == {CONTRADICTED: {2: 4}}
    assert train_report.lost == {KEPT_BACK: {1: 4}}
    assert report.pixels == {2: 60}


def test_a_smaller_gold_label_in_training_ground_stays_gold():
    rows = [(2, "train", pixels(0, 0, 8, 8)), (1, "gold", pixels(2, 2, 2, 2))]
    assert (burnt(rows, "gold")[0][POND] == 1).all()
    assert not burnt(rows, "train")[0][POND].any()


def test_labels_of_one_class_contradict_nobody():
    rows = [(2, "gold", pixels(0, 0, 8, 8)), (2, "train", pixels(2, 2, 2, 2))]
    assert burnt(rows, "gold")[1].pixels == {2: 64}
    assert not burnt(rows, "train")[0].any()


@pytest.mark.parametrize("code", [1, 2])
def test_held_out_pixels_never_lie_on_gold_ground(code):
    rows = [(2, "gold", pixels(0, 0, 8, 8)), (code, "holdout", pixels(4, 4, 8, 8))]
    held_out, report = burnt(rows, "holdout")
    gold, _ = burnt(rows, "gold")
    assert not ((held_out > 0) & (gold > 0)).any()
    assert report.pixels == {code: 48}
    assert report.lost == {KEPT_BACK: {code: 16}}


def test_the_later_label_decides_where_the_project_says_so():
    rows = [(2, "gold", pixels(0, 0, 4, 4)), (1, "train", pixels(0, 0, 8, 8))]
    assert burnt(rows, "gold")[1].pixels == {2: 16}
    assert burnt(rows, "gold", overlaps="later_wins")[1].pixels == {}


def test_no_class_is_chosen_where_the_project_ignores_overlaps():
    rows = [(2, "train", pixels(0, 0, 8, 8)), (1, "gold", pixels(2, 2, 2, 2))]
    assert burnt(rows, "gold", overlaps="ignore")[1].pixels == {}


def test_roles_that_contradict_each_other_are_refused_by_name_if_the_project_allows_no_overlap():
    rows = [(2, "holdout", pixels(0, 0, 8, 8)), (1, "train", pixels(2, 2, 2, 2))]
    with pytest.raises(OverlappingLabels, match=r"4 pixels .* holdout label a, train label b"):
        burnt(rows, "holdout", overlaps="error")


def test_agreed_gold_gives_way_to_a_contradicting_label_as_well():
    table = label_table(
        [
            (2, "gold", pixels(0, 0, 8, 8)),
            (2, "gold", pixels(0, 0, 8, 8)),
            (1, "train", pixels(2, 2, 2, 2)),
        ]
    ).assign(annotator=["ann", "bob", ""], window_id=["w", "w", ""])
    mask, report, _ = burn_gold(table, GRID, BurnRules(), 2)
    assert not mask[POND].any()
    assert report.pixels == {2: 60}
    assert report.lost == {CONTRADICTED: {2: 4}}


rectangles = st.builds(
    pixels, st.integers(-2, 12), st.integers(-2, 14), st.integers(1, 9), st.integers(1, 9)
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["train", "gold", "holdout"]), rectangles),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from(["smaller_wins", "later_wins", "ignore"]),
)
def test_no_pixel_has_two_roles_and_every_covered_pixel_is_labelled_or_lost(rows, overlaps):
    masks, reports = {}, {}
    for role in ("train", "gold", "holdout"):
        masks[role], reports[role] = burnt(rows, role, overlaps=overlaps)
        alone = burnt([row for row in rows if row[1] == role], role)[0]
        found = sum(reports[role].pixels.values()) + reports[role].count_lost(*reports[role].lost)
        assert found == (alone > 0).sum()
    assert (np.stack([mask > 0 for mask in masks.values()]).sum(axis=0) <= 1).all()
