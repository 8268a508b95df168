import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import BundleError, LabelError
from lulc_assets.core.judging.bundling import write_bundle
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.network import Normalisation, build_network
from lulc_assets.core.model.patch_model import PatchModel
from lulc_assets.core.patches.answers import answer_files, judge_patches
from lulc_assets.core.patches.classifier import (
    PATCH_RECIPE,
    classify,
    count_parameters,
    recipe_with,
    require_patch_network,
    train_patches,
)
from lulc_assets.core.patches.folder import read_patches
from lulc_assets.core.patches.opening import Classifier, open_classifier
from lulc_assets.core.training.augment import distort
from lulc_assets.core.training.pretrained import load_pretrained
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.tasks import PATCHES, SEGMENTATION, task_of
from lulc_assets_tests.core.inference.conftest import bundle_dir  # noqa: F401
from lulc_assets_tests.core.patches.conftest import BANDS, TINY, make_folder


@pytest.fixture
def asked(classifier):
    return Classifier(classifier, classifier.card)


def test_it_learns_what_brightness_tells(asked, patches):
    judged = judge_patches(asked, patches)
    assert judged.evaluation.n_pixels == 3
    assert judged.evaluation.overall > 0.6
    np.testing.assert_allclose(judged.probabilities.sum(1), 1, rtol=1e-5)
    everything = judge_patches(asked, patches, every=True).evaluation
    assert everything.n_pixels == 18


def test_equal_patches_and_recipes_train_equal_weights(classifier, patches, tmp_path):
    again = train_patches(patches, TINY, tmp_path)
    assert again.weights.read_bytes() == classifier.weights.read_bytes()


def test_only_the_last_layers_learn_if_asked(patches, classifier, tmp_path):
    recipe = recipe_with(
        encoder_depth=4, max_epochs=1, threads=1, precision="32-true", trainable="decoder",
        start_from=str(classifier.weights), decoder_channels=(),
    )  # fmt: skip
    tuned = train_patches(patches, recipe, tmp_path)
    before, after = (m.network().state_dict() for m in (classifier, tuned))
    assert all(torch.equal(before[k], after[k]) for k in before if ".encoder." in k)
    assert not torch.equal(
        before["model.classification_head.1.weight"], after["model.classification_head.1.weight"]
    )
    assert count_parameters(tuned.card.network, "decoder").learning == 256 * 3 + 3


@pytest.mark.parametrize(("trainable", "measures"), [("all", True), ("decoder", False)])
def test_statistics_are_measured_again_only_where_layers_learn_that_have_some(
    patches, tmp_path, monkeypatch, trainable, measures
):
    asked = []
    forward = PatchModel.forward
    monkeypatch.setattr(
        PatchModel, "forward", lambda self, bands: asked.append(1) or forward(self, bands)
    )
    passes = []
    for chips in (1, 512):
        asked.clear()
        recipe = replace(TINY, max_epochs=1, trainable=trainable, batch_size=4,
                         statistics_chips=chips)  # fmt: skip
        train_patches(patches, recipe, tmp_path / str(chips))
        passes.append(len(asked))
    assert (passes[1] > passes[0]) is measures


def test_two_of_twenty_five_million_parameters_learn_in_a_resnet_50():
    recipe = recipe_with(encoder="resnet50", decoder_channels=(1024,), trainable="decoder")
    spec = PATCHES.network(recipe, KARRA_10, 13)
    counted = count_parameters(spec, recipe.trainable)
    assert round(counted.total / 1e6, 1) == 25.6
    assert round(counted.learning / 1e6, 1) == 2.1


def test_an_encoder_goes_from_patches_to_maps_and_back(classifier, tmp_path):
    map_recipe = TrainingRecipe(
        encoder_depth=3, decoder_channels=(16, 8, 8), start_from=str(classifier.weights)
    )
    spec = SEGMENTATION.network(map_recipe, KARRA_10, 3)
    unet = build_network(spec, Normalisation((0.0,) * 3, (1.0,) * 3))
    load_pretrained(unet, spec, map_recipe, tmp_path)
    theirs, ours = classifier.network().parts[0].state_dict(), unet.parts[0].state_dict()
    assert all(torch.equal(theirs[name], ours[name]) for name in ours)
    file = recipe_with(encoder_weights=str(classifier.weights.with_name("encoder.safetensors")))
    spec = PATCHES.network(file, KARRA_10, 3)
    with pytest.raises(Exception, match="do not fit"):
        load_pretrained(build_network(spec, unet.normalisation), spec, file, tmp_path)


def test_bad_folders_of_a_model_are_named(classifier, asked, patches, folder, tmp_path):
    with pytest.raises(BundleError, match="a model for maps"):
        require_patch_network(SEGMENTATION.network(TrainingRecipe("Unet"), KARRA_10, 3), "here")
    more = make_folder(tmp_path / "more", each=7)
    with pytest.raises(BundleError, match=r"trained from 18 patches, the folder holds 21"):
        judge_patches(asked, read_patches(more, BANDS))
    shutil.move(more / "Forest", more / "Marsh")
    with pytest.raises(LabelError, match="class Marsh: the classifier knows"):
        judge_patches(asked, read_patches(more, BANDS), every=True)
    from PIL import Image

    Image.new("RGB", (64, 64), "green").save(tmp_path / "p.jpg")
    with pytest.raises(LabelError, match="holds 8-bit pictures"):
        answer_files(open_classifier(classifier.weights.parent), [tmp_path / "p.jpg"])


