"""The model card: what was trained, from what, how it went; and the candidate it describes.

What belongs here: the content of ``card.json`` and its reader. What does not: training
(``train.py``) or the promoted bundle (``bundle.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend import Legend
from lulc_assets.core.model.artifacts import (
    WEIGHTS_FILE,
    legend_from_dict,
    legend_to_dict,
    read_json_object,
    read_verified_weights,
    restore_network,
)
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.hardware import (
    Device,
    best_device,
    choose_training_precision,
    describe_device,
)
from lulc_assets.core.model.network import LandCoverNetwork, NetworkSpec, Normalisation
from lulc_assets.core.training.recipe import RECIPE_VERSION, TrainingRecipe

CARD_FILE = "card.json"
CARD_FORMAT = "lulc-model-card"
CARD_FORMAT_VERSION = 3
_FRAMEWORKS = ("torch", "lightning", "segmentation-models-pytorch", "timm")


@dataclass(frozen=True)
class TrainedModel:
    """A candidate on disk.

    Attributes:
        weights: the safetensors file.
        card: the JSON card beside it.
        history: one row per epoch, see :class:`LandCoverTraining`.
    """

    weights: Path
    card: Path
    history: list[dict[str, float]]

    @classmethod
    def open(cls, directory: Path) -> "TrainedModel":
        """A candidate that :func:`train_model` wrote.

        Raises:
            BundleError: the card is missing or does not parse.
        """
        card = directory / CARD_FILE
        return cls(directory / WEIGHTS_FILE, card, read_json_object(card, "model card")["history"])

    def read_card(self) -> dict[str, Any]:
        """The card's content."""
        return read_json_object(self.card, "model card")

    def network(self) -> LandCoverNetwork:
        """The trained network on the CPU, in evaluation mode.

        Raises:
            BundleError: the weights are not those that the card records.
        """
        card = self.read_card()
        return restore_network(card, read_verified_weights(self.weights.parent, card["weights"]))

    @property
    def legend(self) -> Legend:
        """The legend that the network was trained for."""
        return legend_from_dict(self.read_card()["legend"])

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities.

        Raises:
            BundleError: it does not fit the legend.
        """
        card = self.read_card()
        return Calibration.from_dict(card["calibration"], len(card["legend"]["classes"]))


def describe_recipe(recipe: TrainingRecipe, device: Device | None = None) -> dict[str, Any]:
    """What the card says about the recipe and the machine that follows it."""
    device = device or best_device()
    return {
        "format": CARD_FORMAT,
        "format_version": CARD_FORMAT_VERSION,
        "recipe": recipe.to_dict(),
        "recipe_digest": recipe.digest,
        "recipe_version": RECIPE_VERSION,
        "precision": choose_training_precision(recipe.precision, device),
        "machine": describe_device(device),
        "framework": {name: version(name) for name in _FRAMEWORKS},
    }


def describe_network(
    spec: NetworkSpec,
    normalisation: Normalisation,
    legend: Legend,
    bands: Sequence[str],
    level: str,
    gsd_m: float,
) -> dict[str, Any]:
    """What the card says about the network and the scenes that it accepts."""
    return {
        "legend": legend_to_dict(legend),
        "bands": list(bands),
        "level": level,
        "gsd_m": float(gsd_m),
        "network": spec.to_dict(),
        "normalisation": normalisation.to_dict(),
    }


def describe_data(
    legend: Legend,
    class_pixels: npt.NDArray[np.int64],
    class_weights: Sequence[float],
    chips: Mapping[str, int],
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """What the card says about the chips; a class without a pixel is warned about."""
    return {
        "class_pixels": dict(zip(legend.names, map(int, class_pixels), strict=True)),
        "class_weights": dict(zip(legend.names, class_weights, strict=True)),
        "warnings": _absent_classes(legend.names, class_pixels),
        "chips": dict(chips),
        "inputs": dict(inputs),
    }


def _absent_classes(names: Sequence[str], class_pixels: npt.NDArray[np.int64]) -> list[str]:
    return [
        f"class {name} has no labelled training pixel: it is not mapped"
        for name, count in zip(names, class_pixels, strict=True)
        if count == 0
    ]
