"""A team's own classes and bands, from the catalogue to the map, through the domain alone."""

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import rasterio

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import BundleError, IncompatibleScene
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.judging.bundling import write_bundle
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import ClassEntry, build_legend, propose_legend
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.bands import RGB, SIX, TEN
from lulc_assets.core.training.train import train_model
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.simulation.world.tiers import PARENTS, TIER_2
from lulc_assets_tests.core.training.chips_for_tests import TINY
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

TILE, YEAR = "33TVM", 2022
RECIPE = dataclasses.replace(TINY, max_epochs=12, batch_size=8)
CHIPS = ChipSettings(size_px=32, overlap_px=0, block_px=64, gold_apart="pixel", max_cloud_share=0.6)

TWO = propose_legend("two", ["Wald", "Sonstiges"], other="Sonstiges")
FOUR = propose_legend("four", ["Wasser", "Wald", "Acker", "Sonstiges"], other="Sonstiges")
FOURTEEN = build_legend(
    "fourteen",
    [
        *(ClassEntry(name, parent=PARENTS.get(name, "")) for name in TIER_2),
        *(ClassEntry(name) for name in dict.fromkeys(PARENTS.values())),
    ],
)
OF_KARRA = {
    "two": np.array([0, 2, 1, 2, 2, 2, 2, 2, 2, 2], np.uint8),
    "four": np.array([0, 1, 2, 4, 4, 3, 4, 4, 4, 4], np.uint8),
}
"""Code of the truth → code of the legend."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    spec = dataclasses.replace(tiny_spec(size_px=160, scenes_per_year=5), bands=10)
    return spec, write_archive(spec, tmp_path_factory.mktemp("archive") / "a")


def truth_of(archive, legend):
    _, paths = archive
    folder = paths.truth / TILE / str(YEAR)
    if legend is FOURTEEN:
        return read_raster(folder / "tier_2.tif")
    return OF_KARRA[legend.name][read_raster(folder / "class.tif")]


def recipes_of(archive, roles):
    spec, paths = archive
    grid = spec.tiles[0].grid
    found = search_scenes(str(paths.catalog), TILE, YEAR, grid, roles=roles)
    assert not found.rejected
    return found.recipes, grid


@pytest.fixture(
    scope="module",
    params=[(TWO, RGB), (FOUR, SIX), (FOURTEEN, TEN)],
    ids=["two classes, rgb", "four, six bands", "fourteen, ten bands"],
)
def mapped(request, archive, tmp_path_factory):
    """Legend, bands, truth, bundle and map of a model trained on the truth of one half."""
    legend, roles = request.param
    folder = tmp_path_factory.mktemp("mapped")
    recipes, grid = recipes_of(archive, roles)
    truth = truth_of(archive, legend)
    train, gold = truth.copy(), truth.copy()
    train[:, 120:], gold[:, :120] = 0, 0
    chips = cut_chips(recipes, grid, train, gold, CHIPS, legend=legend)
    model = train_model(
        [chips], RECIPE, legend, level="L2A", gsd_m=10.0, inputs={}, out_dir=folder / "model"
    )
    verdict = Verdict(True, "the only one")
    write_bundle(folder / "model", evaluate_model(model, [chips]), verdict, folder / "bundle")
    bundle = Bundle.load(folder / "bundle", legend)
    predictor = TorchPredictor(bundle, device="cpu")
    scenes = []
    for recipe in recipes:
        files = predict_scene(recipe, grid, predictor, folder / recipe.id).files
        layers = tuple(files[name] for name in ("class", "probability", "mask"))
        scenes.append(
            PredictedScene(recipe.id, recipe.id, recipe.date, recipe.id, partial(_same, layers))
        )
    year = compose_year(scenes, grid, CompositeSettings(), folder / "map", legend=legend)
    return legend, roles, truth, bundle, year, recipes


def _same(layers: tuple[Path, ...]) -> tuple[Path, ...]:
    return layers


def test_the_map_has_the_classes_of_the_legend_and_its_colours(mapped):
    legend, _, _, _, year, _ = mapped
    classes = read_raster(year.files["class"])
    assert set(np.unique(classes)) <= {0, *(c.code for c in legend.land)}
    assert set(year.class_counts) == set(range(len(legend.classes) + 1))
    with rasterio.open(year.files["class"]) as source:
        palette = source.colormap(1)
    assert all(palette[c.code][:3] == c.rgb for c in legend.classes)


def test_the_map_is_nearer_to_the_truth_than_its_commonest_class(mapped):
    legend, _, truth, _, year, _ = mapped
    classes = read_raster(year.files["class"])
    seen = classes > 0
    share = np.bincount(truth[seen]).max() / seen.sum()
    assert (classes[seen] == truth[seen]).mean() > share
    upper = legend.upper_codes()
    agreement = (upper[classes[seen]] == upper[truth[seen]]).mean()
    assert agreement >= (classes[seen] == truth[seen]).mean()


def test_the_bundle_knows_its_legend_bands_and_taught_classes(mapped):
    legend, roles, truth, bundle, _, recipes = mapped
    assert bundle.legend == legend
    assert bundle.bands == roles
    taught = {legend.by_code(int(c)).name for c in np.unique(truth[:, :120])}
    assert set(bundle.taught) <= taught
    assert bundle.network().mean.shape[1] == len(roles)
    for recipe in recipes:
        bundle.require(recipe)


def test_a_class_that_was_never_taught_is_nowhere_on_the_map(mapped):
    legend, _, _, bundle, year, _ = mapped
    absent = [c.code for c in legend.classes if c.name not in bundle.taught]
    assert sum(year.class_counts[code] for code in absent) == 0


def test_scenes_of_other_bands_and_maps_of_another_legend_are_refused(mapped, archive, tmp_path):
    _, roles, _, bundle, _, _ = mapped
    other = SIX if roles != SIX else TEN
    for recipe in recipes_of(archive, other)[0][:1]:
        with pytest.raises(IncompatibleScene, match="the model takes bands"):
            bundle.require(recipe)
    (tmp_path / "weights.safetensors").write_bytes(bundle.weights)
    with pytest.raises(BundleError):
        Bundle.load(tmp_path, KARRA_10)
