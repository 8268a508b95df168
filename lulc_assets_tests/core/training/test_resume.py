"""A training that is killed goes on as if nothing had happened; a bad checkpoint does not."""

import dataclasses
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from lulc_assets.core.errors import CheckpointRefused, TrainingFailed
from lulc_assets.core.model.card import ModelCard
from lulc_assets.core.training import tasks
from lulc_assets.core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from lulc_assets.core.whole_files import name_part
from lulc_assets_tests.core.model.test_bundle import Exploding
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips
from lulc_assets_tests.core.training.test_train import train

# The rate falls and the best epoch is not the last, so that all state matters.
FOUR = dataclasses.replace(
    TINY, max_epochs=4, learning_rate=0.02, plateau_patience=0, cooldown_epochs=1, batch_size=2
)


class Killed(Exception):
    pass


def killed_after(epochs: int):
    """Progress that ends a training in the middle of the next epoch."""

    def progress(done: int, total: int, what: str) -> None:
        if f"epoch {epochs + 1} of" in what and done % 4 == 2:
            raise Killed

    return progress


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train([two_class_chips()], tmp_path_factory.mktemp("whole"), FOUR)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Folder with the checkpoint of a training that was killed in its third epoch."""
    folder = tmp_path_factory.mktemp("interrupted") / "checkpoint"
    with pytest.raises(Killed):
        train(
            [two_class_chips()], folder.parent / "out", FOUR,
            checkpoints=folder, progress=killed_after(2),
        )  # fmt: skip
    return folder


@pytest.fixture
def folder(interrupted, tmp_path):
    copy = tmp_path / "checkpoint"
    copy.mkdir()
    for path in interrupted.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def epochs_run(folder: Path, out: Path):
    """Train on, and tell which epochs were really run."""
    seen: list[str] = []
    model = train(
        [two_class_chips()], out, FOUR, checkpoints=folder,
        progress=lambda _d, _t, what: seen.append(what),
    )  # fmt: skip
    return model, sorted({what.split()[2] for what in seen if what.startswith("training, epoch")})


def same(one, other) -> bool:
    return (
        one.weights.read_bytes() == other.weights.read_bytes()
        and one.card.to_bytes() == other.card.to_bytes()
    )


def test_a_resumed_training_ends_with_the_same_bytes(whole, folder, tmp_path):
    model, epochs = epochs_run(folder, tmp_path / "out")
    assert epochs == ["3", "4"]
    assert same(model, whole)
    assert not folder.exists()


@pytest.mark.parametrize("after", [1, 3])
def test_wherever_it_was_killed(whole, tmp_path, after):
    folder = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        train([two_class_chips()], tmp_path, FOUR, checkpoints=folder, progress=killed_after(after))
    assert same(epochs_run(folder, tmp_path / "out")[0], whole)


def test_bfloat16_on_two_threads_is_resumed_bit_for_bit_too(tmp_path):
    recipe = dataclasses.replace(FOUR, precision="bf16-mixed", threads=2, max_epochs=2)
    chips = [two_class_chips()]
    with pytest.raises(Killed):
        train(chips, tmp_path, recipe, checkpoints=tmp_path / "c", progress=killed_after(1))
    resumed = train(chips, tmp_path / "out", recipe, checkpoints=tmp_path / "c")
    assert same(resumed, train(chips, tmp_path / "whole", recipe))


def test_early_stopping_counts_on_after_a_kill(tmp_path):
    chips = two_class_chips()
    chips.masks[:] = torch.randint(1, 11, chips.masks.shape).numpy()  # unlearnable
    recipe = dataclasses.replace(TINY, max_epochs=30, plateau_patience=0, early_stop_patience=3)
    whole = train([chips], tmp_path / "whole", recipe)
    with pytest.raises(Killed):
        killed = killed_after(len(whole.history) - 1)

        def progress(done: int, total: int, what: str) -> None:
            killed(2, total, what)

        train([chips], tmp_path, recipe, checkpoints=tmp_path / "c", progress=progress)
    again = train([chips], tmp_path / "out", recipe, checkpoints=tmp_path / "c")
    assert again.history == whole.history


SCRIPT = """
import sys
from pathlib import Path
from lulc_assets_tests.core.training.test_resume import FOUR
from lulc_assets_tests.core.training.test_train import train
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips
out = Path(sys.argv[1])
train([two_class_chips()], out / "out", FOUR, checkpoints=out / "c",
      progress=lambda done, total, what: print(what, flush=True))
