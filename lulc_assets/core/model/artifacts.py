"""Weights and records on disk: written canonically, verified before they are used.

What belongs here: safetensors files, JSON records, digests, the legend's spelling in a
record. What does not: what a card or a bundle says.

Weights are safetensors, never pickle: loading one cannot run code.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import safetensors
import safetensors.torch
import torch
from pydantic import PlainSerializer, PlainValidator
from torch import nn

from lulc_assets.core.errors import BundleError
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LegendClass, default_role
from lulc_assets.core.model.network import (
    LandCoverNetwork,
    NetworkSpec,
    Normalisation,
    build_network,
)
from lulc_assets.core.store.typed import read_typed

WEIGHTS_FILE = "weights.safetensors"
R = TypeVar("R")


@dataclass(frozen=True)
class RecordedFile:
    """A file as the record beside it knows it: name, SHA-256, size in bytes."""

    file: str
    sha256: str
    bytes: int


def readable_json(data: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON for people, indented, with sorted keys and no NaN: equal content, equal bytes.

    Bundles and cards are written so; records of the store are packed (``canonical_json`` there).
    """
    text = json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_weights(module: nn.Module, path: Path) -> RecordedFile:
    """Write a module's tensors as safetensors."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in sorted(module.state_dict().items())}
    return write_recorded(path, safetensors.torch.save(tensors))


def write_recorded(path: Path, content: bytes) -> RecordedFile:
    """Write a file; returns what a record says of it."""
    path.write_bytes(content)
    return _recorded(path.name, content)


def _recorded(name: str, content: bytes) -> RecordedFile:
    return RecordedFile(name, sha256_of(content), len(content))


def read_record_file(kind: type[R], path: Path, what: str) -> R:
    """Read a JSON file as a dataclass.

    Args:
        kind: the dataclass.
        path: of the file.
        what: for messages.

    Raises:
        BundleError: the file is missing or does not parse, or a field is missing or has another
            type; the message names it.
    """
    return record_of(kind, read_json_object(path, what), f"{what}: {path}")


def record_of(kind: type[R], content: Mapping[str, Any], where: str) -> R:
    """A parsed JSON object as a dataclass, see :func:`read_record_file`."""
    try:
        return read_typed(kind, json.dumps(content).encode())
    except ValueError as error:
        raise BundleError(f"{where}: {error}; train or copy the model again") from error


def read_json_object(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        BundleError: the file is missing or is not a JSON object.
    """
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BundleError(f"{what}: {path} is missing") from None
    except ValueError as error:
        raise BundleError(f"{what}: {path} does not parse as JSON: {error}") from error
    if not isinstance(record, dict):
        raise BundleError(f"{what}: {path} is not a JSON object")
    return record


def read_verified_weights(directory: Path, recorded: RecordedFile) -> bytes:
    """The content of a weights file, see :func:`read_verified`."""
    return read_verified(directory, recorded, WEIGHTS_FILE, "weights")


def read_verified(directory: Path, recorded: RecordedFile, name: str, what: str) -> bytes:
    """Read a file and compare it with its record, before anything parses it.

    Args:
        directory: holds the file.
        recorded: what the record says.
        name: the only name that the record may give.
        what: for messages.

    Raises:
        BundleError: missing, of another size or digest, or of another name.
    """
    if recorded.file != name:
        raise BundleError(f"{what} must be a file {name!r}, the record names {recorded.file!r}")
    path = directory / name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"{what}: {path} is missing") from None
    if len(content) != recorded.bytes or sha256_of(content) != recorded.sha256:
        raise BundleError(
            f"{what}: {path} is not that of the record ({len(content)} bytes, recorded "
            f"{recorded.bytes}; or another SHA-256): truncated or tampered with; train or "
            f"copy it again"
        )
    return content


def require_normalisation(stated: Normalisation, weights: bytes) -> None:
    """Refuse a record whose normalisation is not that of its weights; builds no network.

    Raises:
        BundleError: the bytes are not a safetensors file, or the two differ.
    """
    try:
        tensors = safetensors.torch.load(weights)
        own = [tensors[name].flatten() for name in ("mean", "std", "log_offset")]
    except (KeyError, ValueError, safetensors.SafetensorError) as error:
        raise BundleError(
            f"the weights do not load with the record's normalisation: {error!r}"
        ) from error
    expected = (stated.mean, stated.std, (stated.log_offset,))
    if not all(torch.equal(a, torch.tensor(b)) for a, b in zip(own, expected, strict=True)):
        raise BundleError("the weights were trained with another normalisation than the record's")


def restore_network(
    spec: NetworkSpec, normalisation: Normalisation, weights: bytes
) -> LandCoverNetwork:
    """Build the network that a card or bundle describes and load verified weights.

    Raises:
        BundleError: the bytes are not a safetensors file, or do not fit the description.
    """
    network = build_network(spec, normalisation)
    stated = network.normalisation
    try:
        network.load_state_dict(safetensors.torch.load(weights))
    except (safetensors.SafetensorError, RuntimeError, ValueError) as error:
        raise BundleError(f"the weights do not load into the described network: {error}") from error
    if network.normalisation != stated:
        raise BundleError("the weights were trained with another normalisation than the record's")
    return network.eval()


def legend_to_dict(legend: Legend) -> dict[str, Any]:
    """A legend with its digest, plain JSON types; what a class does not have is left out."""
    return {
        "name": legend.name,
        "digest": legend.digest,
        "classes": [_class_to_dict(c) for c in legend.classes],
        **({"groups": [_class_to_dict(g) for g in legend.groups]} if legend.groups else {}),
    }


def _class_to_dict(each: LegendClass) -> dict[str, Any]:
    optional = {"parent": each.parent, "source": each.source}
    if each.role != default_role(each.name):
        optional["role"] = each.role
    shown = {"code": each.code, "name": each.name, "title": each.title, "color": each.color}
    return shown | {key: value for key, value in optional.items() if value}


def _class_from_dict(data: Mapping[str, Any]) -> LegendClass:
    return LegendClass(**{"role": default_role(data["name"]), **data})


def legend_from_dict(data: Mapping[str, Any]) -> Legend:
    """Rebuild a legend.

    Raises:
        BundleError: the classes do not have the recorded digest.
    """
    try:
        classes, groups = (
            tuple(_class_from_dict(c) for c in part)
            for part in (data["classes"], data.get("groups", ()))
        )
        legend = Legend(data["name"], classes, groups)
        recorded = data["digest"]
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the record does not hold a legend: {error!r}") from error
    if legend.digest != recorded:
        raise BundleError(f"legend {legend.name}: its classes do not have the recorded digest")
    return legend


RecordedLegend = Annotated[
    Legend, PlainValidator(legend_from_dict), PlainSerializer(legend_to_dict)
]
"""A legend as records spell it."""
