import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from lulc_assets.core.compositing.kernel import (
    add_latest,
    add_scenes,
    decide,
    flag_pixels,
    merge_datastrips,
)
from lulc_assets.core.compositing.packing import pack, presence_planes, unpack

RULE = np.array([80, 50, 4])
ONES = np.array([0, *[256] * 9, 0])


def reference(classes, probabilities, masks, weights, rule, land=9):
    """The same from the definition, in Python's own integers."""
    n, height, width = classes.shape
    layers = [np.zeros((height, width), np.uint8) for _ in range(3)]
    flags = np.zeros((height, width), bool)
    for at in np.ndindex(height, width):
        seen = [
            (int(classes[k][at]), int(probabilities[k][at]), int(masks[k][at]))
            for k in range(n)
            if classes[k][at]
        ]
        masked = [code for code, _, mask in seen if not mask]
        ground = [code for code in masked if code <= land]
        flags[at] = (
            len(seen) >= rule[2]
            and len(masked) / max(len(seen), 1) > rule[0] / 100
            and len(ground) / max(len(masked), 1) > rule[1] / 100
        )
        voters = [(c, p) for c, p, mask in seen if c <= land and (mask or flags[at])]
        scores = {
            c: sum(p * int(weights[c]) for d, p in voters if d == c) for c in range(1, land + 1)
        }
        total = sum(scores.values())
        if total:
            winner = min(scores, key=lambda c: (-scores[c], c))
            layers[0][at], layers[1][at] = winner, 255 * scores[winner] // total
        layers[2][at] = min(len(voters), 255)
    return (*layers, flags)


def no_sums(shape, land=9):
    return np.zeros((2 * land, *shape), np.uint16), np.zeros((4, *shape), np.uint16)


def vote(classes, probabilities, masks, weights, rule, land=9, *, plain=False, mean=False):
    """Sum, flag, decide: winner, share, count, flagged."""
    sums, tallies = no_sums(classes.shape[1:], land)
    add_scenes(classes, probabilities, masks, 1, plain, sums, tallies)
    flagged = flag_pixels(tallies[np.newaxis], rule)
    layers = (sums[np.newaxis], tallies[np.newaxis], weights[np.newaxis], flagged[np.newaxis])
    return (*decide(*layers, mean), flagged)


def stack(*scenes):
    """One-pixel scenes (class, probability, mask)."""
    arrays = np.array(scenes, np.uint8)
    return [np.ascontiguousarray(arrays[:, k].reshape(-1, 1, 1)) for k in range(3)]


def pixel(*scenes, weights=ONES, rule=RULE):
    winner, share, count, flagged = vote(*stack(*scenes), weights, rule)
    return int(winner[0, 0]), int(share[0, 0]), int(count[0, 0]), bool(flagged[0, 0])


LANDS = st.sampled_from([2, 9, 14, 16, 17, 60])


@st.composite
def years(draw):
    """Codes with clouds, probabilities, masks, weights and the number of classes of land."""
    land = draw(LANDS)
    shape = (draw(st.integers(1, 9)), 2, 3)
    codes = draw(npst.arrays(np.uint8, shape, elements=st.integers(0, land + 1)))
    probabilities = draw(npst.arrays(np.uint8, shape, elements=st.integers(0, 255)))
    masks = draw(npst.arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 0, 1])))
    weights = draw(npst.arrays(np.int64, land + 2, elements=st.integers(0, 4096)))
    return codes, probabilities, masks, weights, land


@settings(max_examples=150, deadline=None)
@given(years(), st.randoms())
def test_the_vote_is_that_of_the_definition_in_any_order_of_scenes(year, random):
    codes, probabilities, masks, weights, land = year
    expected = reference(codes, probabilities, masks, weights, RULE, land)
    order = list(range(len(codes)))
    random.shuffle(order)
    for scenes in (list(range(len(codes))), order):
        found = vote(codes[scenes], probabilities[scenes], masks[scenes], weights, RULE, land)
        for one, other in zip(found, expected, strict=True):
            assert (one == other).all()


def test_scores_are_weighted_and_the_share_is_floored():
    weights = ONES.copy()
    weights[3] = 320
    # 200 · 256 against 170 · 320: 54400 of 105600.
    assert pixel((5, 200, 1), (3, 170, 1), weights=weights) == (3, 131, 2, False)


def test_equal_scores_go_to_the_smallest_code():
    assert pixel((8, 100, 1), (2, 100, 1))[0] == 2


@pytest.mark.parametrize("scene", [(10, 255, 1), (0, 0, 1), (5, 255, 0)])
def test_clouds_no_data_and_masked_pixels_do_not_vote(scene):
    assert pixel(scene) == (0, 0, 0, False)
    assert pixel(scene, (2, 30, 1)) == (2, 255, 1, False)


def test_a_roof_that_is_masked_all_year_is_flagged_and_the_network_decides():
    assert pixel(*[(7, 200, 0)] * 5) == (7, 255, 5, True)


