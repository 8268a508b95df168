from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.weighted_mode import PredictionFiles, compose_year
from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer, write_cog

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 24, 40)
PLAIN = CompositeSettings(weights_256={}, block_px=16)


@pytest.fixture
def predict(tmp_path: Path):
    def make(scene_id, classes, probability=200, mask=1, grid=GRID) -> PredictionFiles:
        layers = [
            np.broadcast_to(np.asarray(a, np.uint8), grid.shape)
            for a in (classes, probability, mask)
        ]
        names = ("class", "probability", "mask")
        return PredictionFiles(
            scene_id,
            *(
                write_cog(tmp_path / scene_id / f"{name}.tif", layer, grid, kind="class")
                for name, layer in zip(names, layers, strict=True)
            ),
        )

    return make


def layers_of(composite):
    return {name: read_raster(path) for name, path in composite.files.items()}


def test_a_year_becomes_three_valid_layers(predict, tmp_path):
    half = np.full(GRID.shape, 5)
    half[:, 20:] = 2
    predictions = [predict("b", 2), predict("a", half, 100), predict("c", half, 150)]
    composite = compose_year(predictions, GRID, PLAIN, tmp_path / "map")
    found = layers_of(composite)
    assert (found["class"] == half).all()
    assert (found["vote_share"][:, :20] == 255 * 250 // 450).all()
    assert (found["vote_share"][:, 20:] == 255).all()
    assert (found["observations"] == 3).all()
    assert composite.scene_ids == ("a", "b", "c")
    assert composite.class_counts == {code: 480 * (code in (2, 5)) for code in range(11)}
    assert composite.observations_median == 3
    for path in composite.files.values():
        validate_layer(path, GRID, dtype="uint8", legal_values=range(256))


def test_a_cloudy_year_yields_no_data_not_bare_ground(predict, tmp_path):
    predictions = [predict(f"s{n}", 10, 250, 0) for n in range(5)]
    composite = compose_year(predictions, GRID, PLAIN, tmp_path)
    assert not any(layer.any() for layer in layers_of(composite).values())
    assert composite.class_counts[0] == 24 * 40
    assert composite.flagged_pixels == 0


def test_no_predictions_yield_a_map_of_no_data(tmp_path):
    composite = compose_year([], GRID, PLAIN, tmp_path)
    found = layers_of(composite)
    assert sorted(found) == ["class", "observations", "vote_share"]
    assert all(layer.shape == GRID.shape and not layer.any() for layer in found.values())
    assert composite.scene_ids == ()


def test_bytes_do_not_depend_on_order_repetition_blocks_or_threads(predict, tmp_path):
    rng = np.random.default_rng(0)
    predictions = [
        predict(
            f"s{n}",
            rng.integers(0, 11, GRID.shape),
            rng.integers(0, 256, GRID.shape),
            rng.integers(0, 2, GRID.shape),
        )
        for n in range(5)
    ]
    one = compose_year(predictions, GRID, CompositeSettings(), tmp_path / "one")
    settings = CompositeSettings(block_px=7, threads=4)
    two = compose_year(predictions[::-1] + predictions[:2], GRID, settings, tmp_path / "two")
    for name in one.files:
        assert one.files[name].read_bytes() == two.files[name].read_bytes()
    assert one.scene_ids == two.scene_ids
    assert one.class_counts == two.class_counts
    assert one.flagged_pixels == two.flagged_pixels


def test_pixels_that_the_mask_gets_wrong_are_counted(predict, tmp_path):
    roof = np.ones(GRID.shape)
    roof[:3, :4] = 0
    predictions = [predict(f"s{n}", 7, 200, roof) for n in range(4)]
    composite = compose_year(predictions, GRID, PLAIN, tmp_path)
    assert composite.flagged_pixels == 12
    assert (layers_of(composite)["class"] == 7).all()


def test_progress_tells_of_each_block(predict, tmp_path):
    told = []
    compose_year([predict("a", 1)], GRID, PLAIN, tmp_path, lambda *step: told.append(step[:2]))
    assert told == [(n, 6) for n in range(1, 7)]


@pytest.mark.parametrize(
    "grid",
    [
        PixelGrid(32633, 400_000.0, 5_100_000.0, 24, 41),
        PixelGrid(32633, 400_010.0, 5_100_000.0, 24, 40),
        PixelGrid(32634, 400_000.0, 5_100_000.0, 24, 40),
    ],
)
def test_a_prediction_on_another_grid_is_refused_and_nothing_is_written(predict, tmp_path, grid):
    with pytest.raises(InvalidProduct, match=r"class\.tif"):
        compose_year([predict("a", 1), predict("b", 1, grid=grid)], GRID, PLAIN, tmp_path / "map")
    assert not (tmp_path / "map").exists()


def test_a_code_outside_the_legend_is_refused(predict, tmp_path):
    classes = np.ones(GRID.shape)
    classes[20, 30] = 11
    with pytest.raises(InvalidProduct, match=r"a/class\.tif holds code 11"):
        compose_year([predict("a", classes)], GRID, PLAIN, tmp_path / "map")
    assert not (tmp_path / "map").exists()


def test_one_scene_with_two_sets_of_files_is_refused(predict, tmp_path):
    one, other = predict("a", 1), predict("b", 1)
    twin = PredictionFiles("a", other.class_path, other.probability_path, other.mask_path)
    with pytest.raises(InvalidProduct, match="a scene votes once"):
        compose_year([one, twin], GRID, PLAIN, tmp_path / "map")


def test_a_missing_prediction_is_refused(predict, tmp_path):
    prediction = predict("a", 1)
    prediction.mask_path.unlink()
    with pytest.raises(UnreadableRaster, match=r"a/mask\.tif"):
        compose_year([prediction], GRID, PLAIN, tmp_path / "map")
