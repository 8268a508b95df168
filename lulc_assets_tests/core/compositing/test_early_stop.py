"""When a block may do without further scenes: the exact bound, the odds, the order of scenes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from lulc_assets.core.compositing.early_stop import (
    ChangeOdds,
    Standing,
    may_stop,
    order_by_gain,
)

ONE = 256


def standing(scores, left, votes=3):
    """One pixel with scores by class."""
    cube = np.array(scores, np.int64).reshape(-1, 1, 1)
    return Standing.of(cube, np.full((1, 1), votes), np.full((1, 1), left))


@settings(max_examples=100, deadline=None)
@given(
    npst.arrays(np.int64, (3, 2, 2), elements=st.integers(0, 4 * 255)),
    npst.arrays(np.int64, (4, 2, 2), elements=st.integers(0, 3)),
    npst.arrays(np.int64, (4, 2, 2), elements=st.integers(0, 255)),
    npst.arrays(np.bool_, (4, 2, 2)),
)
def test_a_pixel_that_cannot_change_does_not_change_whatever_comes(scores, codes, sure, clear):
    weights = np.array([ONE, 320, 128])
    before = scores * weights[:, None, None]
    now = Standing.of(before, np.ones((2, 2), np.int64), clear.sum(axis=0))
    after = before.copy()
    for code in range(3):
        after[code] += (weights[code] * sure * (codes == code + 1) * clear).sum(axis=0)
    end = Standing.of(after, now.votes, np.zeros_like(now.left))
    settled = ~now.can_change(320)
    assert (now.winner == end.winner)[settled].all()


def test_the_bound_is_met_exactly_by_one_certain_vote():
    assert standing([300 * ONE, 45 * ONE], left=1).can_change(ONE).all()  # equal scores
    assert not standing([301 * ONE, 45 * ONE], left=1).can_change(ONE).any()
    assert not standing([300 * ONE, 45 * ONE], left=0).can_change(ONE).any()
    assert standing([0, 0], left=1).winner == 0


def test_odds_are_what_was_counted_and_unknown_standings_are_a_coin_toss():
    known = standing([600 * ONE, 300 * ONE], left=2)
    ends = [np.full((1, 1), 1)] * 9 + [np.full((1, 1), 2)]
    odds = ChangeOdds.count([known] * 10, ends)
    assert odds.of(known, ONE) == pytest.approx((1 + 0.5) / 11)
    assert odds.of(standing([600 * ONE, 300 * ONE], left=3), ONE) == 0.5
    assert odds.of(standing([600 * ONE, 300 * ONE], left=0), ONE) == 0


def test_a_block_stops_when_few_enough_pixels_may_change():
    open_, settled = standing([300, 299], left=2), standing([9000 * ONE, 0], left=2)
    assert not may_stop(open_, None, ONE, 0.5)
    assert may_stop(open_, None, ONE, 1.0)
    assert may_stop(settled, None, ONE, 0.0)
    never = ChangeOdds.count([open_] * 99, [open_.winner] * 99)
    assert may_stop(open_, never, ONE, 0.01)
    assert not may_stop(open_, never, ONE, 0.004)


def test_scenes_come_by_what_they_add_and_equal_ones_in_their_own_order():
    clear = np.zeros((4, 1, 4), bool)
    clear[0, 0, :2] = clear[1, 0, :3] = True
    clear[2, 0, :3] = True
    clear[3, 0, 3] = True
    assert order_by_gain(clear) == [1, 2, 3, 0]
    assert order_by_gain(clear, enough=1) == [1, 3, 0, 2]
