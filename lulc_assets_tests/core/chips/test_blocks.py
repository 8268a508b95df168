import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.chips.blocks import lay_blocks
from lulc_assets.core.chips.layout import lay_out
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.grid import PixelGrid

SHARE = 0.15
GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 512, 512)


def blocks_of(seed: int, block_px: int = 64):
    chips = ChipSettings(size_px=32, block_px=block_px, seed=seed)
    return lay_blocks(GRID, lay_out(GRID, chips), chips)


def shares(blocks, labels, chosen):
    """What validation has of each class."""
    validates = blocks.pixels(chosen)
    codes = np.unique(labels[labels > 0])
    return {int(c): float((validates & (labels == c)).sum() / (labels == c).sum()) for c in codes}


def fields(rng, count: int) -> np.ndarray:
    """Class 1 almost everywhere, class 2 in a few fields."""
    labels = np.ones(GRID.shape, np.uint8)
    for row, col in rng.integers(0, 480, (count, 2)):
        labels[row : row + 20, col : col + 12] = 2
    return labels


@pytest.mark.parametrize("seed", range(12))
def test_validation_has_its_share_of_each_class(seed):
    labels = fields(np.random.default_rng(seed), 8)
    blocks = blocks_of(seed)
    found = shares(blocks, labels, next(blocks.for_validation(labels, SHARE)))
    assert SHARE / 2 <= found[2] <= 2 * SHARE
    assert SHARE / 2 <= found[1] <= 2 * SHARE


def test_a_draw_alone_would_leave_a_class_out():
    """What the mending is for: a quarter of draws and more."""
    outside = 0
    for seed in range(12):
        labels = fields(np.random.default_rng(seed), 8)
        blocks = blocks_of(seed)
        drawn = shares(blocks, labels, blocks.draws < SHARE)[2]
        outside += not SHARE / 2 <= drawn <= 2 * SHARE
    assert outside >= 3


def test_a_draw_that_serves_every_class_is_left_as_it_is():
    labels = np.ones(GRID.shape, np.uint8)
    labels[::3] = 2
    blocks = blocks_of(3, block_px=16)
    chosen = next(blocks.for_validation(labels, SHARE))
    np.testing.assert_array_equal(chosen, blocks.draws < SHARE)


@pytest.mark.parametrize("seed", range(20))
def test_a_class_of_one_block_trains(seed):
    labels = np.ones(GRID.shape, np.uint8)
    blocks = blocks_of(seed)
    row, col = np.argwhere(blocks.draws == blocks.draws.min())[0]
    inside = np.argwhere(blocks.pixels(blocks.draws == blocks.draws[row, col]))
    labels[tuple(inside[0])] = 2
    assert shares(blocks, labels, next(blocks.for_validation(labels, SHARE)))[2] == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from([16, 64, 200]))
def test_mended_draws_are_of_the_seed_alone_and_split_what_can_be_split(seed, classes, block_px):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, classes + 1, (16, 16)).astype(np.uint8)
    coarse[0, 0] = 1
    labels = np.kron(coarse, np.ones((32, 32), np.uint8))
    blocks = blocks_of(seed, block_px)
    chosen = next(blocks.for_validation(labels, SHARE))
    again = next(blocks.for_validation(labels.copy(), SHARE))
    np.testing.assert_array_equal(chosen, again)
    drawn = shares(blocks, labels, blocks.draws < SHARE)
    off = sum((share - SHARE) ** 2 for share in shares(blocks, labels, chosen).values())
    total = (blocks.pixels(chosen) & (labels > 0)).sum() / (labels > 0).sum()
    assert 0 <= total < 1
    if blocks.labelled(labels) > 40 * classes:
        assert off <= sum((share - SHARE) ** 2 for share in drawn.values()) + 0.01
