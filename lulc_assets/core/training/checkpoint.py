"""Checkpoints of a training: tensors and plain numbers on disk, verified before they load.

What belongs here: the two files of a checkpoint, their writing and reading. What does not:
what is in them (``resume.py``).

A checkpoint is a safetensors file and ``checkpoint.json``, which names it with its SHA-256
and the identity of the training. The second is replaced last: a kill in between leaves the
checkpoint before. Nothing is unpickled, ever: loading one cannot run code.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from lulc_assets.core.errors import CheckpointRefused
from lulc_assets.core.whole_files import whole_file

POINTER = "checkpoint.json"
FORMAT = "lulc-training-checkpoint"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training between two epochs.

    Attributes:
        tensors: name → tensor, on the CPU.
        state: plain JSON types; infinite numbers are allowed.
    """

    tensors: Mapping[str, torch.Tensor]
    state: Mapping[str, Any]


def write_checkpoint(folder: Path, checkpoint: Checkpoint, identity: str) -> None:
    """Replace the checkpoint of a folder; a reader sees the old one or the new one, whole.

    Args:
        folder: created if need be; nothing else belongs there.
        checkpoint: what to keep.
        identity: digest of everything that decides the training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.torch.save({k: v.contiguous() for k, v in checkpoint.tensors.items()})
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"state-{sha256[:16]}.safetensors"
    pointer = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "identity": identity,
        "file": name,
        "sha256": sha256,
        "state": dict(checkpoint.state),
    }
    text = json.dumps(pointer, sort_keys=True)
    pointer["state_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    _put(folder / name, content)
    _put(folder / POINTER, json.dumps(pointer, sort_keys=True).encode())
    # Of writers that were killed, too: one training at a time writes here.
    for old in (*folder.glob("state-*"), *folder.glob(".*.part*")):
        if old.name != name:
            old.unlink(missing_ok=True)


def read_checkpoint(folder: Path, identity: str) -> Checkpoint | None:
    """The checkpoint of a folder, or None where there is none.

    Raises:
        CheckpointRefused: it is truncated, tampered with, no safetensors file, of another
            training or of an unknown format.
    """
    path = folder / POINTER
    if not path.is_file():
        return None
    pointer = _read_pointer(path, identity)
    name = str(pointer["file"])
    if Path(name).name != name:
        raise CheckpointRefused(f"{path} names a file outside its folder: {name!r}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise CheckpointRefused(f"{folder / name} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != pointer["sha256"]:
        raise CheckpointRefused(
            f"{folder / name} does not have the recorded SHA-256: truncated or tampered with"
        )
    try:
        tensors = safetensors.torch.load(content)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise CheckpointRefused(f"{folder / name} is not a safetensors file: {error}") from error
    return Checkpoint(tensors, pointer["state"])


def _read_pointer(path: Path, identity: str) -> dict[str, Any]:
    try:
        pointer = json.loads(path.read_bytes())
        stated = pointer.pop("state_sha256")
        found = hashlib.sha256(json.dumps(pointer, sort_keys=True).encode()).hexdigest()
        kind = (pointer["format"], pointer["format_version"])
        own, _ = pointer["identity"], (pointer["file"], pointer["sha256"], pointer["state"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointRefused(f"{path} is not a record of a checkpoint: {error!r}") from error
    if kind != (FORMAT, FORMAT_VERSION):
        raise CheckpointRefused(f"{path} is {kind}, this package reads {(FORMAT, FORMAT_VERSION)}")
    if found != stated:
        raise CheckpointRefused(
            f"{path} does not have the recorded SHA-256: truncated or tampered with"
        )
    if own != identity:
        raise CheckpointRefused(f"{path} is of another training ({own[:12]}, not {identity[:12]})")
    return dict(pointer)


def _put(path: Path, content: bytes) -> None:
    with whole_file(path) as part:
        part.write_bytes(content)
