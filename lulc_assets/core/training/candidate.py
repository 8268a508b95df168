"""The candidate: what a training leaves on disk, and what is known of it before it begins.

What belongs here: opening a candidate, and the parts of its card that recipe and chips decide.
What does not: the card's fields (``core/model/card``), training (``train.py``), or the promoted
bundle (``core/model/bundle``).
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend import Legend
from lulc_assets.core.model.artifacts import WEIGHTS_FILE, read_verified_weights, restore_network
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.card import CARD_FILE, Epoch, ModelCard, TrainingSetup
from lulc_assets.core.model.hardware import (
    Device,
    best_device,
    choose_training_precision,
    describe_device,
)
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.training.recipe import RECIPE_VERSION, TrainingRecipe

_FRAMEWORKS = ("torch", "lightning", "segmentation-models-pytorch", "timm")


@dataclass(frozen=True)
class TrainedModel:
    """A candidate on disk.

    Attributes:
        folder: holds the card, the weights and, where answers have places, the applicability.
        card: what was trained, from what, how it went.
    """

    folder: Path
    card: ModelCard

    @classmethod
    def open(cls, folder: Path) -> "TrainedModel":
        """A candidate that :func:`train_model` wrote.

        Raises:
            BundleError: the card is missing or is not a model card; see :meth:`ModelCard.read`.
        """
        return cls(folder, ModelCard.read(folder / CARD_FILE))

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS_FILE

    @property
    def history(self) -> tuple[Epoch, ...]:
        """One row per epoch."""
        return self.card.history

    @property
    def recipe(self) -> TrainingRecipe:
        """The recipe that was followed."""
        return TrainingRecipe.from_dict(self.card.recipe)

    def network(self) -> LandCoverNetwork:
        """The trained network on the CPU, in evaluation mode.

        Raises:
            BundleError: the weights are not those that the card records.
        """
        weights = read_verified_weights(self.folder, self.card.weights)
        return restore_network(self.card.network, self.card.normalisation, weights)

    @property
    def legend(self) -> Legend:
        """The legend that the network was trained for."""
        return self.card.legend

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities."""
        return self.card.calibration


def setup_of(recipe: TrainingRecipe, device: Device | None = None) -> TrainingSetup:
    """A recipe and the machine that follows it."""
    device = device or best_device()
    return TrainingSetup(
        recipe=recipe.to_dict(),
        recipe_digest=recipe.digest,
        recipe_version=RECIPE_VERSION,
        precision=choose_training_precision(recipe.precision, device),
        machine=describe_device(device),
        framework={name: version(name) for name in _FRAMEWORKS},
    )


def warn_of_absent(legend: Legend, class_pixels: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """A warning for each class without a labelled training pixel."""
    return tuple(
        f"class {name} has no labelled training pixel: it is not mapped"
        for name, count in zip(legend.names, class_pixels, strict=True)
        if count == 0
    )
