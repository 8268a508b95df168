"""What a network needs around a pixel, and how much memory per pixel.

What belongs here: measurements on the network itself. What does not: the windows that
follow from them (``core/inference/windows``).

A convolutional network sees a square around each pixel, but the rim of the square hardly
matters (Luo et al. 2016, "Understanding the effective receptive field"). So the halo of a
block is measured: the gradient of a pixel's winning logit with respect to the input says
how much each neighbour matters.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lulc_assets.core.model.network import LandCoverNetwork

GRADIENT_SHARE = 0.999
"""Share of the absolute gradient that lies within the halo. Measured on a trained U-Net
(ResNet-18, depth 4) and blocks of 128 px: halos of 48, 64 and 80 px hold 0.990, 0.998 and
0.9998 and give 0.9990, 0.9998 and 1.0000 of the pixels the class of the whole scene."""

_MARGIN_PX = 192
_PROBES = 4
_BYTES = 4


@dataclass(frozen=True)
class Footprint:
    """What windows must know of a network.

    Attributes:
        stride: heights and widths of blocks are multiples of this, and blocks start at
            multiples of it: else strided convolutions see another phase of the pixels.
        halo_px: neighbours on each side that decide a pixel's class, a multiple of the stride.
        bytes_per_px: memory of the feature maps that are alive at once, in float32.
    """

    stride: int
    halo_px: int
    bytes_per_px: int

    def __post_init__(self) -> None:
        if min(self.stride, self.halo_px, self.bytes_per_px) < 1:
            raise ValueError(f"{self} must have numbers above 0")


def measure_footprint(network: LandCoverNetwork) -> Footprint:
    """Measure a trained network; the same weights give the same numbers."""
    if getattr(network.model, "classification_head", None) is not None:
        return Footprint(network.stride, network.stride, _bytes_per_px(network))  # has no places
    return Footprint(network.stride, _halo_px(network), _bytes_per_px(network))


def _halo_px(network: LandCoverNetwork) -> int:
    """Smallest multiple of the stride that holds :data:`GRADIENT_SHARE`.

    Probed on noise with the statistics of the training data, at pixels of several phases of
    the stride; a band counts by its deviation. If the margin of the probe does not hold the
    share, the margin is the halo.
    """
    stride = network.stride
    margin = -(-_MARGIN_PX // stride) * stride
    by_distance = torch.zeros(2 * margin + stride)
    generator = torch.Generator().manual_seed(0)
    side = 2 * margin + stride
    for probe in range(_PROBES):
        at = margin + (probe * stride) // _PROBES
        shape = (1, network.mean.shape[1], side, side)
        spread = torch.randn(shape, generator=generator).requires_grad_()
        winner = network(network.reflectance_of(spread))[0, :, at, at].max()
        (gradient,) = torch.autograd.grad(winner, spread)
        weight = gradient.abs().sum((0, 1)).double()
        rows = (torch.arange(side) - at).abs()
        distance = torch.maximum(rows[:, None], rows[None, :])
        by_distance += torch.bincount(distance.flatten(), weight.flatten(), len(by_distance))
    share = by_distance.cumsum(0) / by_distance.sum()
    needed = int((share < GRADIENT_SHARE).sum())
    return min(margin, -(-needed // stride) * stride)


def _bytes_per_px(network: LandCoverNetwork) -> int:
    """Largest sum of input and output of one layer, and logits and probabilities, per pixel.

    Engines fuse normalisation and activation into convolutions and free what is read no
    more. OpenVINO needs 277 bytes in float32 (149 in bfloat16) where this says 272.
    """
    side = 4 * network.stride
    found = [0]

    def look(_: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        elements = sum(t.numel() for t in (*inputs, output) if isinstance(t, torch.Tensor))
        found.append(elements)

    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    hooks = [layer.register_forward_hook(look) for layer in convolutions]
    try:
        with torch.inference_mode():
            logits = network(torch.zeros((1, network.mean.shape[1], side, side)))
            classes = logits.shape[1]
    finally:
        for hook in hooks:
            hook.remove()
    return _BYTES * (-(-max(found) // side**2) + 2 * classes)
