"""Weights that a training starts from: of an encoder, or of a whole earlier model.

What belongs here: finding, checking and loading them, and which layers then learn. What does
not: weights that a training ends with (``artifacts.py``).

A local file is safetensors; pickled weights (``.pth``) are refused, since loading them can run
code. ``safetensors.torch.save_file(torch.load(path, weights_only=True), target)`` converts.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import segmentation_models_pytorch as smp
import torch
from torch import nn

from lulc_assets.core.errors import PretrainedUnavailable
from lulc_assets.core.model.network import LandCoverNetwork, NetworkSpec
from lulc_assets.core.training.recipe import TrainingRecipe

_SUFFIX = ".safetensors"
_FROM = {"all": 0, "decoder": 1, "head": 2}


def local_files(recipe: TrainingRecipe, folder: Path) -> dict[str, Path]:
    """Files that a recipe names: ``encoder_weights`` and ``start_from``, where they are files.

    Args:
        recipe: names them relative to ``folder``; a hub's name is not a file.
        folder: usually of the project file.
    """
    named = {"encoder_weights": recipe.encoder_weights, "start_from": recipe.start_from}
    return {
        what: folder / name
        for what, name in named.items()
        if name and (what == "start_from" or "/" in name or Path(name).suffix)
    }


def digest_files(files: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of each file, for the card and for identities.

    Raises:
        PretrainedUnavailable: a file cannot be read.
    """
    return {what: hashlib.sha256(_read(path)).hexdigest() for what, path in files.items()}


def load_pretrained(
    network: LandCoverNetwork, spec: NetworkSpec, recipe: TrainingRecipe, folder: Path
) -> None:
    """Load what the recipe starts from into a fresh network.

    The bands of an encoder's file may be another number than the network's (photographs have
    three): its first layer is then repeated, or cut to the first bands, and scaled.

    Raises:
        PretrainedUnavailable: a file is missing, is not a safetensors file or does not fit; or
            the hub cannot be reached or does not know the name.
    """
    files = local_files(recipe, folder)
    if recipe.encoder_weights:
        encoder, path = network.parts[0], files.get("encoder_weights")
        first_layer = next(n for n, m in encoder.named_modules() if isinstance(m, nn.Conv2d))
        state = (
            _from_hub(spec, recipe.encoder_weights)
            if path is None
            else _adapted(_tensors(path), spec.in_channels, first_layer, path)
        )
        own = encoder.state_dict()
        _load(encoder, {k: v for k, v in state.items() if k in own}, str(path or "encoder"))
    if recipe.start_from:
        _start_from(network, spec, files["start_from"])


def _start_from(network: LandCoverNetwork, spec: NetworkSpec, path: Path) -> None:
    """Load an earlier model; of one for another task its encoder only.

    Map and patch classifiers of one encoder differ behind it. Stages that one of the two never
    runs are left out (a U-Net of depth 4 has no last stage, which then begins afresh).
    """
    tensors = _tensors(path)
    head = "model.classification_head."
    of_patches = any(name.startswith(head) for name in tensors)
    if of_patches != (getattr(network.model, "classification_head", None) is not None):
        _load_shared(network.parts[0], _encoder_of(tensors), spec, path)
        return
    statistics = network.mean.clone(), network.std.clone()
    _load(network, tensors, str(path))
    # Layers were trained behind the former normalisation; the new one is all but equal.
    network.mean.copy_(statistics[0])
    network.std.copy_(statistics[1])


def _load_shared(
    encoder: nn.Module, given: dict[str, torch.Tensor], spec: NetworkSpec, path: Path
) -> None:
    first = next(n for n, m in encoder.named_modules() if isinstance(m, nn.Conv2d))
    own = encoder.state_dict()
    if f"{first}.weight" not in given or given[f"{first}.weight"].shape[1] != spec.in_channels:
        raise PretrainedUnavailable(
            f"{path} is not a model with encoder {spec.encoder} of {spec.in_channels} bands; "
            "train one on the same bands, or give encoder_weights"
        )
    _load(encoder, own | {k: v for k, v in given.items() if k in own}, str(path))


def _encoder_of(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    start = "model.encoder."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def freeze(network: LandCoverNetwork, trainable: str) -> list[nn.Module]:
    """Exclude the first parts of a network from learning; returns them.

    Args:
        network: changed in place.
        trainable: ``all``, ``decoder`` (and head) or ``head``.
    """
    frozen = list(network.parts[: _FROM[trainable]])
    for part in frozen:
        part.requires_grad_(False)
    return frozen


def _from_hub(spec: NetworkSpec, name: str) -> Mapping[str, torch.Tensor]:
    try:
        encoder = smp.encoders.get_encoder(
            spec.encoder, in_channels=spec.in_channels, depth=spec.encoder_depth, weights=name
        )
    except Exception as error:  # hubs, their clients and timm share no base class
        raise PretrainedUnavailable(
            f"weights {name!r} of encoder {spec.encoder} are not available: {error}. Without "
            "network give the path of a safetensors file, or train without encoder_weights"
        ) from error
    return encoder.state_dict()


def _adapted(
    tensors: dict[str, torch.Tensor], bands: int, first_layer: str, path: Path
) -> Mapping[str, torch.Tensor]:
    """An encoder's tensors for a number of bands.

    The library itself does this to its own weights, which are of three bands, and to no others.
    """
    name = f"{first_layer}.weight"
    first = tensors.get(name)
    if first is None:
        raise PretrainedUnavailable(f"{path} has no {first_layer}: not weights of this encoder")
    given = int(first.shape[1])
    if given == bands:
        return tensors
    repeated = first[:, [band % given for band in range(bands)]] * (given / bands)
    return {**tensors, name: first.sum(1, keepdim=True) if bands == 1 else repeated}


def _load(module: nn.Module, tensors: Mapping[str, torch.Tensor], what: str) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise PretrainedUnavailable(f"{what}: weights do not fit the network: {error}") from error


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix != _SUFFIX:
        raise PretrainedUnavailable(f"{path} is not a {_SUFFIX} file; pickled weights can run code")
    try:
        return dict(safetensors.torch.load(_read(path)))
    except (safetensors.SafetensorError, ValueError) as error:
        raise PretrainedUnavailable(f"{path} is not a safetensors file: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PretrainedUnavailable(f"{path} cannot be read: {error.strerror}") from error
