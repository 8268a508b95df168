import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from lulc_assets.core.chips.account import ClassAccount, LabelAccount
from lulc_assets.core.errors import NoTrainingChips, TrainingFailed, UnknownClass
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.train import train_model
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips


def train(chip_sets, out_dir, recipe=TINY, **options):
    return train_model(
        chip_sets, recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=out_dir, **options
    )


def test_a_separable_problem_is_learnt(tmp_path):
    chips = two_class_chips(n_train=16)
    model = train([chips], tmp_path, dataclasses.replace(TINY, max_epochs=3))
    assert evaluate_model(model, [chips]).overall > 0.95
    assert model.history[-1].val_loss < model.history[0].train_loss


def test_the_card_says_what_was_trained_from_what(trained):
    card = trained.card
    chosen = dataclasses.replace(TINY, architecture="Unet")  # of "auto", by the labels there are
    assert card.recipe == chosen.to_dict()
    assert card.recipe_digest == chosen.digest
    assert card.legend.digest == KARRA_10.digest
    assert (card.level, card.gsd_m) == ("L2A", 10.0)
    assert card.bands == ("red", "green", "blue", "nir", "swir1", "swir2")
    assert card.chips == {"train": 8, "val": 2, "gold": 2}
    assert card.inputs == {"chips": "abc"}
    assert card.history == trained.history
    assert card.best_epoch == 1
    assert card.weights.bytes == trained.weights.stat().st_size


def test_classes_without_pixels_are_named_and_their_weight_is_finite(trained):
    card = trained.card
    assert len(card.warnings) == 8
    assert "trees" in card.warnings[0]
    assert card.class_weights["trees"] == pytest.approx(1 / np.log(1.02))


def test_a_class_that_cannot_be_learnt_does_not_choose_the_epoch(tmp_path):
    whole, foreign = two_class_chips(), two_class_chips()
    recipe = dataclasses.replace(TINY, max_epochs=2)
    val = (foreign.index["split"] == "val").to_numpy()
    whole.masks[val, :8] = 0
    foreign.masks[val, :8] = 7  # a class that no training chip has, over a quarter of the ground
    histories = [
        train([chips], tmp_path / name, recipe).history
        for name, chips in (("whole", whole), ("foreign", foreign))
    ]
    losses = [[row.val_loss for row in history] for history in histories]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert histories[1][-1].val_accuracy < histories[0][-1].val_accuracy  # it still counts


def test_training_and_validation_without_a_common_class_are_refused(tmp_path):
    chips = two_class_chips()
    chips.masks[(chips.index["split"] == "val").to_numpy()] = 7
    with pytest.raises(NoTrainingChips, match="no class has labelled pixels in chips for training"):
        train([chips], tmp_path)


def test_the_card_has_the_same_bytes_whenever_it_is_written(trained):
    content = (trained.folder / "card.json").read_bytes()
    again = json.dumps(json.loads(content), sort_keys=True, indent=2, ensure_ascii=False)
    assert content.decode() == again + "\n"


def test_data_of_one_class_train_a_model_that_says_so(tmp_path):
    chips = two_class_chips()
    chips.masks[chips.masks == 8] = 0
    model = train([chips], tmp_path)
    card = model.card
    assert len(card.warnings) == 9
    assert evaluate_model(model, [chips]).overall == 1.0
    assert model.calibration.temperature == pytest.approx(1.0, abs=0.2)


SCRIPT = """
import sys
from pathlib import Path
from lulc_assets_tests.core.training.test_train import train
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips
train([two_class_chips()], Path(sys.argv[1]))
"""


def test_two_processes_train_the_same_bytes(trained, chips, tmp_path):
    subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], check=True, timeout=120)
    assert (tmp_path / "weights.safetensors").read_bytes() == trained.weights.read_bytes()
    other = json.loads((tmp_path / "card.json").read_bytes())
    own = json.loads((trained.folder / "card.json").read_bytes())
    assert {**other, "inputs": {"chips": "abc"}} == own


def test_bfloat16_on_two_threads_trains_the_same_bytes_again(chips, tmp_path):
    recipe = dataclasses.replace(TINY, precision="bf16-mixed", threads=2)
    runs = [train([chips], tmp_path / str(i), recipe) for i in range(2)]
    assert runs[0].weights.read_bytes() == runs[1].weights.read_bytes()
    assert runs[0].card.to_bytes() == runs[1].card.to_bytes()


def test_another_seed_trains_other_weights(trained, chips, tmp_path):
    model = train([chips], tmp_path, dataclasses.replace(TINY, seed=1))
    assert model.weights.read_bytes() != trained.weights.read_bytes()


def test_training_leaves_the_process_as_it_was(chips, tmp_path):
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    train([chips], tmp_path)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    files = ["applicability.safetensors", "card.json", "weights.safetensors"]
    assert sorted(p.name for p in tmp_path.iterdir()) == files


