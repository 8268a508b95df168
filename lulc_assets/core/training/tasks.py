"""Tasks: what a training is for, and all that differs between one and another.

What belongs here: the protocol and its two answers, land cover of each pixel and of whole
patches. What does not: loop, checkpoints, schedule, calibration and processes, which are one for
all (``train``, ``fitting``, ``lightning_module``).

Chips and patches are stored alike: a patch is a chip whose mask has one pixel.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.legend import Legend
from lulc_assets.core.model.network import NetworkSpec
from lulc_assets.core.model.patch_model import PATCH_ARCHITECTURE
from lulc_assets.core.training.augment import distort
from lulc_assets.core.training.loss import weighted_loss_sums
from lulc_assets.core.training.recipe import TrainingRecipe

Sums = tuple[torch.Tensor, torch.Tensor]


class Task(Protocol):
    """What a network learns.

    Attributes:
        name: for cards and messages.
        unit: what is counted, in the plural.
        figures: pictures of a trained and judged model, by the names under which
            ``core/figures`` draws them.
        draws_cells: whether the answer has places, so that each cell of the encoder can be told
            how far it is from what training saw.
    """

    name: str
    unit: str
    figures: tuple[str, ...]
    draws_cells: bool

    def seen(
        self, image: npt.NDArray[np.uint16], mask: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint16]:
        """Inputs: the pixels of a chip that statistics are taken of, (bands, n)."""

    def augment(self, images: torch.Tensor) -> torch.Tensor:
        """Inputs: a training batch as the network sees it this time, beyond flips.

        Args:
            images: reflectance, float32 (n, bands, s, s). What is random comes from torch's
                generator, whose state a checkpoint keeps.
        """

    def network(self, recipe: TrainingRecipe, legend: Legend, bands: int) -> NetworkSpec:
        """Outputs: the network that a recipe asks for, with a logit per class."""

    def loss(self, logits: torch.Tensor, codes: torch.Tensor, weights: torch.Tensor) -> Sums:
        """Numerator and denominator of the loss of a batch, see ``weighted_loss_sums``."""

    def metrics(self, logits: torch.Tensor, codes: torch.Tensor) -> Sums:
        """How many units are right, and how many are labelled."""


class _Classes:
    """What all tasks share that choose one of the classes of a legend."""

    def network(self, recipe: TrainingRecipe, legend: Legend, bands: int) -> NetworkSpec:
        """See :class:`Task`; ``auto`` is taken as for many labels."""
        recipe = recipe.for_labels(None)
        return NetworkSpec(
            architecture=recipe.architecture,
            encoder=recipe.encoder,
            encoder_depth=recipe.encoder_depth,
            decoder_channels=recipe.decoder_channels,
            in_channels=bands,
            classes=len(legend.classes),
            dropout=recipe.dropout,
        )

    def loss(self, logits: torch.Tensor, codes: torch.Tensor, weights: torch.Tensor) -> Sums:
        """See :class:`Task`: weighted cross-entropy over labelled units."""
        return weighted_loss_sums(logits, codes, weights)

    def metrics(self, logits: torch.Tensor, codes: torch.Tensor) -> Sums:
        """See :class:`Task`."""
        labelled = codes > 0
        correct = ((logits.detach().argmax(1) + 1 == codes) & labelled).sum()
        return correct, labelled.sum()


class Segmentation(_Classes):
    """A class for each pixel; only labelled pixels count."""

    name, unit, draws_cells = "segmentation", "pixels", True
    figures: tuple[str, ...] = (
        "loss", "confusion", "confusion_log", "confusions", "panels", "reliability",
    )  # fmt: skip

    def seen(
        self, image: npt.NDArray[np.uint16], mask: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint16]:
        """See :class:`Task`: labelled pixels."""
        return image[:, mask > 0]

    def augment(self, images: torch.Tensor) -> torch.Tensor:
        """See :class:`Task`: flips, which batches have already, are all (Karra et al. 2021)."""
        return images


class PatchClassification(_Classes):
    """A class for a whole patch."""

    name, unit, draws_cells = "patch classification", "patches", False
    figures: tuple[str, ...] = (
        "loss", "confusion", "confusion_log", "confusions", "pairs", "reliability",
    )  # fmt: skip

    def seen(
        self, image: npt.NDArray[np.uint16], mask: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint16]:
        """See :class:`Task`: all pixels."""
        return image.reshape(len(image), -1)

    def augment(self, images: torch.Tensor) -> torch.Tensor:
        """See :class:`Task`: crops, turns, shears and noise."""
        return distort(images)


SEGMENTATION, PATCHES = Segmentation(), PatchClassification()
TASKS: Sequence[Task] = (SEGMENTATION, PATCHES)


def task_of(architecture: str) -> Task:
    """The task of a network of this architecture."""
    return PATCHES if architecture.lower() == PATCH_ARCHITECTURE.lower() else SEGMENTATION
