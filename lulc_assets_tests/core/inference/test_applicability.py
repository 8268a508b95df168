"""The layer that says where a model is far from its training."""

import dataclasses

import numpy as np
import pytest

from lulc_assets.core.errors import BundleError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.inference.applicability import FAR, ApplicabilityLayer, ApplicabilityModel
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.model.applicability import NO_LEVEL
from lulc_assets_tests.core.inference.scene_for_tests import (
    CLEAR,
    CLOUD,
    water_and_sand,
    write_scene,
)

GRID = PixelGrid(32633, 500_040.0, 5_100_000.0, 150, 200)


@pytest.fixture
def layer_of(predictor, tmp_path):
    """Levels of a scene of given numbers."""
    model = ApplicabilityModel(predictor.bundle)

    def make(dn, scl, settings=None, name="a"):
        recipe, file = write_scene(tmp_path / name, GRID, dn, scl), tmp_path / name / "far.tif"
        with ApplicabilityLayer(model, GRID, file) as layer:
            predict_scene(recipe, GRID, predictor, file.parent, settings, observe=layer.observe)
            layer.finish()
        validate_layer(file, GRID, dtype="uint8", legal_values=None)
        return read_raster(file), layer.summarise()

    return make


@pytest.fixture
def clear():
    return np.full(GRID.shape, CLEAR, np.uint8)


def stripes():
    """Water beside sand from north to south, as in the chips that the model was trained on."""
    bright = np.arange(GRID.width) % 32 >= 16
    noise = np.random.default_rng(0).integers(-200, 200, (6, *GRID.shape))
    return (np.where(bright, 3500, 400) + noise).astype(np.uint16)


def test_a_scene_of_other_spectra_is_farther_than_one_like_training(layer_of, clear):
    dn = stripes()
    # Bright where the other bands are dark: no surface of the training chips is like that.
    swapped = dn.copy()
    swapped[3:] = 3900 - dn[3:].astype(int)
    cases = enumerate((dn, swapped))
    (levels, like), (_, unlike) = (layer_of(d, clear, name=str(i)) for i, d in cases)
    assert unlike["far_pct"] > 90
    assert like["far_pct"] < 60
    assert unlike["median_level"] > like["median_level"] + 50
    seen = levels[levels != NO_LEVEL]
    assert like["median_level"] == np.sort(seen)[(seen.size - 1) // 2]
    assert like["far_pct"] == round(100 * float((seen > FAR).mean()), 2)


def test_cells_lie_on_the_grid_whatever_the_blocks(layer_of, clear):
    # Other spectra in the north-west, in cells of 8 px that no border of a block respects.
    dn = stripes()
    dn[3:, :40, :56] = 3900 - dn[3:, :40, :56].astype(int)
    for settings in (WindowSettings(256, 0), WindowSettings(64, 96)):
        levels, _ = layer_of(dn, clear, settings, name=str(settings.block_px))
        cells = levels[:144:8, :200:8]
        assert (cells == levels[7:144:8, 7:200:8]).all()  # a cell has one level
        assert (cells[:4, :6] > 95).all()
        if settings.halo_px == 0:  # tiles as the chips: water in the west, sand in the east
            assert np.median(cells[8:, 10:20]) < 95


def test_what_is_not_seen_or_skipped_has_no_level(layer_of, clear):
    dn, scl = water_and_sand(GRID), clear
    dn[:, -20:] = 0
    scl[:, :80] = CLOUD
    levels, _ = layer_of(dn, scl, WindowSettings(64, 32))
    assert (levels[-20:] == NO_LEVEL).all()
    assert (levels[:, :80] == NO_LEVEL).all()
    assert (levels[:130, 80:] != NO_LEVEL).all()


def test_a_scene_without_a_seen_pixel_has_no_figures(layer_of, clear):
    levels, figures = layer_of(np.zeros((6, *GRID.shape), np.uint16), clear)
    assert (levels == NO_LEVEL).all()
    assert figures == {}


def test_a_bundle_from_before_says_what_to_do(bundle):
    old = dataclasses.replace(bundle, applicability=None)
    with pytest.raises(BundleError, match="applicability = false"):
        ApplicabilityModel(old)
