"""The applicability layer of a project: off unless asked for, then part of each prediction."""

import pytest

from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.steps.products import PREDICTED_SCENE, SCENE_PREDICTIONS
from lulc_assets_tests.tiny_project import KEY, open_work, predict_year


def test_without_the_setting_predictions_have_no_such_layer(finished_work):
    year = finished_work.read(SCENE_PREDICTIONS, KEY)
    scene = finished_work.kept(PREDICTED_SCENE, year.properties.scenes[0].record)
    assert scene.properties.applicability is None
    assert not [name for name in (*year.files, *scene.files) if "applicability" in name]


def test_with_the_setting_each_scene_has_a_layer_and_the_year_its_farthest_scene(copied):
    before = open_work(copied).read(SCENE_PREDICTIONS, KEY)
    copied.write_text(copied.read_text() + "\n[inference]\napplicability = true\n")
    work = open_work(copied)
    predict_year(work)
    year = work.read(SCENE_PREDICTIONS, KEY)
    assert year.digest != before.digest
    rows = {row.scene_id: row for row in year.properties.scenes}
    figures, farthest = year.properties.applicability, year.properties.farthest_scene
    assert set(figures) == set(rows)
    assert figures[farthest].far_pct == max(f.far_pct for f in figures.values())
    scene = work.kept(PREDICTED_SCENE, rows[farthest].record)
    levels = read_raster(work.open(scene, "applicability.tif"))
    seen = levels[levels != 255]
    assert figures[farthest].far_pct == pytest.approx(100 * (seen > 95).mean(), abs=0.01)
    assert year.files["applicability.png"].sha256 == scene.files["applicability.png"].sha256
    (kept,) = (row.class_ for row in before.properties.scenes if row.scene_id == farthest)
    assert scene.files["class.tif"].sha256 == kept.sha256
