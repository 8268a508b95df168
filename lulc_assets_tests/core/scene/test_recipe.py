import json

from lulc_assets.core.scene.recipe import BandAsset, SceneRecipe
from lulc_assets_tests.small_scene import make_recipe

RECIPE = make_recipe({"red": BandAsset("a/B04.tif", 10.0)}, datastrip_start="20200701T100500")


def test_a_recipe_survives_json_exactly():
    assert SceneRecipe.from_dict(json.loads(json.dumps(RECIPE.to_dict()))) == RECIPE


def test_a_record_without_a_datastrip_still_loads():
    data = RECIPE.to_dict()
    del data["datastrip_start"]
    assert SceneRecipe.from_dict(data).datastrip_start == ""


def test_identity_ignores_where_the_files_lie():
    moved = make_recipe({"red": BandAsset("b/B04.tif", 10.0)})
    assert moved.identity() == RECIPE.identity()
