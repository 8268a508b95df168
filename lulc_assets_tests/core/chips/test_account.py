from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.chips.account import (
    BESIDE_GOLD,
    CLOUDY,
    FEW_LABELS,
    LabelAccount,
    count_reached,
    join_accounts,
)
from lulc_assets.core.chips.archive import read_chips, write_chips, write_index
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.forecast import forecast_account
from lulc_assets.core.chips.room import Room
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import NoTrainingChips, SplitImpossible, UnknownClass
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.readiness import LabelPixels, assess
from lulc_assets_tests.small_scene import write_scene

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 96, 96)
NOTHING = np.zeros(GRID.shape, np.uint8)
FOLDS = {"train": ("train", "val"), "gold": ("gold",)}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Three dates: a clear one, one with clouds and snow, one without data in a corner."""
    folder = tmp_path_factory.mktemp("scenes")
    rng = np.random.default_rng(0)
    cloudy = np.kron(rng.choice([4, 4, 9, 3, 11], (6, 6)), np.ones((8, 8))).astype(np.uint8)
    blank = np.full((96, 96), 2000, np.uint16)
    blank[:20, :20] = 0
    return [
        write_scene(folder / "A", grid=GRID, id="A"),
        write_scene(folder / "B", grid=GRID, id="B", scl=cloudy),
        write_scene(folder / "C", grid=GRID, id="C", dn={"red": blank}),
    ]


def truth(chips: Chips, fold: str, code: int) -> np.ndarray:
    """Pixels that have a class in some chip of a fold, asked chip by chip."""
    found = np.zeros(GRID.shape, bool)
    for n, row in enumerate(chips.index.itertuples()):
        if row.split == fold:
            size = chips.masks.shape[1]
            found[row.row : row.row + size, row.col : row.col + size] |= chips.masks[n] == code
    return found


def assert_adds_up(chips: Chips, train: np.ndarray, gold: np.ndarray) -> None:
    for role, mask in (("train", train), ("gold", gold)):
        for code in range(1, 11):
            row = chips.account.of(KARRA_10.by_code(code).name, role)
            seen = [truth(chips, fold, code) for fold in FOLDS[role]]
            assert row.balance == 0
            assert row.labelled == (mask == code).sum()
            assert [row.reached[fold] for fold in FOLDS[role]] == [s.sum() for s in seen]
            assert row.both == (seen[0] & seen[-1]).sum() * (role == "train")
            assert min(row.added, row.both, *row.lost.values(), *row.reached.values()) >= 0


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_labelled_pixel_is_accounted_for(scenes, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    train, gold = NOTHING.copy(), NOTHING.copy()
    for mask, most in ((train, 8), (gold, 3)):
        for _ in range(rng.integers(1, most)):
            row, col = rng.integers(0, 90, 2)
            mask[row : row + rng.integers(1, 30), col : col + rng.integers(1, 30)] = rng.integers(
                1, 10
            )
    train[gold > 0] = 0
    chosen = ChipSettings(
        size_px=32,
        overlap_px=data.draw(st.sampled_from([0, 8, 24])),
        split=data.draw(st.sampled_from([None, "blocks", "random", "temporal"])),
        gold_apart=data.draw(st.sampled_from([None, "chip"])),
        min_labelled_share=data.draw(st.sampled_from([None, 0.1])),
        balance=data.draw(st.sampled_from(["none", "class"])),
        balance_ratio=1.0,
        min_dates=1,
        max_cloud_share=0.5,
        seed=data.draw(st.integers(0, 5)),
    )
    try:
        chips = cut_chips(scenes, GRID, train, gold, chosen)
    except NoTrainingChips:
        return
    assert_adds_up(chips, train, gold)
    kept = rng.random(len(chips.index)) < 0.5
    assert_adds_up(chips.only(kept, "chance", Room()), train, gold)


def test_the_reason_of_a_loss_is_the_obstacle_that_was_met(scenes):
    train = NOTHING.copy()
    train[:64, :64], train[2:4, 70:72], train[80:83, 40:43] = 2, 1, 8
    gold = NOTHING.copy()
    gold[90:94, 34:40] = 7
    chosen = ChipSettings(
        size_px=32, overlap_px=0, split="random", gold_apart="chip", min_labelled_share=0.05,
        min_dates=1,
    )  # fmt: skip
    account = cut_chips(scenes[:1], GRID, train, gold, chosen).account
    assert account.of("water", "train").reached["train"] == 0
    assert account.of("water", "train").lost in ({FEW_LABELS: 4}, {})  # its chip may validate
    assert account.of("bare_ground", "train").lost == {BESIDE_GOLD: 9}
    assert account.of("built_area", "gold").reached == {"gold": 24}


def test_labels_under_clouds_on_all_dates_are_lost_to_clouds(tmp_path: Path):
    scl = np.full((48, 48), 4, np.uint8)
    scl[:16, :16] = 9
    scene = write_scene(tmp_path, grid=GRID, scl=scl)
    train = np.full(GRID.shape, 2, np.uint8)
    train[4:8, 4:8] = 1
    chosen = ChipSettings(size_px=32, overlap_px=0, split="random", min_dates=1)
    account = cut_chips([scene], GRID, train, NOTHING, chosen).account
    assert account.of("water", "train").lost == {CLOUDY: 16}
    assert account.of("trees", "train").lost == {CLOUDY: 32 * 32 - 16}


def test_an_account_survives_the_archive_and_joins_with_others(scenes, tmp_path: Path):
    train = np.full(GRID.shape, 2, np.uint8)
    chosen = ChipSettings(accept_lost_classes=("water",), min_dates=1)
    chips = cut_chips(scenes, GRID, train, NOTHING, chosen)
    paths = tmp_path / "chips.zip", tmp_path / "index.parquet"
    write_chips(paths[0], chips)
    write_index(paths[1], chips.index)
    again = read_chips(*paths)
    assert again.account == chips.account
    assert again.layout == chips.layout
    both = join_accounts([chips.account, replace(again.account, accepted=())])
    assert both.of("trees", "train").labelled == 2 * 96 * 96
    assert both.accepted == ("water",)
    assert LabelAccount.from_dict(both.to_dict()) == both


def test_only_classes_of_the_legend_can_be_accepted_as_lost(scenes):
    chosen = ChipSettings(accept_lost_classes=("lake",), min_dates=1)
    with pytest.raises(UnknownClass, match="lake"):
        cut_chips(scenes[:1], GRID, np.full(GRID.shape, 2, np.uint8), NOTHING, chosen)


def test_losses_before_the_mask_belong_to_the_account():
    account = LabelAccount(()).preceded_by("train", {"border of a label": {1: 5, 2: 7}}, KARRA_10)
    assert account.labelled_classes == ("water", "trees")
    assert account.of("trees", "train").lost == {"border of a label": 7}
    assert account.of("trees", "train").balance == 0


def test_counting_in_bands_sees_a_chip_on_the_border_of_two_once():
    corners = np.array([[2040, 0], [2040, 4], [0, 0]])
    masks = np.full((3, 16, 16), 2, np.uint8)
    masks[2] = 1
    found = count_reached(corners, ["train", "val", "gold"], masks, np.arange(3))
    assert found.count("train", 2) == found.count("val", 2) == found.count("gold", 1) == 256
    assert found.both_of(2) == 16 * 12


def test_a_forecast_is_the_account_of_a_year_without_clouds(tmp_path: Path):
    rng = np.random.default_rng(3)
    train = np.kron(rng.integers(0, 4, (12, 12)), np.ones((8, 8))).astype(np.uint8)
    gold = np.zeros(GRID.shape, np.uint8)
    gold[88:, 80:], train[88:, 80:] = 5, 0
    chosen = ChipSettings(
        size_px=32, overlap_px=8, block_px=32, gold_apart="chip", min_labelled_share=0.3,
        min_dates=1,
    )  # fmt: skip
    scene = write_scene(tmp_path, grid=GRID)
    forecast, layout = forecast_account(GRID, train, gold, chosen, KARRA_10)
    assert forecast == cut_chips([scene], GRID, train, gold, chosen).account
    assert layout.size_px == 32


@pytest.mark.parametrize("seed", range(50))
def test_no_class_is_lost_silently_in_random_layouts_of_tiny_areas(seed):
    """A few polygons anywhere: every class trains and is judged, or is refused by its name."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(64, 320))
    grid = PixelGrid(32633, 400_000.0, 5_100_000.0, side, int(rng.integers(64, 320)))
    train, gold = np.zeros((2, *grid.shape), np.uint8)
    for code in range(1, int(rng.integers(3, 10))):
        for mask, most in ((train, 4), (gold, 2)):
            for _ in range(int(rng.integers(1, most))):
                row, col = rng.integers(0, grid.height - 2), rng.integers(0, grid.width - 2)
                high, wide = rng.integers(1, 15, 2)
                mask[row : row + high, col : col + wide] = code
    train[gold > 0] = 0
    forced = {} if seed % 2 else {"split": "blocks", "block_px": 64, "gold_apart": "chip"}
    try:
        account, _ = forecast_account(grid, train, gold, ChipSettings(**forced), KARRA_10)
    except SplitImpossible:
        assert forced
        return
    assert all(row.balance == 0 for row in account.rows)
    assert {KARRA_10.code_of(name) for name in account.labelled_classes} == set(
        np.unique(np.maximum(train, gold))
    ) - {0}
    said = " ".join(f.text for f in assess(LabelPixels.of_account(account)))
    missing = [n for n in account.labelled_classes if not account.of(n, "train").reached["train"]]
    assert all(f"class {name}:" in said for name in missing)
    if not forced:
        drawn = {KARRA_10.by_code(int(code)).name for code in np.unique(train) if code}
        assert not drawn & set(missing)
