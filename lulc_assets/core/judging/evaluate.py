"""Evaluation: how far a network agrees with labelled windows.

What belongs here: forward passes over chips and the matrix that they give. What does
not: accuracy of a map with intervals, which needs a probability sample (``core/accuracy``).

Agreement on labelled windows is not an accuracy of a population: windows are chosen and
clustered, and where annotators must agree strictly, the hard pixels are left out.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import NotFinite, NoTrainingChips
from lulc_assets.core.judging.tally import Tally
from lulc_assets.core.judging.windows import count_ground
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.hardware import best_device
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.model.reliability import Reliability
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.training.dataset import (
    ChipBatches,
    ChipSelection,
    count_class_pixels,
    select_chips,
)

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

_BATCH_SIZE = 16
_SHOWN_CHIPS = 6


class HasNetwork(Protocol):
    """A candidate (``TrainedModel``) or a promoted bundle (``Bundle``)."""

    @property
    def legend(self) -> Legend:
        """The legend of the logits."""

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities."""

    def network(self) -> LandCoverNetwork:
        """The network on the CPU, in evaluation mode."""


@dataclass(frozen=True)
class Evaluation:
    """Agreement of a network with labelled windows; not the accuracy of a population.

    Attributes:
        split: which chips were used, usually ``gold``.
        classes: names of rows and columns, all classes of the legend in order.
        matrix: pixels, shape (n, n), int64, rows = prediction, columns = label.
        n_chips: chips with at least one labelled pixel.
        reference_digest: SHA-256 over the chips' ids and masks: two evaluations are
            comparable when it agrees.
        window_pixels: labelled pixels of each window of the split, all chips and dates of a
            window together, shape (windows,), int64.
        window_correct: those on which both agree, likewise.
        raw: reliability of the network's own probabilities.
        calibrated: reliability of the calibrated ones.
        ground_pixels: labelled ground of each class, shape (n,), int64: each place once, while
            the matrix counts it for each date and chip that shows it.
        taught: names of classes with labelled pixels in training chips.
    """

    split: str
    classes: tuple[str, ...]
    matrix: npt.NDArray[np.int64]
    n_chips: int
    reference_digest: str
    window_pixels: npt.NDArray[np.int64]
    window_correct: npt.NDArray[np.int64]
    raw: Reliability
    calibrated: Reliability
    ground_pixels: npt.NDArray[np.int64]
    taught: tuple[str, ...] = ()

    @property
    def n_pixels(self) -> int:
        """Labelled pixels that were compared."""
        return int(self.matrix.sum())

    @property
    def overall(self) -> float:
        """Share of labelled pixels on which both agree, 0–1."""
        return float(np.trace(self.matrix) / self.matrix.sum())

    @property
    def f1(self) -> dict[str, float | None]:
        """F1 of each class, 0–1; None where neither side has the class."""
        both = np.diag(self.matrix)
        either = self.matrix.sum(axis=0) + self.matrix.sum(axis=1)
        return {
            name: float(2 * hit / total) if total else None
            for name, hit, total in zip(self.classes, both, either, strict=True)
        }

    @property
    def gold_pixels(self) -> dict[str, int]:
        """Labelled pixels of each class that were compared."""
        return dict(zip(self.classes, map(int, self.matrix.sum(axis=0)), strict=True))

    @property
    def ground(self) -> dict[str, int]:
        """Labelled ground of each class in pixels, each place once."""
        return dict(zip(self.classes, map(int, self.ground_pixels), strict=True))

    @property
    def recall(self) -> dict[str, float | None]:
        """Share of each class's labelled pixels that have it, 0–1; None without such pixels."""
        return {
            name: float(self.matrix[n, n] / pixels) if pixels else None
            for n, (name, pixels) in enumerate(self.gold_pixels.items())
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it (figures are derived again)."""
        return {
            "split": self.split,
            "classes": list(self.classes),
            "matrix": self.matrix.tolist(),
            "n_chips": self.n_chips,
            "reference_digest": self.reference_digest,
            "n_pixels": self.n_pixels,
            "overall": self.overall,
            "f1": self.f1,
            "recall": self.recall,
            "taught": list(self.taught),
            "window_pixels": self.window_pixels.tolist(),
            "window_correct": self.window_correct.tolist(),
            "raw": self.raw.to_dict(),
            "calibrated": self.calibrated.to_dict(),
            "ground_pixels": self.ground_pixels.tolist(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Evaluation":
        """Rebuild from :meth:`to_dict`; a former release knew pixels times dates only."""
        matrix = np.array(data["matrix"], dtype=np.int64)
        return cls(
            split=data["split"],
            classes=tuple(data["classes"]),
            matrix=matrix,
            n_chips=int(data["n_chips"]),
            reference_digest=data["reference_digest"],
            window_pixels=np.array(data["window_pixels"], dtype=np.int64),
            window_correct=np.array(data["window_correct"], dtype=np.int64),
            raw=Reliability.from_dict(data["raw"]),
            calibrated=Reliability.from_dict(data["calibrated"]),
            ground_pixels=np.array(data.get("ground_pixels", matrix.sum(axis=0)), dtype=np.int64),
            taught=tuple(data.get("taught", ())),
        )


def evaluate_model(
    model: HasNetwork,
    chip_sets: Sequence["Chips"],
    split: str = "gold",
    progress: Progress = silent,
) -> Evaluation:
    """Compare a network's classes with the labels of a split, pixel by pixel, in float32.

    This is agreement on labelled windows; it says nothing about a population.

    Raises:
        NoTrainingChips: no gold chip is labelled.
        UnknownClass: a mask holds a code that the model's legend does not have.
        NotFinite: the network gave NaN or infinity.
        BundleError: the model's files are not those of its record.
    """
    selection = _require_chips(chip_sets, split)
    legend = model.legend
    count_class_pixels(selection, legend)  # refuses foreign codes
    taught = count_class_pixels(select_chips(chip_sets, "train"), legend)
    tally = Tally(selection, len(legend.classes))
    for first, raw, calibrated, codes in _forward(model, selection, progress):
        tally.add(first, raw, calibrated, codes)
    return Evaluation(
        split,
        legend.names,
        tally.matrix,
        len(selection),
        _digest_reference(selection),
        tally.window_pixels,
        tally.window_correct,
        tally.raw,
        tally.calibrated,
        count_ground(selection, len(legend.classes)),
        tuple(name for name, n in zip(legend.names, taught, strict=True) if n),
    )


def _forward(
    model: HasNetwork, selection: ChipSelection, progress: Progress
) -> Iterator[tuple[int, torch.Tensor, torch.Tensor, torch.Tensor]]:
    """First chip, logits, calibrated logits (both on the CPU) and codes of each batch."""
    device, calibration = best_device(), model.calibration
    network = model.network()
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = ChipBatches(selection, _BATCH_SIZE)
    for number, (images, codes) in enumerate(batches, start=1):
        with torch.inference_mode():
            raw = network(images.to(device))
            calibrated = calibration.apply(raw)
        if not torch.isfinite(calibrated).all():
            raise NotFinite(f"the network gives NaN or infinity on chips of batch {number}")
        yield (number - 1) * _BATCH_SIZE, raw.cpu(), calibrated.cpu(), codes
        progress(number, len(batches), "evaluating the model")


@dataclass(frozen=True)
class ShownChips:
    """Chips to look at.

    Attributes:
        images: (n, bands, s, s), uint16, reflectance × 10000.
        masks: labels, (n, s, s), uint8, 0 = unlabelled.
        predicted: calibrated classes, likewise, everywhere.
        bands: roles of the images' bands.
    """

    images: npt.NDArray[np.uint16]
    masks: npt.NDArray[np.uint8]
    predicted: npt.NDArray[np.uint8]
    bands: tuple[str, ...] = SIX


def predict_some(model: HasNetwork, chip_sets: Sequence["Chips"]) -> ShownChips:
    """Predict some gold chips, taken evenly from those with many labels.

    Raises:
        NoTrainingChips: no gold chip is labelled.
        NotFinite: the network gave NaN or infinity.
    """
    selection = _require_chips(chip_sets, "gold")
    labelled = np.array([(selection.mask(i) > 0).mean() for i in range(len(selection))])
    # A gold chip may have a strip of labels only, which shows nothing.
    well = np.flatnonzero(labelled >= np.median(labelled))
    rows = well[np.unique(np.linspace(0, len(well) - 1, _SHOWN_CHIPS).round().astype(np.int64))]
    some = ChipSelection(selection.sets, selection.places[rows])
    logits = torch.cat([calibrated for _, _, calibrated, _ in _forward(model, some, silent)])
    items = range(len(some))
    return ShownChips(
        np.stack([some.image(i) for i in items]),
        np.stack([some.mask(i) for i in items]),
        (logits.argmax(1) + 1).numpy().astype(np.uint8),
        selection.sets[0].bands,
    )


def _require_chips(chip_sets: Sequence["Chips"], split: str) -> ChipSelection:
    selection = select_chips(chip_sets, split)
    if not len(selection):
        raise NoTrainingChips(
            f"no labelled chip of split {split!r} in {len(chip_sets)} set(s): nothing to judge the "
            "model on; give gold windows or a gold share"
        )
    return selection


def _digest_reference(selection: ChipSelection) -> str:
    digest = hashlib.sha256()
    for item, chip_id in enumerate(selection.chip_ids()):
        digest.update(chip_id.encode() + b"\0")
        digest.update(np.ascontiguousarray(selection.mask(item)).tobytes())
    return digest.hexdigest()
