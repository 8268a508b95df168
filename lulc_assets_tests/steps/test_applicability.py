"""The applicability layer of a project: off unless asked for, then part of each prediction."""

import pytest

from lulc_assets.core.imagery.cog import read_raster
from lulc_assets_tests.tiny_project import TILE, YEAR, open_place, predict_year


def test_without_the_setting_predictions_stay_as_they_are(finished_place):
    year = finished_place.record("scene_predictions", TILE, YEAR)
    scene = finished_place.record(
        "scene_predictions", TILE, YEAR, next(iter(year.identity["scenes"]))
    )
    assert "applicability" not in scene.identity
    assert not [name for name in (*year.files, *scene.files) if "applicability" in name]


def test_with_the_setting_each_scene_has_a_layer_and_the_year_its_farthest_scene(copied):
    before = open_place(copied).record("scene_predictions", TILE, YEAR)
    copied.write_text(copied.read_text() + "\n[inference]\napplicability = true\n")
    place = open_place(copied)
    predict_year(place)
    year = place.record("scene_predictions", TILE, YEAR)
    assert year.digest != before.digest
    figures = year.properties["applicability"]
    assert set(figures) == set(year.identity["scenes"])
    farthest = year.properties["farthest_scene"]
    assert figures[farthest]["far_pct"] == max(f["far_pct"] for f in figures.values())
    scene = place.record("scene_predictions", TILE, YEAR, farthest)
    assert scene.identity["applicability"] is True
    levels = read_raster(place.open(scene, "applicability.tif"))
    seen = levels[levels != 255]
    assert figures[farthest]["far_pct"] == pytest.approx(100 * (seen > 95).mean(), abs=0.01)
    assert year.files["applicability.png"].sha256 == scene.files["applicability.png"].sha256
    kept = before.properties["layers"][farthest]["class"]["sha256"]
    assert scene.files["class.tif"].sha256 == kept
