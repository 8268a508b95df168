import numpy as np
import pytest
import torch

from lulc_assets.core.errors import IncompatibleScene, NotFinite, SceneError
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets_tests.core.inference.scene_for_tests import (
    CLEAR,
    CLOUD,
    water_and_sand,
    write_scene,
)

GRID = PixelGrid(32633, 500_040.0, 5_100_000.0, 150, 200)
WHOLE = WindowSettings(block_px=256, halo_px=0)
EVEN = PixelGrid(32633, 500_040.0, 5_100_000.0, 64, 64)
EVEN_CLEAR = np.full(EVEN.shape, CLEAR, np.uint8)


@pytest.fixture
def clear():
    return np.full(GRID.shape, CLEAR, np.uint8)


def layers_of(prediction):
    return {name: read_raster(path) for name, path in prediction.files.items()}


def test_a_scene_gives_three_layers_on_its_grid(predictor, clear, tmp_path):
    dn, scl = water_and_sand(GRID), clear
    scl[:, :30] = CLOUD
    dn[:, -20:] = 0
    prediction = predict_scene(
        write_scene(tmp_path / "in", GRID, dn, scl), GRID, predictor, tmp_path
    )
    for name, legal in (("class", set(range(11))), ("probability", None), ("mask", {0, 1})):
        validate_layer(prediction.files[name], GRID, dtype="uint8", legal_values=legal)
    layers = layers_of(prediction)
    invalid = (dn == 0).all(0)
    assert not layers["class"][invalid].any()
    assert not layers["probability"][invalid].any()
    assert layers["class"][~invalid].all()
    np.testing.assert_array_equal(layers["mask"] == 1, (scl == CLEAR) & ~invalid)
    bright = dn[0] > 2000
    expected = np.where(bright, 8, 1)[~invalid]
    assert (layers["class"][~invalid] == expected).mean() > 0.9


def test_the_counts_are_those_of_the_layers(predictor, clear, tmp_path):
    clear[:10] = CLOUD
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    prediction = predict_scene(recipe, GRID, predictor, tmp_path, WHOLE)
    counts, layers = prediction.counts, layers_of(prediction)
    assert counts["pixels"] == counts["valid_px"] == 150 * 200
    assert counts["voting_px"] == layers["mask"].sum() == 140 * 200
    assert counts["class_water_px"] == (layers["class"] == 1).sum()
    assert (counts["blocks"], counts["blocks_skipped"]) == (1, 0)
    assert prediction.scene_id == recipe.id


def test_blocks_show_no_seam(predictor, tmp_path):
    # 96 px exceed half the receptive field of this network (about 65 px).
    grid = PixelGrid(32633, 500_040.0, 5_100_000.0, 310, 352)
    clear = np.full(grid.shape, CLEAR, np.uint8)
    recipe = write_scene(tmp_path / "in", grid, water_and_sand(grid), clear)
    whole = predict_scene(recipe, grid, predictor, tmp_path / "a", WindowSettings(512, 0))
    blocks = predict_scene(recipe, grid, predictor, tmp_path / "b", WindowSettings(64, 96))
    assert (whole.counts["blocks"], blocks.counts["blocks"]) == (1, 6)
    first, second = layers_of(whole), layers_of(blocks)
    assert (first["class"] == second["class"]).mean() >= 0.999
    assert np.abs(first["probability"].astype(int) - second["probability"]).max() <= 1
    bare = layers_of(predict_scene(recipe, grid, predictor, tmp_path / "c", WindowSettings(64, 0)))
    assert np.abs(first["probability"].astype(int) - bare["probability"]).max() > 10


def test_the_measured_halo_shows_no_seam(predictor, tmp_path):
    grid = PixelGrid(32633, 500_040.0, 5_100_000.0, 256, 256)
    clear = np.full(grid.shape, CLEAR, np.uint8)
    recipe = write_scene(tmp_path / "in", grid, water_and_sand(grid), clear)
    whole = predict_scene(recipe, grid, predictor, tmp_path / "a")
    blocks = predict_scene(recipe, grid, predictor, tmp_path / "b", WindowSettings(block_px=32))
    assert whole.counts["blocks"] == 1
    assert blocks.counts["blocks"] >= 16
    assert (layers_of(whole)["class"] == layers_of(blocks)["class"]).mean() >= 0.999


