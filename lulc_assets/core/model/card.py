"""The model card: what was trained, from what, how it went.

What belongs here: the fields of ``card.json``, its one writer and its one reader. What does not:
training (``core/training``), or the bundle (``bundle``), whose record holds the card.

A card grows with its training. :class:`TrainingSetup` is part of the identity of ``lulc_model``,
:class:`TrainingPlan` that of a training's checkpoints; both are known before the first epoch.
:class:`ModelCard` adds the outcome.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.artifacts import (
    RecordedFile,
    RecordedLegend,
    read_record_file,
    readable_json,
)
from lulc_assets.core.model.calibration import SILENCE, Calibration
from lulc_assets.core.model.network import NetworkSpec, Normalisation
from lulc_assets.core.model.reliability import RecordedReliability
from lulc_assets.core.store.typed import as_plain

CARD_FILE = "card.json"
CARD_FORMAT = "lulc-model-card"
CARD_FORMAT_VERSION = 3


@dataclass(frozen=True, kw_only=True)
class TrainingSetup:
    """A recipe and the machine that follows it.

    Attributes:
        recipe: numbers of the ``TrainingRecipe`` as they were, whatever today's has.
        recipe_digest: SHA-256 over them and the recipe version.
        recipe_version: raised whenever the same recipe would train another network.
        precision: ``bf16-mixed`` or ``32-true``.
        machine: device, name and capability, which explain differences in the last bits.
        framework: package → version.
        format: of the card.
        format_version: of the card.
    """

    recipe: Mapping[str, JsonValue]
    recipe_digest: str
    recipe_version: int
    precision: str
    machine: Mapping[str, str]
    framework: Mapping[str, str]
    format: str = CARD_FORMAT
    format_version: int = CARD_FORMAT_VERSION


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(TrainingSetup):
    """All that decides a training.

    Attributes:
        legend: as many logits as it has classes; code = index + 1.
        bands: roles of the input bands in order.
        level: processing level of the chips' scenes.
        gsd_m: ground sampling of the chips, metres.
        network: how it is built.
        normalisation: what it sees of a reflectance.
        class_pixels: labelled training pixels of each class.
        class_weights: of the loss.
        warnings: what is not as it should be, in sentences.
        chips: number per split.
        inputs: what identifies the chips: product → digest, or what a caller says.
        pretrained: SHA-256 of each file that training starts from; None in cards from before
            such files were recorded.
        devices: how many shared every batch; None in cards from before there were several.
    """

    legend: RecordedLegend
    bands: tuple[str, ...]
    level: str
    gsd_m: float
    network: NetworkSpec
    normalisation: Normalisation
    class_pixels: Mapping[str, int]
    class_weights: Mapping[str, float]
    warnings: tuple[str, ...]
    chips: Mapping[str, int]
    inputs: Mapping[str, JsonValue]
    pretrained: Mapping[str, str] | None = None
    devices: int | None = None

    def to_bytes(self) -> bytes:
        """The one spelling of a plan or card: equal content, equal bytes."""
        return readable_json(as_plain(self, leave_out_none=True))

    @property
    def taught(self) -> tuple[str, ...]:
        """Names of the classes that training chips show; no other class is mapped."""
        return tuple(name for name in self.legend.names if self.class_pixels.get(name, 0) > 0)


@dataclass(frozen=True)
class Epoch:
    """One pass over the training chips.

    Attributes:
        epoch: its number, from 1.
        learning_rate: of its steps.
        train_loss: weighted mean over labelled training pixels.
        train_accuracy: share of them with the class of their label, 0–1.
        val_loss: the same on validation pixels; the smallest decides which weights are kept.
        val_accuracy: likewise.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True)
class CalibrationReport:
    """How a calibration was fitted on validation pixels, and what it changes there.

    Attributes:
        method: of the recipe.
        pixels: labelled pixels of the sample.
        labelled_pixels: that the sample was drawn from.
        class_pixels: of the sample, one number per class in the order of the legend.
        start_bias: at which the fit began, likewise.
        kept_at_start: codes of classes with too few pixels to be fitted.
        cross_fitted: whether ``after`` comes from fits that did not see the place they judge.
        before: reliability without a calibration.
        start: at the start of the fit.
        after: with the fitted calibration.
    """

    method: str
    pixels: int
    labelled_pixels: int
    class_pixels: tuple[int, ...]
    start_bias: tuple[float, ...]
    kept_at_start: tuple[int, ...]
    cross_fitted: bool
    before: RecordedReliability
    start: RecordedReliability
    after: RecordedReliability


@dataclass(frozen=True)
class RecordedApplicability(RecordedFile):
    """The file of applicability, and what it holds.

    Attributes:
        features: of the encoder, per cell.
        cell_px: side of a cell, pixels.
        axes: of the kept spread.
        median_distance: of validation cells from the training set.
        largest_distance: likewise.
    """

    features: int
    cell_px: int
    axes: int
    median_distance: float
    largest_distance: float


@dataclass(frozen=True, kw_only=True)
class ModelCard(TrainingPlan):
    """What was trained, from what, how it went.

    Attributes:
        history: one row per epoch.
        best_epoch: whose weights were kept, from 1.
        calibration: from logits to probabilities.
        calibration_report: how it was fitted.
        weights: the safetensors file.
        applicability: None for answers without places, and in cards from before there was one.
    """

    history: tuple[Epoch, ...]
    best_epoch: int
    calibration: Calibration
    calibration_report: CalibrationReport
    weights: RecordedFile
    applicability: RecordedApplicability | None = None

    def __post_init__(self) -> None:
        self.calibration.require(len(self.legend.classes))

    @classmethod
    def of(cls, plan: TrainingPlan, **outcome: Any) -> "ModelCard":
        """The card of a plan that was carried out; the fields of this class are the outcome."""
        return cls(**vars(plan), **outcome)

    @property
    def taught(self) -> tuple[str, ...]:
        """Names of the classes that training chips show and that the calibration lets win."""
        biases = dict(zip(self.legend.names, self.calibration.bias, strict=True))
        return tuple(name for name in super().taught if biases[name] != SILENCE)

    def without(self, unmapped: Collection[str]) -> "ModelCard":
        """The card of the same network, silent on some classes."""
        if not unmapped:
            return self
        silent = [name in unmapped for name in self.legend.names]
        said = tuple(f"class {n} is hardly known on gold: it is not mapped" for n in unmapped)
        return replace(
            self,
            calibration=self.calibration.silencing(silent),
            warnings=(*self.warnings, *said),
        )

    @classmethod
    def read(cls, path: Path) -> "ModelCard":
        """Read ``card.json``.

        Raises:
            BundleError: the file is missing, is not JSON or not a model card of this format, or
                a field is missing or has another type; the message names it.
        """
        card = read_record_file(cls, path, "model card")
        if (card.format, card.format_version) != (CARD_FORMAT, CARD_FORMAT_VERSION):
            raise BundleError(
                f"model card: {path} is {card.format!r}, version {card.format_version}; this "
                f"package reads {CARD_FORMAT!r}, version {CARD_FORMAT_VERSION}: train the model "
                "again"
            )
        return card

    @property
    def best(self) -> Epoch:
        """The epoch whose weights were kept."""
        return self.history[self.best_epoch - 1]
