"""Chips as batches of tensors, and the statistics that training takes from them.

What belongs here: the choice of chips by split, batches, flips, band statistics, class
counts. What does not: cutting or storing chips (``core/chips``).

Chips stay in memory as uint16 and turn into float batch by batch: no worker processes,
so nothing is copied between processes and the order is the same on every machine.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.network import Normalisation

if TYPE_CHECKING:
    from lulc_assets.core.chips.cut import Chips

REFLECTANCE_SCALE = np.float32(10_000)
"""Stored chip value of reflectance 1, see ``core/chips``."""

_DECIMALS = 6
_SMALLEST_STD = 1e-4

Batch = tuple[torch.Tensor, torch.Tensor]
"""Reflectance (n, bands, s, s) float32 channels-last; class codes (n, s, s) int64."""


@dataclass(frozen=True)
class ChipSelection:
    """Labelled chips of one split, in the order of the sets and of their indexes.

    Attributes:
        sets: the chips that are chosen from; not copied.
        places: (set, row) of each chosen chip, shape (n, 2), int64.
    """

    sets: Sequence["Chips"]
    places: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def image(self, item: int) -> npt.NDArray[np.uint16]:
        """One image, (bands, s, s), reflectance × 10000."""
        which, row = self.places[item]
        image: npt.NDArray[np.uint16] = self.sets[which].images[row]
        return image

    def mask(self, item: int) -> npt.NDArray[np.uint8]:
        """One mask, (s, s), class codes, 0 = unlabelled."""
        which, row = self.places[item]
        mask: npt.NDArray[np.uint8] = self.sets[which].masks[row]
        return mask

    def chip_ids(self) -> list[str]:
        """Ids of the chosen chips."""
        return [str(self.sets[which].index["chip_id"].iloc[row]) for which, row in self.places]


def select_chips(chip_sets: Sequence["Chips"], split: str) -> ChipSelection:
    """Chips of a split (``train``, ``val`` or ``gold``) with at least one labelled pixel."""
    places = [
        (which, row)
        for which, chips in enumerate(chip_sets)
        for row in np.flatnonzero(chips.index["split"].to_numpy() == split)
        if chips.masks[row].any()
    ]
    return ChipSelection(chip_sets, np.array(places, dtype=np.int64).reshape(-1, 2))


def count_class_pixels(selection: ChipSelection, legend: Legend) -> npt.NDArray[np.int64]:
    """Labelled pixels of each class, shape (classes,), int64.

    Raises:
        UnknownClass: a mask holds a code that the legend does not have.
    """
    counts = np.zeros(256, dtype=np.int64)
    for item in range(len(selection)):
        counts += np.bincount(selection.mask(item).ravel(), minlength=256)
    n_classes = len(legend.classes)
    if counts[n_classes + 1 :].any():
        foreign = np.flatnonzero(counts)
        raise UnknownClass(
            f"chip masks hold codes {foreign[foreign > n_classes].tolist()}, which legend "
            f"{legend.name} does not have; translate the labels by a crosswalk"
        )
    return counts[1 : n_classes + 1]


def measure_normalisation(selection: ChipSelection) -> Normalisation:
    """Mean and standard deviation of each band over labelled pixels, in reflectance.

    Sums are integers, so their order is of no account; rounded to 1e-6.
    """
    bands = selection.image(0).shape[0]
    total, squares, pixels = np.zeros(bands, np.uint64), np.zeros(bands, np.uint64), 0
    for item in range(len(selection)):
        values = selection.image(item)[:, selection.mask(item) > 0].astype(np.uint64)
        total += values.sum(axis=1)
        squares += (values * values).sum(axis=1)
        pixels += values.shape[1]
    scale = float(REFLECTANCE_SCALE)
    mean = total / pixels
    variance = np.maximum(squares / pixels - mean**2, 0.0)
    std = np.maximum(np.sqrt(variance) / scale, _SMALLEST_STD)
    return Normalisation(
        tuple(round(float(value), _DECIMALS) for value in mean / scale),
        tuple(round(float(value), _DECIMALS) for value in std),
    )


class ChipBatches:
    """An iterable over batches; every iteration is one epoch.

    With ``augment`` the chips come in a new order each epoch, each flipped left–right
    and upside down with probability one half (Karra et al. 2021). Order and flips
    depend on the seed and on the number of the epoch only; ``epoch`` is the first one's.
    """

    def __init__(
        self,
        selection: ChipSelection,
        batch_size: int,
        *,
        augment: bool = False,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        self.selection = selection
        self.batch_size = batch_size
        self.augment = augment
        self.seed = seed
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.selection) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        n = len(self.selection)
        order = rng.permutation(n) if self.augment else np.arange(n)
        flips = rng.integers(0, 2, size=(n, 2)) if self.augment else np.zeros((n, 2), np.int64)
        for start in range(0, n, self.batch_size):
            chosen = order[start : start + self.batch_size]
            yield self._gather(chosen, flips[chosen])

    def _gather(self, chosen: npt.NDArray[np.int64], flips: npt.NDArray[np.int64]) -> Batch:
        images, masks = [], []
        for item, (upside_down, mirrored) in zip(chosen, flips, strict=True):
            window = (slice(None, None, 1 - 2 * upside_down), slice(None, None, 1 - 2 * mirrored))
            images.append(self.selection.image(item)[(slice(None), *window)])
            masks.append(self.selection.mask(item)[window])
        reflectance = np.stack(images).astype(np.float32) / REFLECTANCE_SCALE
        return (
            torch.from_numpy(reflectance).contiguous(memory_format=torch.channels_last),
            torch.from_numpy(np.stack(masks).astype(np.int64)),
        )
