import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.inference.blending import Blending, RowsInWork, lay_tapers
from lulc_assets.core.inference.engine import as_byte, winning_code
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.inference.windows import Axis, WindowSettings, plan_windows
from lulc_assets.core.legend import KARRA_10
from lulc_assets_tests.core.inference.scene_for_tests import (
    CLEAR,
    CLOUD,
    water_and_sand,
    write_scene,
)
from lulc_assets_tests.core.inference.test_windows import NEEDS, grid_of

GRID = PixelGrid(32633, 500_040.0, 5_100_000.0, 150, 200)
CLASSES = len(KARRA_10.classes)
HANN = WindowSettings(block_px=64, halo_px=32, blend="hann")
PLAIN = WindowSettings(block_px=64, halo_px=32)


@pytest.fixture
def clear():
    return np.full(GRID.shape, CLEAR, np.uint8)


@pytest.fixture
def predict(predictor, tmp_path):
    """Write a scene, predict it; layers and counts."""

    def run(dn, scl, settings, name="scene"):
        recipe = write_scene(tmp_path / name, GRID, dn, scl)
        found = predict_scene(recipe, GRID, predictor, tmp_path / f"{name}_out", settings)
        return {key: read_raster(path) for key, path in found.files.items()}, found.counts

    return run


@given(
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from([32, 64, 128]),
    st.sampled_from([32, 64, 96]),
)
def test_weights_of_all_blocks_sum_to_one_everywhere(height, width, block, halo):
    plan = plan_windows(grid_of(height, width), WindowSettings(block, halo), NEEDS)
    blending, total = Blending(plan), np.zeros((height, width))
    for window in plan:
        reach, weights = blending.reach(window), blending.weights(window)
        assert (weights >= 0).all()
        total[reach.slices] += weights
        # A block contributes only what it has read, and its core for the greater part.
        assert window.outer.row <= reach.row
        assert window.outer.col <= reach.col
        assert reach.row + reach.height <= window.outer.row + window.outer.height
        assert reach.col + reach.width <= window.outer.col + window.outer.width
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_a_block_as_wide_as_two_halos_has_a_hann_window():
    halo = 16
    axis = Axis(160, 64, ((0, 48, 0), (48, 80, 32), (80, 112, 64), (112, 160, 96)))
    found = lay_tapers(axis, halo)[48]
    hann = np.sin(np.pi * (np.arange(64) + 0.5) / 64) ** 2
    assert found.first == 32
    np.testing.assert_allclose(found.weights, hann, atol=1e-6)


@given(
    st.integers(1, 200),
    st.integers(1, 200),
    st.sampled_from([32, 64]),
    st.sampled_from([32, 64]),
    st.integers(0, 2**32 - 1),
)
def test_rows_in_work_give_the_mean_of_all_blocks_that_were_computed(
    height, width, block, halo, seed
):
    plan = plan_windows(grid_of(height, width), WindowSettings(block, halo), NEEDS)
    blending, rng = Blending(plan), np.random.default_rng(seed)
    total, weight = np.zeros((3, height, width)), np.zeros((height, width))
    codes, winner = np.zeros((height, width), int), np.zeros((height, width), int)
    work, taken = RowsInWork(blending, 3), np.zeros(height, int)
    for window in plan:
        if rng.random() < 0.8:
            reach, weights = blending.reach(window), blending.weights(window)
            softmax = rng.dirichlet(np.ones(3), (reach.height, reach.width))
            weighted = softmax.transpose(2, 0, 1).astype(np.float32) * weights
            work.add(window, weighted)
            total[:, *reach.slices] += weighted
            weight[reach.slices] += weights
        rows, layers = work.take(window)
        taken[rows] += 1
        codes[rows], winner[rows] = layers
    assert (taken == 1).all()
    seen = weight > 1e-3
    mean = total[:, seen] / weight[seen]
    first, second = np.sort(mean, 0)[[-1, -2]]
    clear = first - second > 1e-5
    np.testing.assert_array_equal(codes[seen][clear], (mean.argmax(0) + 1)[clear])
    assert np.abs(winner[seen] - 255 * mean.max(0)).max(initial=0) <= 0.51


