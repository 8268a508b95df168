"""Networks: a segmentation model with its normalisation built in.

What belongs here: the description of a network and its construction. What does not:
training, weights on disk, windows.

Normalisation is part of the network (buffers), so that training and inference, and any
later export of the graph, cannot disagree about it.
"""

from dataclasses import dataclass
from typing import Any

import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.encoders.resnet import ResNetEncoder
from torch import nn

from lulc_assets.core.errors import UnknownArchitecture
from lulc_assets.core.model.patch_model import PATCH_ARCHITECTURE, PatchModel
from lulc_assets.core.model.pixelwise import PIXELWISE, PixelwiseModel

_TAKES_DECODER_CHANNELS = ("unet", "unetplusplus", "manet")


LOG_OFFSET = 0.05
"""Reflectance that is added before the logarithm. Clouds and snow are ten times brighter
than land, and their variance drowns that of land; a logarithm tames it (Brown et al. 2022,
Dynamic World, do the same). Own measurement, simulated archive, one seed, equal training:
a single date agrees with 0.762 of the truth of another tile, without the logarithm 0.688.
Below the offset, where noise and residual haze rule, the scale is nearly linear."""


@dataclass(frozen=True)
class Normalisation:
    """What the network sees of a reflectance r: (ln(r + log_offset) − mean) / std.

    Attributes:
        mean: per band, of ln(r + log_offset), in the order of the bands.
        std: per band, of the same, above 0.
        log_offset: reflectance, above 0.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    log_offset: float = LOG_OFFSET


@dataclass(frozen=True)
class NetworkSpec:
    """What must be known to build the network that weights belong to.

    Attributes:
        architecture: name in segmentation-models-pytorch, any case; or ``PatchClassifier``
            (``patch_model``).
        encoder: name of the encoder there.
        encoder_depth: how often the encoder halves the resolution.
        decoder_channels: coarse to fine, one per level; used by the U-Net family, by patch
            classifiers for layers between encoder and head, and by ``Pixelwise`` for its layers.
        in_channels: bands.
        classes: logits; class code = index + 1.
        dropout: share of channels dropped before the head while training.
    """

    architecture: str
    encoder: str
    encoder_depth: int
    decoder_channels: tuple[int, ...]
    in_channels: int
    classes: int
    dropout: float

    @property
    def task(self) -> str:
        """What the network is for: ``segmentation`` or ``patches``."""
        patches = self.architecture.lower() == PATCH_ARCHITECTURE.lower()
        return "patches" if patches else "segmentation"


class LandCoverNetwork(nn.Module):
    """Reflectance in, logits out.

    Input: float32 (n, bands, h, w), reflectance 0–1, invalid pixels 0; ``h`` and ``w``
    multiples of :attr:`stride`. Output: (n, classes, h, w), of a patch classifier
    (n, classes, 1, 1); class code = argmax + 1.
    """

    mean: torch.Tensor
    std: torch.Tensor
    log_offset: torch.Tensor

    def __init__(self, model: nn.Module, normalisation: Normalisation, stride: int) -> None:
        super().__init__()
        self.model = model
        self.stride = stride
        shape = (1, -1, 1, 1)
        self.register_buffer("mean", torch.tensor(normalisation.mean).reshape(shape))
        self.register_buffer("std", torch.tensor(normalisation.std).reshape(shape))
        self.register_buffer("log_offset", torch.tensor(normalisation.log_offset))

    def forward(self, reflectance: torch.Tensor) -> torch.Tensor:
        """Logits of a batch."""
        logits: torch.Tensor = self.model(self.normalise(reflectance))
        return logits

    def normalise(self, reflectance: torch.Tensor) -> torch.Tensor:
        """What the first layer sees of reflectance: deviations from the mean of its logarithm."""
        return (torch.log(reflectance + self.log_offset) - self.mean) / self.std

    def reflectance_of(self, spread: torch.Tensor) -> torch.Tensor:
        """Reflectance that the network sees as ``spread``, in deviations from the mean.

        Args:
            spread: (n, bands, h, w); standard normal noise becomes bands like those trained on.
        """
        return torch.exp(self.mean + self.std * spread) - self.log_offset

    @property
    def parts(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        """Encoder, decoder and head (with dropout), as every architecture has them."""
        whole = getattr(self.model, "classification_head", None)
        return (
            self.model.get_submodule("encoder"),
            self.model.get_submodule("decoder"),
            self.model.get_submodule("segmentation_head") if whole is None else whole,
        )

    @property
    def normalisation(self) -> Normalisation:
        """The statistics in the buffers, exact float32 values."""
        return Normalisation(
            tuple(self.mean.flatten().tolist()),
            tuple(self.std.flatten().tolist()),
            float(self.log_offset),
        )


_LARGEST_TRIED_PX = 512


def build_network(spec: NetworkSpec, normalisation: Normalisation) -> LandCoverNetwork:
    """Build a network with fresh weights, drawn from torch's global generator.

    Raises:
        UnknownArchitecture: the library has no such architecture or encoder, it refuses
            the combination, or the logits of the combination do not have the size of the image.
    """
    name = spec.architecture.lower()
    if name == PATCH_ARCHITECTURE.lower():
        return _patch_network(spec, normalisation)
    known = {*smp.MODEL_ARCHITECTURES_MAPPING, PIXELWISE}
    if name not in known:
        raise UnknownArchitecture(
            f"architecture {spec.architecture!r} is unknown; known: "
            f"{', '.join(sorted(known))}, {PATCH_ARCHITECTURE}"
        )
    if name == PIXELWISE:
        model = PixelwiseModel(spec.in_channels, spec.decoder_channels, spec.classes)
        return _finish(model, spec, normalisation)
    options: dict[str, Any] = {"encoder_depth": spec.encoder_depth}
    if name in _TAKES_DECODER_CHANNELS:
        options["decoder_channels"] = spec.decoder_channels
    if name == "fpn":
        # The library's head enlarges four times, which is right for a depth of five only.
        options["upsampling"] = 2 ** max(0, spec.encoder_depth - 3)
    try:
        model = smp.create_model(
            name,
            encoder_name=spec.encoder,
            encoder_weights=None,
            in_channels=spec.in_channels,
            classes=spec.classes,
            **options,
        )
    except (KeyError, ValueError) as error:
        raise UnknownArchitecture(
            f"cannot build {spec.architecture} with encoder {spec.encoder!r} of depth "
            f"{spec.encoder_depth} and decoder {spec.decoder_channels}: {error}"
        ) from error
    _drop_unreached_stages(model.encoder, spec.encoder_depth)
    return _finish(model, spec, normalisation)


def _finish(model: Any, spec: NetworkSpec, normalisation: Normalisation) -> LandCoverNetwork:
    """Dropout before the head, normalisation before the encoder; tried once."""
    head = model.segmentation_head
    model.segmentation_head = nn.Sequential(nn.Dropout2d(spec.dropout), head)
    network = LandCoverNetwork(model, normalisation, int(model.encoder.output_stride))
    _require_whole_images(network, spec)
    return network


def _patch_network(spec: NetworkSpec, normalisation: Normalisation) -> LandCoverNetwork:
    try:
        model = PatchModel(
            spec.encoder,
            spec.encoder_depth,
            spec.in_channels,
            spec.classes,
            spec.decoder_channels,
            spec.dropout,
        )
    except (KeyError, ValueError) as error:
        raise UnknownArchitecture(
            f"cannot build a patch classifier with encoder {spec.encoder!r} of depth "
            f"{spec.encoder_depth}: {error}"
        ) from error
    _drop_unreached_stages(model.encoder, spec.encoder_depth)
    return LandCoverNetwork(model, normalisation, int(model.encoder.output_stride))


def _require_whole_images(network: LandCoverNetwork, spec: NetworkSpec) -> None:
    """One forward pass that leaves no trace (no statistics, no random numbers)."""
    network.eval()
    side, found = 2 * network.stride, None
    while found is None:
        try:
            with torch.no_grad():
                found = network(torch.zeros(1, spec.in_channels, side, side)).shape
        except RuntimeError as error:  # a decoder that pools small images away (PAN)
            if side >= _LARGEST_TRIED_PX:
                raise UnknownArchitecture(
                    f"{spec.architecture} with encoder {spec.encoder!r} of depth "
                    f"{spec.encoder_depth} cannot run on {side} × {side} px: {error}"
                ) from error
            side *= 2
    network.train()
    if tuple(found) != (1, spec.classes, side, side):
        raise UnknownArchitecture(
            f"{spec.architecture} with encoder {spec.encoder!r} of depth {spec.encoder_depth} "
            f"gives logits of {tuple(found[2:])} for {side} × {side} px; choose another depth"
        )


def _drop_unreached_stages(encoder: nn.Module, depth: int) -> None:
    """Remove stages of a ResNet that a smaller depth never runs.

    The library keeps them: at depth 4 they are three quarters of the parameters.
    """
    if isinstance(encoder, ResNetEncoder):
        for stage in range(depth, 5):
            delattr(encoder, f"layer{stage}")