@pytest.mark.parametrize("settings", [WindowSettings(64, 96), WindowSettings(64, 96, blend="hann")])
def test_an_area_is_mapped_as_its_tile_would_be(predictor, tmp_path, settings):
    tile = PixelGrid(32633, 500_040.0, 5_100_000.0, 320, 352)
    clear = np.full(tile.shape, CLEAR, np.uint8)
    recipe = write_scene(tmp_path / "in", tile, water_and_sand(tile), clear)
    place = Window(107, 61, 120, 133)
    part = tile.cut(place)
    whole = predict_scene(recipe, tile, predictor, tmp_path / "a", WindowSettings(512, 0))
    found = predict_scene(recipe, part, predictor, tmp_path / "b", settings, within=tile)
    bare = predict_scene(recipe, part, predictor, tmp_path / "c", settings)
    expected = layers_of(whole)["probability"][place.slices].astype(int)
    assert np.abs(layers_of(found)["probability"] - expected).max() <= 1
    assert np.abs(layers_of(bare)["probability"] - expected).max() > 10
    validate_layer(found.files["class"], part, dtype="uint8", legal_values=set(range(11)))


def test_what_no_file_covers_is_not_seen(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    beside = PixelGrid(32633, 499_000.0, 5_101_000.0, 400, 500)
    runs = [
        predict_scene(recipe, GRID, predictor, tmp_path / str(n), within=within)
        for n, within in enumerate((None, beside))
    ]
    for name in ("class", "probability", "mask"):
        assert runs[0].files[name].read_bytes() == runs[1].files[name].read_bytes()


def test_mirror_images_change_the_probabilities_and_hardly_a_class(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    plain = layers_of(predict_scene(recipe, GRID, predictor, tmp_path / "a"))
    settings = WindowSettings(flips=True)
    flipped = layers_of(predict_scene(recipe, GRID, predictor, tmp_path / "b", settings))
    assert (plain["class"] == flipped["class"]).mean() > 0.9
    assert (plain["probability"] != flipped["probability"]).any()
    # A mirrored scene has the mirrored map.
    mirrored = write_scene(
        tmp_path / "mirrored", EVEN, water_and_sand(EVEN)[:, :, ::-1].copy(), EVEN_CLEAR
    )
    straight = write_scene(tmp_path / "straight", EVEN, water_and_sand(EVEN), EVEN_CLEAR)
    one = layers_of(predict_scene(mirrored, EVEN, predictor, tmp_path / "c", settings))
    other = layers_of(predict_scene(straight, EVEN, predictor, tmp_path / "d", settings))
    assert (one["class"][:, ::-1] == other["class"]).mean() > 0.9999


def test_the_same_scene_gives_the_same_bytes(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    runs = [predict_scene(recipe, GRID, predictor, tmp_path / str(i)) for i in range(2)]
    for name in runs[0].files:
        assert runs[0].files[name].read_bytes() == runs[1].files[name].read_bytes()


def test_blocks_where_no_pixel_may_vote_are_skipped(predictor, clear, tmp_path):
    clear[:, :80] = CLOUD
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    prediction = predict_scene(recipe, GRID, predictor, tmp_path, WindowSettings(64, 32))
    assert (prediction.counts["blocks"], prediction.counts["blocks_skipped"]) == (6, 2)
    layers = layers_of(prediction)
    assert not layers["class"][:, :80].any()
    assert layers["class"][:, 80:].all()


def test_a_scene_without_a_valid_pixel_gives_layers_of_zeros(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, np.zeros((6, *GRID.shape), np.uint16), clear)
    prediction = predict_scene(recipe, GRID, predictor, tmp_path)
    assert prediction.counts["valid_px"] == 0
    assert not any(layer.any() for layer in layers_of(prediction).values())


def test_a_scene_of_another_level_is_refused_before_it_is_read(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear, level="L1C")
    with pytest.raises(IncompatibleScene, match="L1C"):
        predict_scene(recipe, GRID, predictor, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unreadable_band_is_an_error_of_the_scene(predictor, clear, tmp_path):
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    (tmp_path / "in" / "swir1.tif").write_bytes(b"no raster")
    with pytest.raises(SceneError, match="swir1"):
        predict_scene(recipe, GRID, predictor, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_nan_from_the_network_names_scene_and_window(predictor, clear, tmp_path):
    with torch.no_grad():
        next(predictor.deployed.network.model.segmentation_head.parameters()).fill_(float("nan"))
    clear[:56] = CLOUD
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    with pytest.raises(NotFinite, match=r"S2A_TEST_20230601, window row 56 col 0"):
        predict_scene(recipe, GRID, predictor, tmp_path / "out", WindowSettings(64, 0))


def test_progress_counts_blocks(predictor, clear, tmp_path):
    told = []
    recipe = write_scene(tmp_path / "in", GRID, water_and_sand(GRID), clear)
    predict_scene(
        recipe,
        GRID,
        predictor,
        tmp_path,
        WindowSettings(128, 0),
        progress=lambda *step: told.append(step[:2]),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
