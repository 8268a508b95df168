"""Weights to start from: files, hubs, fine-tuning."""

import dataclasses
import pickle

import pytest
import safetensors.torch
import segmentation_models_pytorch as smp
import torch

from lulc_assets.core.errors import PretrainedUnavailable
from lulc_assets.core.model.network import NetworkSpec, Normalisation, build_network
from lulc_assets.core.training.pretrained import load_pretrained
from lulc_assets_tests.core.model.test_bundle import Exploding
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips
from lulc_assets_tests.core.training.test_train import train

SPEC = NetworkSpec("Unet", "resnet18", 3, (32, 16, 8), 6, 10, 0.2)
PLAIN = Normalisation((0.1,) * 6, (0.2,) * 6)


def encoder_file(path, bands):
    torch.manual_seed(9)
    encoder = smp.encoders.get_encoder("resnet18", in_channels=bands, depth=5, weights=None)
    tensors = encoder.state_dict()
    safetensors.torch.save_file(tensors, path)
    return tensors


def loaded(folder, **recipe):
    network = build_network(SPEC, PLAIN)
    load_pretrained(network, SPEC, dataclasses.replace(TINY, **recipe), folder)
    return network


@pytest.mark.parametrize("bands", [3, 4, 6, 10])
def test_an_encoder_comes_from_a_file_whatever_its_bands(tmp_path, bands):
    tensors = encoder_file(tmp_path / "e.safetensors", bands)
    encoder = loaded(tmp_path, encoder_weights="e.safetensors").model.encoder.state_dict()
    assert torch.equal(encoder["layer1.0.conv1.weight"], tensors["layer1.0.conv1.weight"])
    first = encoder["conv1.weight"]
    # Repeated or cut to the first, and scaled so that the sum over bands stays.
    repeated = torch.cat([tensors["conv1.weight"]] * 2, 1)[:, :6] * bands / 6
    torch.testing.assert_close(first, repeated)


def test_a_pickle_is_refused_by_its_name_and_by_its_content(tmp_path):
    for name in ("e.pth", "e.safetensors"):
        (tmp_path / name).write_bytes(pickle.dumps(Exploding()))
        with pytest.raises(PretrainedUnavailable, match=name):
            loaded(tmp_path, encoder_weights=name)


def test_files_that_are_missing_or_of_another_network_are_refused(tmp_path):
    with pytest.raises(PretrainedUnavailable, match=r"weights\.safetensors cannot be read"):
        loaded(tmp_path, start_from="weights.safetensors")
    encoder_file(tmp_path / "e.safetensors", 6)
    with pytest.raises(PretrainedUnavailable, match="do not fit"):
        loaded(tmp_path, start_from="e.safetensors")


def test_a_hub_that_cannot_be_reached_says_what_to_do_instead(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for weights in ("imagenet", "no-such-weights"):
        with pytest.raises(PretrainedUnavailable, match="path of a safetensors file"):
            loaded(tmp_path, encoder_weights=weights)


@pytest.mark.parametrize(("trainable", "learns"), [("head", 1), ("decoder", 2)])
def test_fine_tuning_changes_the_last_layers_only(trained, chips, tmp_path, trainable, learns):
    recipe = dataclasses.replace(
        TINY, start_from=str(trained.weights), trainable=trainable, max_epochs=2
    )
    before, after = trained.network(), train([chips], tmp_path, recipe).network()
    parts = ("encoder", "decoder", "segmentation_head")
    for number, part in enumerate(parts):
        old, new = (getattr(n.model, part).state_dict() for n in (before, after))
        same = all(torch.equal(old[name], new[name]) for name in old)
        assert same is (number < len(parts) - learns), part


def test_a_fine_tuned_model_starts_where_the_former_ended(trained, tmp_path):
    recipe = dataclasses.replace(TINY, start_from=str(trained.weights), learning_rate=1e-9)
    model = train([two_class_chips(seed=5)], tmp_path, recipe)
    before, after = (dict(m.network().named_parameters()) for m in (trained, model))
    for name, parameter in before.items():
        torch.testing.assert_close(after[name], parameter, rtol=0, atol=1e-7)
    assert set(model.card.pretrained) == {"start_from"}
