"""The network that gives a whole patch one class: an encoder, its mean over the patch, a head.

What belongs here: the module. What does not: normalisation and the description of networks
(``network``), training.

Its answer has the form of a segmentation of one pixel, (n, classes, 1, 1), so that loss,
calibration and graph are those of the networks that draw maps. The encoder is the one of
segmentation-models-pytorch that a U-Net of the same name has: weights go from one to the other.
"""

from collections.abc import Sequence
from itertools import pairwise

import segmentation_models_pytorch as smp
import torch
from torch import nn

PATCH_ARCHITECTURE = "PatchClassifier"
"""What a recipe names as ``architecture`` to have one class for a whole patch."""


class PatchModel(nn.Module):
    """Normalised bands in, logits of the patch out.

    Input: float32 (n, bands, h, w), sides of at least the encoder's stride. Output: float32
    (n, classes, 1, 1).

    Args:
        encoder: name in segmentation-models-pytorch.
        depth: how often it halves the resolution.
        bands: of the input.
        classes: logits.
        hidden: channels of fully connected layers between encoder and head; none by default.
        dropout: share of features dropped before the head while training.

    Raises:
        KeyError: the library has no such encoder.
        ValueError: it refuses the depth.
    """

    def __init__(
        self,
        encoder: str,
        depth: int,
        bands: int,
        classes: int,
        hidden: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        self.encoder = smp.encoders.get_encoder(
            encoder, in_channels=bands, depth=depth, weights=None
        )
        channels = [int(self.encoder.out_channels[-1]), *hidden]
        layers: list[nn.Module] = [nn.AdaptiveAvgPool2d(1)]
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 1), nn.ReLU(inplace=True)]
        self.decoder = nn.Sequential(*layers)
        self.classification_head = nn.Sequential(
            nn.Dropout(dropout), nn.Conv2d(channels[-1], classes, 1)
        )

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        """Logits of a batch."""
        logits: torch.Tensor = self.classification_head(self.decoder(self.encoder(bands)[-1]))
        return logits
