"""Several processes train one model."""

import dataclasses
import json
import os

import numpy as np
import pytest
import torch

from lulc_assets.core.errors import InvalidProject, TrainingFailed
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.training import fitting, ranks
from lulc_assets.core.training.dataset import ChipBatches, select_chips
from lulc_assets.core.training.devices import TrainingDevices
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips
from lulc_assets_tests.core.training.test_resume import Killed
from lulc_assets_tests.core.training.test_train import train

pytestmark = pytest.mark.loopback

TWO = TrainingDevices(2, "cpu")
THREE_EPOCHS = dataclasses.replace(TINY, max_epochs=3, plateau_patience=0, batch_size=3)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_out_every_batch_of_one(world):
    selection = select_chips([two_class_chips()], "train")  # eight chips: 3, 3 and 2
    whole = list(ChipBatches(selection, 3, augment=True))
    shares = [list(ChipBatches(selection, 3, augment=True, shard=(r, world))) for r in range(world)]
    assert {len(share) for share in shares} == {len(whole)}
    for number, (images, codes) in enumerate(whole):
        parts = [share[number] for share in shares]
        for at in range(len(images)):
            rank, place = at % world, at // world
            assert torch.equal(parts[rank][0][place], images[at])
            assert torch.equal(parts[rank][1][place], codes[at])
        labelled = sum(int((part[1] > 0).sum()) for part in parts)
        assert labelled == int((codes > 0).sum())  # what fills up a last batch has no label


def test_ddp_on_one_device_trains_what_one_device_trains(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)  # Lightning would set threads by itself
    chips = two_class_chips()
    alone = train([chips], tmp_path / "alone", THREE_EPOCHS)
    ddp = train([chips], tmp_path / "ddp", THREE_EPOCHS, devices=TrainingDevices(1, "cpu", "ddp"))
    for one, other in zip(alone.history, ddp.history, strict=True):
        assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other), rel=1e-4)
    assert "OMP_NUM_THREADS" not in os.environ
    assert not torch.distributed.is_initialized()


@pytest.mark.slow
def test_two_processes_train_one_model_and_go_on_after_a_kill(tmp_path):
    chips = two_class_chips(n_train=15)
    recipe = dataclasses.replace(THREE_EPOCHS, batch_size=4, max_epochs=3)

    def die(_done, _total, what):
        if "epoch 3 of" in what:
            raise Killed

    with pytest.raises(Killed):
        train(
            [chips],
            tmp_path / "x",
            recipe,
            devices=TWO,
            checkpoints=tmp_path / "kept",
            progress=die,
        )
    assert json.loads((tmp_path / "kept" / "checkpoint.json").read_bytes())["state"]["history"]
    resumed = train(
        [chips], tmp_path / "resumed", recipe, devices=TWO, checkpoints=tmp_path / "kept"
    )
    whole = train([chips], tmp_path / "whole", recipe, devices=TWO)
    assert resumed.weights.read_bytes() == whole.weights.read_bytes()
    assert resumed.history == whole.history
    assert whole.card.devices == 2
    assert evaluate_model(whole, [chips]).overall > 0.9
    # Shared batches make the same number of steps and nearly the same loss.
    alone = train([chips], tmp_path / "alone", recipe)
    assert len(alone.history) == len(whole.history)
    assert whole.history[0].train_loss == pytest.approx(alone.history[0].train_loss, rel=0.3)
    assert "MASTER_PORT" not in os.environ


@pytest.mark.slow
def test_a_loss_that_is_not_finite_ends_all_processes(tmp_path):
    recipe = dataclasses.replace(TINY, learning_rate=1e30, max_epochs=3)
    with pytest.raises(TrainingFailed, match=r"epoch 1, batch \d"):
        train([two_class_chips()], tmp_path, recipe, devices=TWO)
    assert not torch.distributed.is_initialized()


def test_a_process_that_cannot_start_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(ranks, "_MODULE", "no_such_module")
    with pytest.raises(TrainingFailed, match=r"process 1 .*No module named no_such_module"):
        train([two_class_chips()], tmp_path, TINY, devices=TWO)


def test_more_gpus_than_there_are_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InvalidProject, match=r"devices = 4, but this machine has 1 GPU"):
        fitting.device_for(TrainingDevices(4))
    assert fitting.device_for(TrainingDevices(1)) == "cuda"


def test_a_gpu_that_is_asked_for_and_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidProject, match="sees no GPU"):
        fitting.device_for(TrainingDevices(1, "gpu"))
    assert fitting.device_for(TrainingDevices(2)) == "cpu"


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"count": 0}, "devices"), ({"accelerator": "tpu"}, "tpu"), ({"strategy": "fsdp"}, "fsdp")],
)
def test_devices_that_cannot_be_are_refused(changes, named):
    with pytest.raises(ValueError, match=named):
        TrainingDevices(**changes)


def test_a_share_keeps_the_order_of_the_seed():
    selection = select_chips([two_class_chips()], "train")
    one, other = (
        [codes.numpy() for _, codes in ChipBatches(selection, 4, augment=True, shard=(1, 2))]
        for _ in range(2)
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
