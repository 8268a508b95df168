import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import LabelError
from lulc_assets.core.labels.roles import draw_roles, draw_window_roles


def draw(codes, areas, holdout_share=0.2, gold_share=0.1, *, seed=0, ids=None):
    return draw_roles(
        ids or [f"p{n}" for n in range(len(codes))],
        np.array(codes, np.uint8),
        np.array(areas, float),
        holdout_share=holdout_share,
        gold_share=gold_share,
        seed=seed,
    )


def test_shares_of_area_are_approached_in_each_class():
    rng = np.random.default_rng(1)
    codes = rng.integers(1, 4, 600)
    areas = rng.uniform(1, 10, 600)
    roles = np.array(draw(codes, areas))
    for code in (1, 2, 3):
        own = codes == code
        for role, share in (("holdout", 0.2), ("gold", 0.1), ("train", 0.7)):
            found = areas[own & (roles == role)].sum() / areas[own].sum()
            assert found == pytest.approx(share, abs=0.02)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.floats(1, 1e5)), min_size=1, max_size=30),
    st.integers(0, 5),
    st.randoms(),
)
def test_the_order_of_polygons_does_not_matter_and_each_class_can_train(polygons, seed, random):
    ids = [f"p{n}" for n in range(len(polygons))]
    codes, areas = zip(*polygons, strict=True)
    roles = dict(zip(ids, draw(codes, areas, seed=seed, ids=ids), strict=True))
    for code in set(codes):
        assert "train" in {roles[i] for i, c in zip(ids, codes, strict=True) if c == code}
    order = list(range(len(ids)))
    random.shuffle(order)
    again = draw(
        [codes[n] for n in order],
        [areas[n] for n in order],
        seed=seed,
        ids=[ids[n] for n in order],
    )
    assert {ids[n]: role for n, role in zip(order, again, strict=True)} == roles


def test_a_class_with_polygons_to_spare_is_judged_even_if_all_are_too_large():
    assert sorted(draw([1, 1, 1], [10, 10, 10], 0.01, 0.01)) == ["gold", "holdout", "train"]


def test_the_seed_changes_the_draw():
    codes, areas = [1] * 40, [1.0] * 40
    assert draw(codes, areas, seed=1) != draw(codes, areas, seed=2)


def test_without_shares_all_polygons_train():
    assert set(draw([1, 1, 2], [1, 2, 3], 0.0, 0.0)) == {"train"}


@pytest.mark.parametrize("shares", [(-0.1, 0.0), (0.6, 0.4)])
def test_shares_that_leave_nothing_to_train_are_refused(shares):
    with pytest.raises(LabelError, match="together below 1"):
        draw([1], [1.0], *shares)


def test_windows_are_kept_whole_and_rare_classes_are_judged():
    windows = [f"w{n // 3:02d}" for n in range(60)]
    codes = np.array([2, 3, 5] * 20, np.uint8)
    codes[[0, 15, 30]] = 1  # water in three windows only
    roles = draw_window_roles(
        windows, codes, np.ones(60), holdout_share=0.2, gold_share=0.2, seed=5
    )
    by_window = {w: {r for x, r in zip(windows, roles, strict=True) if x == w} for w in windows}
    assert all(len(found) == 1 for found in by_window.values())
    for role in ("gold", "holdout", "train"):
        own = np.array(roles) == role
        assert 1 in codes[own], role
        assert own.mean() == pytest.approx(0.6 if role == "train" else 0.2, abs=0.06)


def test_one_window_is_left_to_train():
    roles = draw_window_roles(
        ["a", "b"], np.array([1, 1], np.uint8), np.ones(2), holdout_share=0.4, gold_share=0.4,
        seed=0,
    )  # fmt: skip
    assert "train" in roles
