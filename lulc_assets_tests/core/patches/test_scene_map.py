"""A classifier over a scene: cells, clouds, rims, and scenes that it does not take."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from lulc_assets.core.errors import IncompatibleScene
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.patches.classifier import classify
from lulc_assets.core.patches.scene_map import map_scene
from lulc_assets_tests.core.inference.scene_for_tests import CLEAR, CLOUD, write_scene

GRID = PixelGrid(32633, 499_980.0, 5_000_040.0, 150, 300)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Dark on the left, bright on the right, a cloud over the first cell; and its numbers."""
    rng = np.random.default_rng(0)
    level = np.where(np.arange(GRID.width) < 128, 300, 2500)
    dn = (level + rng.integers(0, 60, (6, *GRID.shape))).astype(np.uint16)
    scl = np.full(GRID.shape, CLEAR, np.uint8)
    scl[:50, :50] = CLOUD
    return write_scene(tmp_path_factory.mktemp("scene"), GRID, dn, scl, level="L1C"), dn


def test_each_cell_has_the_class_that_its_patch_would_get(classifier, scene, tmp_path):
    recipe, dn = scene
    card = classifier.card
    found = map_scene(recipe, GRID, classifier, card, tmp_path)
    assert found.codes.shape == (2, 5)  # the third row of 22 px is narrower than half a patch
    assert found.grid.pixel_m == 640
    assert found.codes[0, 0] == 0  # clouds
    patches = np.stack([dn[:3, 64:128, 64 * i : 64 * i + 64] for i in range(4)])
    assert found.codes[1, :4].tolist() == (classify(classifier, patches).argmax(1) + 1).tolist()
    rim = classify(classifier, dn[None, :3, 64:128, 256:]).argmax(1) + 1  # 44 px wide
    assert found.codes[1, 4] == rim[0]
    assert sum(found.counts.values()) == 9
    with rasterio.open(found.files["class"]) as source:
        np.testing.assert_array_equal(source.read(1), found.codes)
        assert (source.nodata, source.res) == (0, (640.0, 640.0))
    with rasterio.open(found.files["probability"]) as source:
        assert ((source.read(1) > 0) == (found.codes > 0)).all()


def test_scenes_of_another_kind_are_refused(classifier, scene, tmp_path):
    recipe, card = scene[0], classifier.card
    wrong = {
        "is level L2A, the classifier takes L1C": (replace(recipe, level="L2A"), GRID, card),
        "read without coastal": (recipe, GRID, replace(card, bands=("coastal", "red"))),
        "8-bit pictures": (recipe, GRID, replace(card, level="picture")),
        "sampling of 30 m": (replace(recipe, pixel_m=30.0), GRID, card),
        "less than a patch of 64 px": (recipe, replace(GRID, height=20), card),
    }
    for said, (asked, grid, its_card) in wrong.items():
        with pytest.raises(IncompatibleScene, match=said):
            map_scene(asked, grid, classifier, its_card, tmp_path)
