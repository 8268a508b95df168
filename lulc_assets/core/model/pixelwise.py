"""A network for areas with few labels: classes by the spectra of a pixel and its neighbours.

What belongs here: its layers, with the parts that every network of ours has (encoder, decoder,
head). What does not: normalisation, dropout and the choice of it (``network``, the recipe).

A U-Net sees hundreds of pixels around each one. With a few dozen polygons it learns their
surroundings by heart; a forest on single pixels does better there, and so does this.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

PIXELWISE = "pixelwise"

CELL_PX = 8
"""Side of the cells over which the applicability layer looks at features; also the stride of
windows, so that cells do not straddle them."""


class PixelEncoder(nn.Module):
    """A 3 × 3 convolution and 1 × 1 convolutions, each normalised over the batch.

    Args:
        in_channels: bands.
        channels: of each layer, at least one.
    """

    output_stride = CELL_PX

    def __init__(self, in_channels: int, channels: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, width in enumerate(channels):
            size = 1 if number else 3
            before = channels[number - 1] if number else in_channels
            layers += [
                nn.Conv2d(before, width, size, padding=size // 2, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, seen: torch.Tensor) -> list[torch.Tensor]:
        """The image and its one coarse stage, as encoders of the library give theirs."""
        return [seen, functional.avg_pool2d(self.layers(seen), CELL_PX)]


class PixelwiseModel(nn.Module):
    """Encoder, decoder (none) and head.

    Input (n, bands, h, w), normalised; output (n, classes, h, w). Sides are multiples of
    :data:`CELL_PX` for the sake of the windows; the layers take any.
    """

    def __init__(self, in_channels: int, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        self.encoder = PixelEncoder(in_channels, channels)
        self.decoder = nn.Identity()
        self.segmentation_head: nn.Module = nn.Conv2d(channels[-1], classes, 1)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Logits of a batch."""
        logits: torch.Tensor = self.segmentation_head(self.encoder.layers(seen))
        return logits
