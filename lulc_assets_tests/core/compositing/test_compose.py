import functools
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import InvalidProduct, InvalidProject, UnreadableRaster
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets_tests.core.compositing.scenes import GRID, LARGE, random_year, write_prediction

PLAIN = CompositeSettings(weights_256={})


@pytest.fixture
def predict(tmp_path: Path):
    return functools.partial(write_prediction, tmp_path)


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


def test_bytes_do_not_depend_on_order_repetition_or_threads(tmp_path):
    predictions = random_year(tmp_path, grid=LARGE)
    one = compose_year(predictions, LARGE, CompositeSettings(threads=1), tmp_path / "one")
    four = CompositeSettings(threads=4)
    two = compose_year(predictions[::-1] + predictions[:2], LARGE, four, tmp_path / "two")
    for name in one.files:
        assert one.files[name].read_bytes() == two.files[name].read_bytes()
    assert one.sums["0101"].read_bytes() == two.sums["0101"].read_bytes()
    assert (one.scene_ids, one.class_counts) == (two.scene_ids, two.class_counts)
    assert one.flagged_pixels == two.flagged_pixels > 0


def test_bytes_do_not_depend_on_how_many_files_may_be_open(tmp_path, monkeypatch):
    predictions = random_year(tmp_path)
    one = compose_year(predictions, GRID, PLAIN, tmp_path / "one")
    monkeypatch.setattr("lulc_assets.core.compositing.reading.OPEN_FILES", 4)
    two = compose_year(predictions, GRID, PLAIN, tmp_path / "two")
    for name in one.files:
        assert one.files[name].read_bytes() == two.files[name].read_bytes()


def test_two_datastrips_of_one_pass_are_one_vote(predict, tmp_path):
    upper, lower = np.full(GRID.shape, 5), np.full(GRID.shape, 5)
    upper[14:], lower[:10] = 0, 0
    strips = [
        predict("a", upper, 200, datatake="t", date="2022-07-01"),
        predict("b", lower, 200, datatake="t", date="2022-07-02"),
    ]
    found = compose_year([*strips, predict("c", 2, 250)], GRID, PLAIN, tmp_path / "map")
    assert found.datatakes == 2
    layers = layers_of(found)
    assert (layers["observations"] == 2).all()
    assert (layers["class"] == 2).all()


@pytest.mark.parametrize(
    ("strategy", "code", "share"),
    [("weighted_mode", 3, 255 * 240 // 440), ("plain_mode", 3, 255 * 2 // 3),
     ("mean_probability", 3, 240 // 3), ("latest", 5, 200)],
)  # fmt: skip
def test_each_strategy_decides_in_its_way(predict, tmp_path, strategy, code, share):
    scenes = [
        predict("a", 3, 120, date="2022-03-01"),
        predict("b", 5, 200, date="2022-09-01"),
        predict("c", 3, 120, date="2022-05-01"),
    ]
    for seasons in ("none", "quarters"):
        settings = CompositeSettings(weights_256={}, strategy=strategy, seasons=seasons)
        found = compose_year(scenes, GRID, settings, tmp_path / f"map_{seasons}")
        layers = layers_of(found)
        assert (layers["class"] == code).all()
        assert (layers["vote_share"] == share).all()
        assert (layers["observations"] == 3).all()


def test_a_strategy_that_only_looks_at_the_last_view_ignores_weights(predict, tmp_path):
    settings = CompositeSettings(weights_256={"crops": 0}, strategy="latest")
    found = compose_year([predict("a", 5)], GRID, settings, tmp_path / "map")
    assert (layers_of(found)["class"] == 5).all()
    assert found.sums == {}


def test_a_season_can_have_weights_of_its_own(predict, tmp_path):
    scenes = [predict("a", 9, 200, date="2022-01-01"), predict("b", 2, 100, date="2022-07-01")]
    heavy = CompositeSettings(
        weights_256={}, seasons="quarters", season_weights_256={"q1": {"snow_ice": 64}}
    )
    assert (layers_of(compose_year(scenes, GRID, heavy, tmp_path / "a"))["class"] == 2).all()
    other = CompositeSettings(
        weights_256={}, seasons="quarters", season_weights_256={"q3": {"snow_ice": 64}}
    )
    assert (layers_of(compose_year(scenes, GRID, other, tmp_path / "b"))["class"] == 9).all()


def test_patches_below_the_mapping_unit_join_their_surroundings(predict, tmp_path):
    classes = np.full(GRID.shape, 5)
    classes[4:6, 4:6], classes[10:15, 10:15], classes[:, 30:] = 7, 2, 0
    settings = CompositeSettings(weights_256={}, min_mapping_unit_px=5)
    found = compose_year([predict("a", classes)], GRID, settings, tmp_path / "map")
    layers = layers_of(found)
    assert found.sieved_pixels == 4
    assert not (layers["class"] == 7).any()
    assert (layers["class"] == 2).sum() == 25
    assert (layers["class"][:, 30:] == 0).all()
    assert (layers["vote_share"][4:6, 4:6] == 0).all()


def test_more_passes_than_a_sum_can_hold_are_refused(predict, tmp_path, monkeypatch):
    monkeypatch.setattr("lulc_assets.core.compositing.update.MOST_DATATAKES", 2)
    scenes = [predict(f"s{k}", 1) for k in range(3)]
    with pytest.raises(InvalidProject, match="3 passes"):
        compose_year(scenes, GRID, PLAIN, tmp_path / "map")


def test_pixels_that_the_mask_gets_wrong_are_counted(predict, tmp_path):
    roof = np.ones(GRID.shape)
    roof[:3, :4] = 0
    predictions = [predict(f"s{n}", 7, 200, roof) for n in range(4)]
    composite = compose_year(predictions, GRID, PLAIN, tmp_path)
    assert composite.flagged_pixels == 12
    assert (layers_of(composite)["class"] == 7).all()


def test_progress_tells_of_each_block(predict, tmp_path):
    told = []
    scene = predict("a", 1, grid=LARGE)
    compose_year(
        [scene], LARGE, PLAIN, tmp_path / "map", progress=lambda *step: told.append(step[:2])
    )
    assert told == [(n, 4) for n in range(1, 5)]


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
    assert not list((tmp_path / "map").iterdir())


def test_a_code_outside_the_legend_is_refused(predict, tmp_path):
    classes = np.ones(GRID.shape)
    classes[20, 30] = 11
    with pytest.raises(InvalidProduct, match=r"a-.*/class\.tif holds code 11"):
        compose_year([predict("a", classes)], GRID, PLAIN, tmp_path / "map")
    assert not list((tmp_path / "map").iterdir())


def test_one_scene_with_two_predictions_is_refused(predict, tmp_path):
    with pytest.raises(InvalidProduct, match="a scene votes once"):
        compose_year([predict("a", 1), predict("a", 2)], GRID, PLAIN, tmp_path / "map")


def test_a_missing_prediction_is_refused(predict, tmp_path):
    prediction = predict("a", 1)
    prediction.fetch()[2].unlink()
    with pytest.raises(UnreadableRaster, match=r"a-.*/mask\.tif"):
        compose_year([prediction], GRID, PLAIN, tmp_path / "map")