def test_the_weights_kept_are_those_of_the_best_epoch(chips, tmp_path):
    # A rate that grows the loss again after the first epoch.
    recipe = dataclasses.replace(TINY, max_epochs=3, learning_rate=0.3, plateau_patience=9)
    model = train([chips], tmp_path, recipe)
    losses = [row.val_loss for row in model.history]
    best = int(np.argmin(losses))
    assert model.card.best_epoch == best + 1
    expected = model.history[best].val_accuracy
    assert evaluate_model(model, [chips], "val").overall == pytest.approx(expected, abs=0.02)


def test_the_rate_falls_on_a_plateau_and_training_stops_early(tmp_path):
    chips = two_class_chips()
    chips.masks[:] = np.random.default_rng(0).integers(1, 11, chips.masks.shape)  # unlearnable
    recipe = dataclasses.replace(
        TINY, max_epochs=30, plateau_patience=0, early_stop_patience=3, cooldown_epochs=0
    )
    history = train([chips], tmp_path, recipe).history
    assert 1 < len(history) < 30
    assert history[-1].learning_rate <= TINY.learning_rate * recipe.plateau_factor


def test_the_last_epochs_run_at_the_smaller_rate_even_without_a_plateau(chips, tmp_path):
    recipe = dataclasses.replace(TINY, max_epochs=3, cooldown_epochs=2, plateau_patience=9)
    history = train([chips], tmp_path, recipe).history
    assert [row.learning_rate for row in history] == pytest.approx([5e-3, 5e-4, 5e-4])


def test_progress_ends_at_its_total(chips, tmp_path):
    told = []
    train([chips], tmp_path, progress=lambda done, total, what: told.append((done, total, what)))
    assert told[0][:2] == (1, 2)
    assert told[-1][:2] == (2, 2)
    assert "epoch 1" in told[0][2]


def test_a_loss_that_is_not_finite_names_epoch_and_batch(chips, tmp_path):
    recipe = dataclasses.replace(TINY, learning_rate=1e30, max_epochs=3)
    with pytest.raises(TrainingFailed, match=r"epoch 1, batch \d"):
        train([chips], tmp_path, recipe)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("split", ["train", "val"])
def test_no_chips_to_train_or_validate_on_is_said(split, tmp_path):
    chips = two_class_chips()
    chips.masks[(chips.index["split"] == split).to_numpy()] = 0
    with pytest.raises(NoTrainingChips, match=split):
        train([chips], tmp_path)


def test_gold_chips_never_train(chips, trained, tmp_path):
    changed = two_class_chips()
    gold = (changed.index["split"] == "gold").to_numpy()
    changed.images[gold] = 9999
    assert train([changed], tmp_path).weights.read_bytes() == trained.weights.read_bytes()


def test_foreign_codes_are_refused(tmp_path):
    chips = two_class_chips()
    chips.masks[0, 0, 0] = 77
    with pytest.raises(UnknownClass, match="77"):
        train([chips], tmp_path)


@pytest.mark.parametrize("size_px", [36, 8])
def test_chips_that_do_not_fit_the_network_are_refused(size_px, tmp_path):
    with pytest.raises(TrainingFailed, match=r"multiple of 8 px and at least 16 px"):
        train([two_class_chips(size_px=size_px)], tmp_path)


def test_chips_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(TrainingFailed, match="one size"):
        train([two_class_chips(size_px=32), two_class_chips(size_px=64)], tmp_path)


def test_bf16_trains_too(chips, tmp_path):
    model = train([chips], tmp_path, dataclasses.replace(TINY, precision="bf16-mixed"))
    assert model.card.precision == "bf16-mixed"
    assert np.isfinite(model.history[0].val_loss)


@pytest.mark.parametrize(("pixels", "chosen"), [(900, "Pixelwise"), (90_000, "Unet")])
def test_the_network_is_chosen_by_the_ground_that_is_labelled(tmp_path, pixels, chosen):
    rows = tuple(
        ClassAccount(code, name, "train", pixels, 0, {"train": pixels, "val": pixels}, pixels)
        for code, name in ((1, "water"), (8, "bare_ground"))
    )
    gold = ClassAccount(1, "water", "gold", 90, 0, {"gold": 90})
    chips = dataclasses.replace(two_class_chips(n_train=4), account=LabelAccount((*rows, gold)))
    recipe = TrainingRecipe(max_chip_views=8, threads=1)
    model = train_model(
        [chips], recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=tmp_path
    )
    assert model.card.network.architecture == chosen
    assert model.card.recipe["architecture"] == chosen
    assert model.network().eval()(torch.zeros(1, 6, 32, 32)).shape == (1, 10, 32, 32)