def test_patches_of_several_sizes_can_be_asked(classifier):
    wide = np.full((2, 3, 96, 70), 300, np.uint16)
    assert classify(classifier, wide).shape == (2, 3)


def test_distortion_keeps_what_a_patch_is():
    torch.manual_seed(0)
    batch = torch.rand(4, 3, 64, 64) * 0.3
    seen = distort(batch)
    assert seen.shape == batch.shape
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 1
    assert not torch.equal(seen, batch)
    np.testing.assert_allclose(seen.mean((2, 3)), batch.mean((2, 3)), rtol=0.25)
    assert task_of("Unet") is SEGMENTATION
    assert task_of(PATCH_RECIPE.architecture) is PATCHES


def test_commands_say_it_in_json_and_pages(classifier, folder, tmp_path):
    run = CliRunner().invoke
    model, patch = str(classifier.weights.parent), str(folder / "Forest" / "Forest_0.tif")
    done = run(app, ["patches", "evaluate", model, str(folder), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["test_patches"] == 3
    assert said["parameters"]["trained"] == said["parameters"]["total"]
    assert "Confused patches" in (classifier.weights.parent / "index.html").read_text()
    page = tmp_path / "pair.html"
    done = run(app, ["patches", "compare", model, patch, patch, "--json", "--page", str(page)])
    (first, second) = json.loads(done.stdout)
    assert first == second
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert page.read_text().count("Forest_0") >= 2


def test_a_bundle_is_judged_like_its_classifier_and_stays_sealed(
    classifier, asked, patches, folder, tmp_path, monkeypatch
):
    yes = Verdict(True, "good enough")
    judged = judge_patches(asked, patches)
    trained = classifier.weights.parent
    bundle = write_bundle(trained, judged.evaluation, yes, tmp_path / "bundle")
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["patches", "evaluate", str(bundle), str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["confusion"] == judged.evaluation.matrix.tolist()
    assert "Confused patches" in (tmp_path / "evaluation" / "index.html").read_text()
    assert {file.name: file.read_bytes() for file in bundle.iterdir()} == before
    assert judge_patches(open_classifier(bundle), patches).evaluation.n_pixels == 3


@pytest.fixture(scope="module")
def patch_bundle(classifier, patches, tmp_path_factory):
    judged = judge_patches(Classifier(classifier, classifier.card), patches)
    yes, out = Verdict(True, "good enough"), tmp_path_factory.mktemp("bundle")
    return write_bundle(classifier.weights.parent, judged.evaluation, yes, out)


@pytest.mark.parametrize("command", ["serve", "map"])
def test_a_bundle_of_patches_draws_no_maps(patch_bundle, tmp_path, command):
    given = {
        "serve": [str(patch_bundle)],
        "map": ["--bundle", str(patch_bundle), "--aoi", "a.geojson", "--year", "2022",
                "--catalog", "c", "--out", str(tmp_path)],
    }[command]  # fmt: skip
    done = CliRunner().invoke(app, [command, *given])
    assert done.exit_code == 1
    said = " ".join(done.stderr.split())
    assert "holds a model for patches, not for segmentation; it is for `lulc patches" in said


def test_a_bundle_of_maps_classifies_no_patches(bundle_dir, folder):  # noqa: F811
    patch = str(folder / "Forest" / "Forest_0.tif")
    done = CliRunner().invoke(app, ["patches", "predict", str(bundle_dir), patch])
    assert done.exit_code == 1
    assert "not for patches; it is for `lulc map`" in " ".join(done.stderr.split())


@pytest.mark.parametrize("name", ["graph.onnx", "weights.safetensors", "bundle.json"])
def test_a_bundle_with_one_flipped_byte_classifies_nothing(patch_bundle, folder, tmp_path, name):
    copy = shutil.copytree(patch_bundle, tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    patch = str(folder / "Forest" / "Forest_0.tif")
    done = CliRunner().invoke(app, ["patches", "predict", str(copy), patch])
    assert done.exit_code == 1
    assert f"{name} does not have the SHA-256" in " ".join(done.stderr.split())


@pytest.mark.parametrize("command", ["evaluate", "predict", "compare"])
def test_a_key_that_is_trusted_refuses_what_is_not_signed(classifier, folder, tmp_path, command):
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PUBLIC KEY-----")
    patch = str(folder / "Forest" / "Forest_0.tif")
    given = {"evaluate": [str(folder)], "predict": [patch], "compare": [patch, patch]}[command]
    model = str(classifier.weights.parent)
    done = CliRunner().invoke(app, ["patches", command, model, *given, "--trusted-key", str(key)])
    assert done.exit_code == 1
    assert "not signed" in " ".join(done.stderr.split())


def test_a_folder_without_a_classifier_is_told_from_a_broken_one(tmp_path):
    with pytest.raises(BundleError, match=r"neither the card\.json of `lulc patches train`"):
        open_classifier(tmp_path)
