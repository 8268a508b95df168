import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.chips.folds import held_out_dates
from lulc_assets.core.chips.place import Place
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.chips.split import plan_chips
from lulc_assets.core.errors import NoTrainingChips, SplitImpossible
from lulc_assets.core.grid import PixelGrid, Window

NOTHING = 0


def plan_places(grid, train, gold, chips) -> list[Place]:
    return plan_chips(grid, train, gold, chips).places


def grid_of(height: int, width: int, x0: float = 400_000.0, y0: float = 5_100_000.0) -> PixelGrid:
    return PixelGrid(32633, x0, y0, height, width)


def full(grid: PixelGrid, code: int = 1) -> np.ndarray:
    return np.full(grid.shape, code, np.uint8)


@st.composite
def areas(draw):
    grid = grid_of(
        draw(st.integers(64, 140)),
        draw(st.integers(64, 140)),
        400_000.0 + 10 * draw(st.integers(0, 50)),
        5_100_000.0 + 10 * draw(st.integers(0, 50)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    coarse = rng.random((9, 9))
    spread = np.kron(coarse, np.ones((16, 16)))[: grid.height, : grid.width]
    train = np.where(spread < draw(st.floats(0.2, 1)), rng.integers(1, 10, grid.shape), 0)
    gold = np.where(spread > draw(st.floats(0.8, 1)), 2, 0)
    train[gold > 0] = 0
    chips = ChipSettings(
        size_px=32,
        overlap_px=draw(st.integers(0, 20)),
        block_px=draw(st.integers(16, 50)),
        gold_apart=draw(st.sampled_from(["chip", "pixel"])),
        buffer_px=draw(st.sampled_from([None, 8, 32])),
        seed=draw(st.integers(0, 50)),
    )
    return grid, train.astype(np.uint8), gold.astype(np.uint8), chips


@settings(max_examples=60, deadline=None)
@given(areas())
def test_no_kept_back_pixel_is_in_a_training_chip_and_each_counts_once(area):
    grid, train, gold, chips = area
    try:
        places = plan_places(grid, train, gold, chips)
    except NoTrainingChips:
        return
    trained = np.zeros(grid.shape, bool)
    counted = {"val": np.zeros(grid.shape, int), "gold": np.zeros(grid.shape, int)}
    for place in places:
        at = place.window.slices
        assert place.labels.shape == (32, 32)
        if place.split == "train":
            trained[at] = True
            assert (place.labels == train[at]).all()
        else:
            counted[place.split][at] += place.labels > 0
            source = gold if place.split == "gold" else train
            assert np.isin(place.labels - source[at], [0, *(-source[at]).ravel()]).all()
            assert (place.labels[place.labels > 0] == source[at][place.labels > 0]).all()
    assert not (trained & (counted["val"] > 0)).any()
    distance = chips.buffer_px or 0
    for row, col in np.argwhere(counted["val"]):
        near = slice(max(0, row - distance), row + distance + 1)
        assert not trained[near, max(0, col - distance) : col + distance + 1].any()
    assert max(counted["val"].max(), counted["gold"].max()) <= 1
    if chips.gold_apart == "chip":
        assert not (trained & (gold > 0)).any()
    assert (counted["gold"][gold > 0] == 1).all()
    assert {"train", "val"} <= {place.split for place in places}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_overlapping_areas_with_enough_blocks_agree_where_validation_lies(down, right, seed):
    chips = ChipSettings(size_px=32, overlap_px=8, block_px=32, seed=seed)
    kept_back, trained = np.zeros((2, 540, 540), bool)
    for top, left in ((0, 0), (down, right)):
        grid = grid_of(480, 480, 400_000 + 10 * left, 5_100_000 - 10 * top)
        for place in plan_places(grid, full(grid), full(grid, NOTHING), chips):
            row, col = place.window.row + top, place.window.col + left
            ground = slice(row, row + 32), slice(col, col + 32)
            if place.split == "train":
                trained[ground] = True
            else:
                kept_back[ground] |= place.labels > 0
    assert trained.any()
    assert kept_back.any()
    assert not (trained & kept_back).any()


def test_the_grid_is_regular_and_the_last_chip_ends_at_the_border():
    grid = grid_of(64, 100)
    chips = ChipSettings(size_px=32, overlap_px=8, block_px=4)
    gold = full(grid)
    places = plan_places(grid, full(grid, NOTHING), gold, chips)
    assert sorted({p.window.row for p in places}) == [0, 24, 32]
    assert sorted({p.window.col for p in places}) == [0, 24, 48, 68]
    assert {p.split for p in places} == {"gold"}


def test_about_the_validation_share_of_labels_is_kept_back():
    grid = grid_of(640, 640)
    chips = ChipSettings(size_px=32, overlap_px=0, block_px=32)
    places = plan_places(grid, full(grid), full(grid, NOTHING), chips)
    kept_back = sum(int((p.labels > 0).sum()) for p in places if p.split == "val")
    assert kept_back / 640**2 == pytest.approx(0.15, abs=0.04)


@pytest.mark.parametrize("seed", range(6))
def test_a_real_run_of_one_square_kilometre_can_be_split(seed):
    grid = grid_of(100, 100, 465_190.0, 5_080_250.0)
    chips = ChipSettings(size_px=32, overlap_px=16, block_px=32, seed=seed)
    splits = [p.split for p in plan_places(grid, full(grid), full(grid, NOTHING), chips)]
    assert splits.count("train") >= 4
    assert splits.count("val") >= 1


def test_a_chip_that_touches_gold_is_a_gold_chip_unless_pixels_are_kept_apart():
    grid = grid_of(96, 96)
    train, gold = full(grid), full(grid, NOTHING)
    train[40:44, 40:44], gold[40:44, 40:44] = 0, 2
    chips = {"size_px": 32, "overlap_px": 0, "block_px": 24}
    apart = plan_places(grid, train, gold, ChipSettings(**chips, gold_apart="chip"))
    middle = Window(32, 32, 32, 32)
    assert [p.split for p in apart if p.window == middle] == ["gold"]
    shared = plan_places(grid, train, gold, ChipSettings(**chips, gold_apart="pixel"))
    splits = [p.split for p in shared if p.window == middle]
    assert splits[0] == "gold"
    assert len(splits) == 2


def test_labels_in_one_block_cannot_be_split():
    grid = grid_of(96, 96)
    with pytest.raises(SplitImpossible, match=r"1 block\(s\) of 10000 px"):
        plan_places(
            grid, full(grid), full(grid, NOTHING), ChipSettings(size_px=32, block_px=10_000)
        )


def test_the_seed_moves_validation():
    grid = grid_of(160, 160)
    found = set()
    for seed in range(4):
        chips = ChipSettings(size_px=32, overlap_px=0, block_px=32, seed=seed)
        places = plan_places(grid, full(grid), full(grid, NOTHING), chips)
        found.add(tuple(p.window for p in places if p.split == "val"))
    assert len(found) > 1


def test_where_chance_would_keep_back_far_too_much_the_draw_is_moved():
    grid = grid_of(160, 160)
    for seed in range(20):
        chips = ChipSettings(size_px=32, overlap_px=0, block_px=40, seed=seed)
        places = plan_places(grid, full(grid), full(grid, NOTHING), chips)
        kept_back = sum(int((p.labels > 0).sum()) for p in places if p.split == "val")
        assert 0.05 < kept_back / 160**2 <= 0.3


def test_a_buffer_costs_training_places_and_too_wide_a_one_makes_the_split_impossible():
    grid = grid_of(320, 320)

    def places(buffer_px):
        chips = ChipSettings(size_px=32, overlap_px=0, block_px=32, buffer_px=buffer_px)
        found = [p.split for p in plan_places(grid, full(grid), full(grid, NOTHING), chips)]
        return found.count("train"), found.count("val")

    assert places(0)[0] > places(32)[0] > 0
    assert places(0)[1] == places(32)[1] > 0
    with pytest.raises(SplitImpossible, match="keep 320 px apart"):
        places(320)


@pytest.mark.parametrize("split", ["random", "temporal"])
def test_splits_that_ignore_place_plan_every_place_for_both_folds(split):
    grid = grid_of(96, 96)
    gold = full(grid, NOTHING)
    train = full(grid)
    train[:20, :20], gold[:20, :20] = 0, 2
    chips = ChipSettings(size_px=32, overlap_px=0, split=split, gold_apart="chip")
    by_place = {}
    for place in plan_places(grid, train, gold, chips):
        by_place.setdefault((place.window.row, place.window.col), []).append(place.split)
    assert by_place.pop((0, 0)) == ["gold"]
    assert list(by_place.values()) == [["val", "train"]] * 8


def test_held_out_dates_spread_over_the_year():
    dates = [f"2020-{month:02d}-01" for month in range(1, 13)]
    assert held_out_dates(dates, ChipSettings(split="temporal")) == {"2020-04-01", "2020-10-01"}
    assert len(held_out_dates(dates[:2], ChipSettings(split="temporal"))) == 1
    with pytest.raises(SplitImpossible, match="needs two dates"):
        held_out_dates(dates[:1] * 3, ChipSettings(split="temporal"))