"""


def test_kill_9_and_the_same_call_again(whole, tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "epoch 2" not in process.stdout.readline():
        assert process.poll() is None
    deadline = time.monotonic() + 60
    while not (tmp_path / "c" / "checkpoint.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    again = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert "epoch 1 of" not in again.stdout
    assert ModelCard.read(tmp_path / "out" / "card.json").history == whole.history
    weights = (tmp_path / "out" / "weights.safetensors").read_bytes()
    assert weights == whole.weights.read_bytes()


def damage(folder: Path, how: str) -> None:
    (tensors,) = folder.glob("state-*.safetensors")
    pointer = folder / "checkpoint.json"
    content = bytearray(tensors.read_bytes())
    if how == "truncated":
        tensors.write_bytes(content[:-100])
    elif how == "flipped":
        content[len(content) // 2] ^= 1
        tensors.write_bytes(content)
    elif how == "pickle":
        tensors.write_bytes(pickle.dumps(Exploding()))
    elif how == "missing":
        tensors.unlink()
    elif how == "record truncated":
        pointer.write_bytes(pointer.read_bytes()[:-30])
    elif how == "record a pickle":
        pointer.write_bytes(pickle.dumps(Exploding()))
    elif how == "history changed":
        record = json.loads(pointer.read_bytes())
        record["state"]["history"][0]["val_loss"] = 0.0
        pointer.write_text(json.dumps(record))
    elif how == "elsewhere":
        record = json.loads(pointer.read_bytes())
        pointer.write_text(json.dumps({**record, "file": "../../model.pt"}))


DAMAGES = [
    "truncated", "flipped", "pickle", "missing", "record truncated", "record a pickle",
    "history changed", "elsewhere",
]  # fmt: skip


@pytest.mark.parametrize("how", DAMAGES)
def test_a_checkpoint_that_cannot_be_trusted_is_refused_before_it_loads(folder, how):
    identity = json.loads((folder / "checkpoint.json").read_bytes())["identity"]
    assert read_checkpoint(folder, identity) is not None
    damage(folder, how)
    with pytest.raises(CheckpointRefused, match=str(folder)):
        read_checkpoint(folder, identity)


def test_a_pickle_with_a_matching_digest_is_refused_too(tmp_path, monkeypatch):
    content = pickle.dumps(Exploding())
    monkeypatch.setattr("safetensors.torch.save", lambda _tensors: content)
    write_checkpoint(tmp_path, Checkpoint({}, {}), "a")
    with pytest.raises(CheckpointRefused, match="not a safetensors file"):
        read_checkpoint(tmp_path, "a")


def test_a_checkpoint_of_another_training_is_refused(folder):
    with pytest.raises(CheckpointRefused, match="another training"):
        read_checkpoint(folder, "0" * 64)


def test_after_a_refusal_training_starts_anew_and_says_why(whole, folder, tmp_path, caplog):
    # Whatever another test's library did to the root logger of this process.
    caplog.set_level(logging.WARNING, "lulc_assets")
    damage(folder, "flipped")
    model, epochs = epochs_run(folder, tmp_path / "out")
    assert epochs == ["1", "2", "3", "4"]
    assert same(model, whole)
    assert "training starts again" in caplog.text
    assert "SHA-256" in caplog.text


def test_a_checkpoint_survives_a_kill_while_it_is_replaced(folder):
    identity = json.loads((folder / "checkpoint.json").read_bytes())["identity"]
    before = read_checkpoint(folder, identity)
    (folder / "state-0123.safetensors").write_bytes(b"half of the next one")
    name_part(folder / "checkpoint.json").write_bytes(b"{")
    after = read_checkpoint(folder, identity)
    assert before is not None
    assert after is not None
    assert after.state == before.state
    write_checkpoint(folder, after, identity)
    assert len(list(folder.iterdir())) == 2


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(tmp_path):
    chips = two_class_chips()

    with pytest.MonkeyPatch.context() as monkey, pytest.raises(TrainingFailed) as failed:

        def break_the_loss(_done: int, _total: int, what: str) -> None:
            if "epoch 2 of" in what:
                monkey.setattr(
                    tasks,
                    "weighted_loss_sums",
                    lambda *_: (torch.tensor(float("nan")), torch.ones(())),
                )

        train([chips], tmp_path, FOUR, checkpoints=tmp_path / "c", progress=break_the_loss)
    assert "epoch 2, batch 2" in str(failed.value)
    assert f"after epoch 1 is kept in {tmp_path / 'c'}" in str(failed.value)
    _, epochs = epochs_run(tmp_path / "c", tmp_path / "out")
    assert epochs == ["2", "3", "4"]