def test_a_pixel_masked_on_exactly_four_fifths_of_dates_is_not_flagged():
    assert pixel(*[(7, 200, 0)] * 4, (5, 100, 1)) == (5, 255, 1, False)
    assert pixel(*[(7, 200, 0)] * 9, (5, 100, 1)) == (7, 241, 10, True)


def test_clouds_do_not_vote_where_the_mask_is_overruled():
    assert pixel(*[(7, 200, 0)] * 4, *[(10, 255, 0)] * 3) == (7, 255, 4, True)


def test_a_pixel_that_the_network_calls_cloud_on_half_of_its_masked_dates_is_not_flagged():
    assert pixel(*[(7, 200, 0)] * 3, *[(10, 255, 0)] * 3) == (0, 0, 0, False)


def test_few_dates_say_nothing_about_permanence():
    assert pixel(*[(7, 200, 0)] * 3) == (0, 0, 0, False)


def test_more_than_255_votes_are_255_observations_and_sums_stay_exact():
    heavy = ONES.copy()
    heavy[1] = 4096
    votes = [(1, 255, 1)] * 256
    assert pixel(*votes, (2, 255, 1), weights=heavy) == (1, 254, 255, False)


def test_a_plain_vote_counts_one_and_a_mean_is_over_all_votes():
    scenes = stack((5, 250, 1), (3, 100, 1), (3, 100, 1))
    assert [int(x[0, 0]) for x in vote(*scenes, ONES, RULE)[:3]] == [5, 255 * 250 // 450, 3]
    assert [int(x[0, 0]) for x in vote(*scenes, ONES, RULE, plain=True)[:2]] == [3, 170]
    assert [int(x[0, 0]) for x in vote(*scenes, ONES, RULE, mean=True)[:2]] == [5, 250 // 3]


@settings(max_examples=60, deadline=None)
@given(years(), st.data())
def test_what_was_added_can_be_retracted_in_any_order(year, data):
    codes, probabilities, masks, _, land = year
    gone = data.draw(st.lists(st.integers(0, len(codes) - 1), unique=True))
    left = [k for k in range(len(codes)) if k not in gone]
    found, expected = (no_sums(codes.shape[1:], land) for _ in range(2))
    for sign, scenes, target in (
        (1, left, expected),
        (1, [*gone, *left], found),
        (-1, gone, found),
    ):
        picked = (codes[scenes], probabilities[scenes], masks[scenes])
        add_scenes(*picked, sign, False, *target)
    for one, other in zip(found, expected, strict=True):
        assert (one == other).all()


@settings(max_examples=60, deadline=None)
@given(years(), st.randoms())
def test_datastrips_merge_to_the_surest_view_that_may_vote_in_any_order(year, random):
    strips = [layer.copy() for layer in year[:3]]
    order = list(range(len(strips[0])))
    random.shuffle(order)
    shuffled = [np.ascontiguousarray(layer[order]) for layer in strips]
    codes, probabilities, masks, _, land = year
    merge_datastrips(*strips, land)
    merge_datastrips(*shuffled, land)
    for at in np.ndindex(codes.shape[1:]):
        views = [(int(codes[k][at]), int(probabilities[k][at]), int(masks[k][at] > 0))
                 for k in range(len(codes)) if codes[k][at]]  # fmt: skip
        merged = [int(layer[0][at]) for layer in strips]
        assert merged[0] == int(shuffled[0][0][at])
        if not views:
            assert merged[0] == 0
            continue
        best = max(views, key=lambda v: (v[2] and v[0] <= land, v[2], v[1], -v[0]))
        assert merged == list(best)
        assert merged == [int(layer[0][at]) for layer in shuffled]


def test_the_latest_clear_view_replaces_former_ones_and_clouds_replace_nothing():
    scenes = stack((5, 200, 1), (7, 90, 1), (10, 250, 1), (2, 60, 0))
    views, tallies = np.zeros((4, 1, 1), np.uint16), np.zeros((4, 1, 1), np.uint16)
    add_latest(*scenes, 9, views, tallies)
    assert views.ravel().tolist() == [7, 90, 2, 60]
    assert tallies.ravel().tolist() == [2, 1, 1, 0]


@settings(max_examples=60, deadline=None)
@given(years())
def test_packed_sums_come_back_as_they_were(year):
    codes, probabilities, masks, _, land = year
    sums, tallies = no_sums(codes.shape[1:], land)
    add_scenes(codes, probabilities, masks, 1, False, sums, tallies)
    presence = np.ones((presence_planes(land), *codes.shape[1:]), np.uint16)
    values, back = np.zeros(sums.size, np.uint16), np.zeros_like(sums)
    count = pack(sums, presence, values)
    assert count == np.count_nonzero(sums)
    assert unpack(presence, values[:count], back) == count
    assert (back == sums).all()