class Moody(TorchPredictor):
    """As sure of water as the sum of a block's digital numbers bids: seams at every border."""

    def probabilities(self, dn, offset_dn, scale, where):
        sure = np.float32(0.5 + 0.4 * (int(dn.sum()) % 7) / 6)
        found = np.full((CLASSES, *dn.shape[1:]), (1 - sure) / (CLASSES - 1), np.float32)
        found[0] = sure
        return found

    def predict(self, dn, offset_dn, scale, where):
        softmax = self.probabilities(dn, offset_dn, scale, where)
        return winning_code(softmax), as_byte(softmax.max(0))


def test_blending_turns_a_seam_into_a_slope(bundle, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    steepest = {}
    for name, settings in (("none", PLAIN), ("hann", HANN)):
        found = predict_scene(recipe, GRID, Moody(bundle, device="cpu"), tmp_path / name, settings)
        surface = read_raster(found.files["probability"]).astype(float)
        assert (read_raster(found.files["class"]) == 1).all()
        steepest[name] = max(np.abs(np.diff(surface, axis=axis)).max() for axis in (0, 1))
    assert steepest["none"] >= 255 * 0.4 / 6 - 1
    # A half Hann window over two halos of 32 pixels rises by at most pi/128 a pixel.
    assert 0 < steepest["hann"] <= 255 * 0.4 * np.pi / 128 + 1


def test_blending_agrees_with_the_whole_scene(predict, clear):
    dn = water_and_sand(GRID)
    whole, _ = predict(dn, clear, WindowSettings(256), "whole")
    blended, counts = predict(dn, clear, HANN, "hann")
    assert counts["blocks"] == 6
    assert (blended["class"] == whole["class"]).mean() > 0.99


def test_the_same_blended_scene_gives_the_same_bytes(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    runs = [predict_scene(recipe, GRID, predictor, tmp_path / str(i), HANN) for i in range(2)]
    for name in runs[0].files:
        assert runs[0].files[name].read_bytes() == runs[1].files[name].read_bytes()


@pytest.mark.parametrize(("cloudy_px", "skipped"), [(100, 0), (115, 2)])
def test_a_voting_pixel_has_all_its_blocks_whatever_is_skipped(predict, clear, cloudy_px, skipped):
    # The first blocks of both rows have cores of 80 pixels and reach 112: with 100 cloudy
    # pixels there are voting ones that they still contribute to.
    dn = water_and_sand(GRID)
    full, _ = predict(dn, clear, HANN, "clear")
    clear[:, :cloudy_px] = CLOUD
    cloudy, counts = predict(dn, clear, HANN, "cloudy")
    assert counts["blocks_skipped"] == skipped
    voting = cloudy["mask"] == 1
    for name in ("class", "probability"):
        np.testing.assert_array_equal(cloudy[name][voting], full[name][voting])
    assert cloudy["class"][voting].all()
    assert cloudy["class"][:, :80].any() == (skipped == 0)


def test_nothing_is_blended_into_pixels_without_data(predict, clear):
    dn = water_and_sand(GRID)
    dn[:, 60:90, 90:130] = 0
    layers, _ = predict(dn, clear, HANN)
    unseen = (dn == 0).all(0)
    assert not layers["class"][unseen].any()
    assert not layers["probability"][unseen].any()
    assert layers["class"][~unseen].all()


def test_flips_are_blended_too(predict, clear):
    dn = water_and_sand(GRID)
    settings = WindowSettings(block_px=64, halo_px=32, flips=True, blend="hann")
    flipped, _ = predict(dn, clear, settings, "flipped")
    plain, _ = predict(dn, clear, HANN, "plain")
    whole, _ = predict(dn, clear, WindowSettings(256, flips=True), "whole")
    assert (flipped["probability"] != plain["probability"]).any()
    assert (flipped["class"] == whole["class"]).mean() > 0.99


def test_blending_is_part_of_the_identity_where_there_is_a_border():
    small, large = grid_of(60, 60), grid_of(500, 500)
    assert HANN.identity(large, NEEDS) != PLAIN.identity(large, NEEDS)
    assert HANN.identity(small, NEEDS) == PLAIN.identity(small, NEEDS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"blend": "linear"}, "linear"), ({"blend": "hann", "halo_px": 0}, "halo")],
)
def test_blending_that_means_nothing_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        WindowSettings(**wrong)
