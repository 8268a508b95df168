"""The training recipe: every number that shapes the network, in one readable place.

What belongs here: numbers, their source and their spelling in a record. What does not:
the loop that follows them (``train.py``) or how chips are cut (``core/chips``).

Source, unless said otherwise: Karra et al. 2021, "Global land use / land cover with
Sentinel 2 and deep learning" (IGARSS), section 2.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

CalibrationMethod = Literal["bias_and_temperature", "temperature", "none"]
ClassWeights = Literal["inverse_log", "sqrt_inverse", "none"]
Trainable = Literal["all", "decoder", "head"]

RECIPE_VERSION = 6
"""Raised whenever the same recipe would train another network."""

INVERSE_LOG_OFFSET = 1.02
"""c in w = 1 / ln(c + p), p a class's share of the labelled training pixels: weights of
at most 50.5. Paszke et al. 2016 (ENet), section 5.2; Karra et al. name inverse-log
weights but do not print the formula."""

SMALLEST_SHARE = 1e-4
"""Below this share of the pixels, 1 / √p grows no more: a weight of at most 100."""

FEW_LABELLED_PIXELS = 60_000
"""Pixels of ground with a label for training. Below, a U-Net learns the surroundings of the few
polygons by heart: on areas of 100–300 px with 1,000–6,000 such pixels its maps were 12 to 33 points
behind a random forest (``python -m benchmarks.small_areas``). With 46,000 on two areas of 5 km, an
epoch of a U-Net on chips of 32 px agreed with 74.4 % of the gold pixels, ``Pixelwise`` with 77.1 %
in a twentieth of the time. Dense labels of 10 km have more."""

AUTO = "auto"

_COUNTS = (
    "encoder_depth",
    "batch_size",
    "statistics_chips",
    "max_epochs",
    "calibration_pixels",
    "threads",
)

_CHOICES = {
    "calibration": get_args(CalibrationMethod),
    "class_weights": get_args(ClassWeights),
    "trainable": get_args(Trainable),
}


@dataclass(frozen=True)
class TrainingRecipe:
    """How a network is built and trained.

    Attributes:
        architecture: a segmentation-models-pytorch architecture, any case: ``Unet`` (the
            paper), ``UnetPlusPlus``, ``DeepLabV3Plus``, ``FPN``, ``Segformer`` and others; or
            ``Pixelwise``, which sees a pixel and its eight neighbours; or ``PatchClassifier``,
            one class for a whole patch. ``auto``: what the number of labelled pixels asks for,
            see :meth:`for_labels`.
        encoder: an encoder of that library, or ``tu-`` and the name of one of timm; ResNet-18
            is the largest that a laptop of two cores trains within minutes.
        encoder_depth: how often the encoder halves the resolution. 4, not the usual 5: at
            10 m a cell of the coarsest level is then 160 m, and a 128 px chip still
            has 8 × 8 of them.
        decoder_channels: channels of the decoder, coarse to fine, one per level; half of
            the library's default, which doubles the speed. The U-Net family; of ``Pixelwise``
            the channels of its layers; of a patch classifier the fully connected layers before
            the last, for instance (1024,) or ().
        encoder_weights: pretrained weights of the encoder: a hub's name (``imagenet``; needs
            network), or a ``.safetensors`` file, relative to the project file. None: six
            reflectances have little in common with three-channel photographs.
        start_from: ``weights.safetensors`` of an earlier model of the same network, to be
            fine-tuned, or of one for the other task (maps, patches), which gives its encoder;
            relative to the project file.
        trainable: ``all``; ``decoder``: the encoder is frozen; ``head``: all but the last
            layer is frozen, which a few labelled chips of a new region can train.
        class_weights: in the loss. ``inverse_log``, the paper's, at most 50 and mild between
            common classes; ``sqrt_inverse`` between that and ``none``, which learns the
            natural odds and neglects rare classes, but needs no calibration for them.
        dropout: share of feature channels dropped before the segmentation head (the
            paper: 20 %).
        batch_size: chips in a step; gradient noise regularises, memory stays under 1 GB.
        learning_rate: of AdamW at the start. Own measurement, ten classes, 40 steps:
            rates of 1e-3, 2e-3, 4e-3, 8e-3 agree with 0.942, 0.960, 0.961, 0.953 of gold.
        weight_decay: of AdamW (Loshchilov & Hutter 2019, their smallest setting).
        statistics_chips: training chips over which the statistics of batch normalisation
            are measured before each validation (see ``callbacks.py``): two million pixels.
        max_epochs: passes over the training chips at most; the paper: 100, for a network
            trained on many GPUs. Early stopping usually ends before.
        max_chip_views: if set, as many whole epochs (at least one) as show the network no
            more than this number of chips: a time budget that does not depend on a clock.
        plateau_factor: the learning rate is multiplied by this on a plateau of the
            validation loss (the paper: ÷10).
        plateau_patience: epochs without improvement before that.
        cooldown_epochs: the last epochs run at the rate after a plateau, even if none came:
            a short training ends before its first plateau. Never all epochs.
        early_stop_patience: epochs without improvement before training ends; it must
            leave time for the smaller rate to work.
        calibration: how logits become probabilities, fitted after training on validation
            pixels: ``bias_and_temperature`` (see ``calibrate.py``), ``temperature`` alone,
            which cannot undo class weights, or ``none``; the last two for comparison.
        calibration_pixels: validation pixels that the fit sees at most. 200,000 fix a bias
            of a class with a share of 1 % to 0.02 even if all pixels were independent;
            more cost memory (16 MB here) and tell nothing new.
        seed: of weights, shuffling, flips, dropout and the sample of validation pixels.
        precision: ``auto``, ``bf16-mixed`` or ``32-true``.
        threads: CPU threads. Fixed, because sums in another order change the last bits
            of the weights: equal recipes must train equal weights.
    """

    architecture: str = AUTO
    encoder: str = "resnet18"
    encoder_depth: int = 4
    decoder_channels: tuple[int, ...] = (128, 64, 32, 16)
    encoder_weights: str | None = None
    start_from: str | None = None
    trainable: Trainable = "all"
    class_weights: ClassWeights = "inverse_log"
    dropout: float = 0.2
    batch_size: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    statistics_chips: int = 128
    max_epochs: int = 12
    max_chip_views: int | None = None
    plateau_factor: float = 0.1
    plateau_patience: int = 1
    cooldown_epochs: int = 1
    early_stop_patience: int = 4
    calibration: CalibrationMethod = "bias_and_temperature"
    calibration_pixels: int = 200_000
    seed: int = 0
    precision: str = "auto"
    threads: int = 2

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"training recipe: {name} must be at least 1")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"training recipe: {name} {getattr(self, name)!r} is unknown; known: "
                    f"{', '.join(known)}"
                )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"training recipe: dropout {self.dropout} is not in [0, 1)")

    def for_labels(self, pixels: int | None) -> "TrainingRecipe":
        """The recipe with its architecture named.

        ``auto`` becomes ``Unet``; with few labels and nothing of the network set,
        ``Pixelwise`` with the numbers of :data:`FEW_LABELS` where the project sets none.

        Args:
            pixels: of ground, labelled, that train; None: unknown, taken as many.
        """
        if self.architecture != AUTO:
            return self
        fresh = all(getattr(self, name) == _DEFAULTS[name] for name in _OF_THE_NETWORK)
        if pixels is None or pixels >= FEW_LABELLED_PIXELS or not fresh:
            return replace(self, architecture="Unet")
        chosen = {n: v for n, v in FEW_LABELS.items() if getattr(self, n) == _DEFAULTS[n]}
        return replace(self, **chosen)

    def epochs_for(self, n_training_chips: int) -> int:
        """Epochs to train at most, given how many chips one epoch shows."""
        if self.max_chip_views is None:
            return self.max_epochs
        return max(1, min(self.max_epochs, self.max_chip_views // max(1, n_training_chips)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {**asdict(self), "decoder_channels": list(self.decoder_channels)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TrainingRecipe":
        """Rebuild a recipe from :meth:`to_dict`."""
        return cls(**{**data, "decoder_channels": tuple(data["decoder_channels"])})

    @property
    def digest(self) -> str:
        """SHA-256 over all numbers and the recipe version."""
        text = json.dumps({"version": RECIPE_VERSION, **self.to_dict()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


_DEFAULTS = asdict(TrainingRecipe())

_OF_THE_NETWORK = (
    "encoder", "encoder_depth", "decoder_channels", "encoder_weights", "start_from", "trainable"
)  # fmt: skip

FEW_LABELS: Mapping[str, Any] = {
    "architecture": "Pixelwise",
    "encoder": "3x3",
    "encoder_depth": 1,
    "decoder_channels": (64, 64, 64),
    "batch_size": 8,
    "learning_rate": 0.01,
    "weight_decay": 0.05,
    "max_epochs": 100,
    "max_chip_views": 8_000,
    "plateau_patience": 100,
    "early_stop_patience": 100,
    "cooldown_epochs": 3,
}
"""Of a training with few labels: 1,000 steps at most, whatever the number of chips, on a network
that can tell classes by their spectra alone. The loss of a few dozen validation chips is noisy: no
plateau of it is believed, the rate falls once, for the last epochs."""
