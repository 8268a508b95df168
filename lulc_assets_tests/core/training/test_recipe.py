import dataclasses
import json

import pytest

from lulc_assets.core.training.recipe import FEW_LABELLED_PIXELS, TrainingRecipe


def test_a_recipe_survives_its_spelling_in_a_record():
    recipe = TrainingRecipe(seed=7, decoder_channels=(64, 32), encoder_depth=2)
    assert TrainingRecipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(TrainingRecipe)])
def test_every_number_changes_the_digest(field):
    recipe = TrainingRecipe()
    other = {
        "architecture": "FPN",
        "encoder": "resnet34",
        "decoder_channels": (64, 32, 16, 8),
        "encoder_weights": "imagenet",
        "dropout": 0.1,
        "precision": "32-true",
        "max_chip_views": 100,
        "calibration": "none",
        "start_from": "weights.safetensors",
        "trainable": "head",
        "class_weights": "none",
    }.get(field)
    changed = other if other is not None else getattr(recipe, field) * 2 + 1
    assert dataclasses.replace(recipe, **{field: changed}).digest != recipe.digest


def test_a_budget_of_chip_views_becomes_whole_epochs():
    recipe = TrainingRecipe(max_epochs=10, max_chip_views=1000)
    assert recipe.epochs_for(300) == 3
    assert recipe.epochs_for(10) == 10
    assert recipe.epochs_for(5000) == 1


def test_a_recipe_without_epochs_is_refused():
    with pytest.raises(ValueError, match="max_epochs"):
        TrainingRecipe(max_epochs=0)


@pytest.mark.parametrize("field", ["calibration", "class_weights", "trainable"])
def test_an_unknown_choice_is_refused_with_those_that_there_are(field):
    with pytest.raises(ValueError, match=rf"{field} 'isotonic' is unknown; known: \w+, "):
        TrainingRecipe(**{field: "isotonic"})


def test_few_labels_get_a_network_of_pixels_and_a_budget_of_steps():
    few = TrainingRecipe(seed=7).for_labels(FEW_LABELLED_PIXELS - 1)
    assert (few.architecture, few.seed) == ("Pixelwise", 7)
    assert few.epochs_for(200) * 200 / few.batch_size == pytest.approx(1000, rel=0.05)
    assert few.epochs_for(3000) * 3000 / few.batch_size < 1000


@pytest.mark.parametrize("pixels", [FEW_LABELLED_PIXELS, None])
def test_many_labels_or_unknown_ones_get_the_u_net(pixels):
    recipe = TrainingRecipe(learning_rate=0.002)
    assert recipe.for_labels(pixels) == dataclasses.replace(recipe, architecture="Unet")


def test_what_a_project_sets_is_not_chosen_for_it():
    assert TrainingRecipe(architecture="FPN").for_labels(10).architecture == "FPN"
    assert TrainingRecipe(encoder="resnet34").for_labels(10).architecture == "Unet"
    assert TrainingRecipe(start_from="w.safetensors").for_labels(10).architecture == "Unet"
    assert TrainingRecipe(max_chip_views=160).for_labels(10).max_chip_views == 160
