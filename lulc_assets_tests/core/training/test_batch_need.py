"""Networks that normalise over a batch, or that halve small chips too often."""

import dataclasses

import pytest
import torch

from lulc_assets.core.errors import TrainingFailed
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.network import Normalisation, build_network
from lulc_assets.core.training.batch_need import least_batch
from lulc_assets.core.training.devices import TrainingDevices
from lulc_assets.core.training.tasks import SEGMENTATION
from lulc_assets.core.training.train import train_model
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips

DEEPLAB = dataclasses.replace(TINY, architecture="DeepLabV3Plus", encoder_depth=4)
PAN = dataclasses.replace(TINY, architecture="PAN", encoder_depth=5)


def train(recipe, tmp_path, n_train=9, size_px=64, **more):
    return train_model(
        [two_class_chips(n_train=n_train, size_px=size_px)], recipe, KARRA_10, level="L2A",
        gsd_m=10.0, inputs={}, out_dir=tmp_path, **more,
    )  # fmt: skip


def test_a_last_batch_of_one_is_shared_out_where_the_network_pools_the_whole_chip(tmp_path):
    assert len(train(DEEPLAB, tmp_path).history) == 1


def test_batches_of_one_are_refused_by_name_before_the_first(tmp_path):
    told = []
    recipe = dataclasses.replace(DEEPLAB, batch_size=1)
    with pytest.raises(TrainingFailed, match=r"DeepLabV3Plus .* batch_size to 2 at least"):
        train(recipe, tmp_path, progress=lambda *said: told.append(said))
    assert told == []
    devices = TrainingDevices(count=4, accelerator="cpu")
    with pytest.raises(TrainingFailed, match=r"each of 4 device\(s\): .* batch_size to 8"):
        train(DEEPLAB, tmp_path, devices=devices)


def test_a_single_chip_is_refused_where_two_are_needed(tmp_path):
    with pytest.raises(TrainingFailed, match="needs 2 training chips and has 1"):
        train(DEEPLAB, tmp_path, n_train=1)


def test_chips_that_are_too_small_for_an_architecture_are_refused_with_the_size_that_fits(tmp_path):
    with pytest.raises(TrainingFailed, match=r"PAN .* chips of 64 px .*size_px = (128|256)"):
        train(PAN, tmp_path)


def test_a_u_net_takes_single_chips_and_looking_changes_nothing():
    torch.manual_seed(0)
    network = build_network(
        SEGMENTATION.network(TINY, KARRA_10, 6), Normalisation((0.0,) * 6, (1.0,) * 6)
    )
    before, random = network.state_dict(), torch.get_rng_state()
    before = {name: value.clone() for name, value in before.items()}
    assert least_batch(network, "Unet", 6, 32) == 1
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
