"""Evaluation: how far a network agrees with labelled windows.

What belongs here: forward passes over chips and the matrix that they give. What does
not: accuracy of a map with intervals, which needs a probability sample (``core/accuracy``).

Agreement on labelled windows is no accuracy of a population: windows are chosen and
clustered, and where annotators must agree strictly, the hard pixels are left out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import NotFinite, NoTrainingChips
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.dataset import (
    ChipBatches,
    ChipSelection,
    count_class_pixels,
    select_chips,
)
from lulc_assets.core.model.hardware import best_device
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.progress import Progress, silent

if TYPE_CHECKING:
    from lulc_assets.core.chips.cut import Chips

_BATCH_SIZE = 16


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
    """

    split: str
    classes: tuple[str, ...]
    matrix: npt.NDArray[np.int64]
    n_chips: int
    reference_digest: str

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
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Evaluation":
        """Rebuild from :meth:`to_dict`."""
        return cls(
            split=data["split"],
            classes=tuple(data["classes"]),
            matrix=np.array(data["matrix"], dtype=np.int64),
            n_chips=int(data["n_chips"]),
            reference_digest=data["reference_digest"],
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
        NoTrainingChips: no chip of the split is labelled.
        UnknownClass: a mask holds a code that the model's legend does not have.
        NotFinite: the network gave NaN or infinity.
        BundleError: the model's files are not those of its record.
    """
    selection = select_chips(chip_sets, split)
    if not len(selection):
        raise NoTrainingChips(
            f"no labelled chip of split {split!r} in {len(chip_sets)} set(s): nothing to judge the "
            "model on; give gold windows or a gold share"
        )
    legend = model.legend
    count_class_pixels(selection, legend)  # refuses foreign codes
    matrix = _cross_tabulate(model, selection, progress)
    return Evaluation(split, legend.names, matrix, len(selection), _digest_reference(selection))


def _cross_tabulate(
    model: HasNetwork, selection: ChipSelection, progress: Progress
) -> npt.NDArray[np.int64]:
    """Pixels by predicted class (rows) and label (columns), shape (n, n), int64."""
    device, n_classes = best_device(), len(model.legend.classes)
    network, calibration = model.network(), model.calibration
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = ChipBatches(selection, _BATCH_SIZE)
    matrix = np.zeros((n_classes, n_classes), dtype=np.int64)
    with torch.inference_mode():
        for number, (images, codes) in enumerate(batches, start=1):
            logits = calibration.apply(network(images.to(device)))
            if not torch.isfinite(logits).all():
                raise NotFinite(f"the network gives NaN or infinity on chips of batch {number}")
            predicted = logits.argmax(1).cpu().numpy()
            labels = codes.numpy() - 1
            known = labels >= 0
            cells = predicted[known] * n_classes + labels[known]
            matrix += np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
            progress(number, len(batches), "evaluating the model")
    return matrix


def _digest_reference(selection: ChipSelection) -> str:
    digest = hashlib.sha256()
    for item, chip_id in enumerate(selection.chip_ids()):
        digest.update(chip_id.encode() + b"\0")
        digest.update(np.ascontiguousarray(selection.mask(item)).tobytes())
    return digest.hexdigest()
