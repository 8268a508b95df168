"""Chips as batches of tensors, and the statistics that training takes from them.

What belongs here: the choice of chips by split, batches, flips, band statistics, class
counts. What does not: cutting or storing chips (``core/chips``).

Chips stay in memory as uint16 and turn into float batch by batch: no worker processes,
so nothing is copied between processes and the order is the same on every machine.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.network import LOG_OFFSET, Normalisation

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

REFLECTANCE_SCALE = np.float32(10_000)
"""Stored chip value of reflectance 1, see ``core/chips``."""

_DECIMALS = 6
_SMALLEST_STD = 1e-4

COPY_THREADS = 2
"""Threads that copy batches ahead of the training step; numpy and numba let them run."""

HELD_BATCHES = 2
"""Stored batches that stay as they are while the next ones are made: the one in use and the one
before it. Fresh memory for each would cost more than the copy: the system clears it first."""

Batch = tuple[torch.Tensor, torch.Tensor]
"""Reflectance (n, bands, s, s) float32 channels-last; class codes (n, s, s) int64, of patches
(n, 1, 1). Of ``stored`` batches: reflectance × 10000 int16, class codes uint8."""

Seen = Callable[[npt.NDArray[np.uint16], npt.NDArray[np.uint8]], npt.NDArray[np.uint16]]
"""Pixels of an image (bands, s, s) and its mask that statistics are taken of, (bands, n)."""


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


def _labelled(image: npt.NDArray[np.uint16], mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    return image[:, mask > 0]


def measure_normalisation(selection: ChipSelection, seen: Seen = _labelled) -> Normalisation:
    """Mean and deviation of each band's logarithm (``Normalisation``) over what is seen.

    Stored numbers are counted first, so the order of chips is of no account; rounded to 1e-6.
    """
    bands, brightest = selection.image(0).shape[0], int(REFLECTANCE_SCALE)
    counts = np.zeros((bands, brightest + 1), np.int64)
    for item in range(len(selection)):
        values = seen(selection.image(item), selection.mask(item))
        for band in range(bands):
            counts[band] += np.bincount(values[band], minlength=brightest + 1)
    logarithm = np.log(np.arange(brightest + 1) / brightest + LOG_OFFSET)
    share = counts / counts.sum(axis=1, keepdims=True)
    mean = share @ logarithm
    std = np.sqrt((share * (logarithm - mean[:, None]) ** 2).sum(axis=1))
    return Normalisation(
        tuple(round(float(value), _DECIMALS) for value in mean),
        tuple(round(max(float(value), _SMALLEST_STD), _DECIMALS) for value in std),
    )


def to_reflectance(batch: Batch) -> Batch:
    """A stored batch as the network takes it, on whatever device it lies.

    Args:
        batch: reflectance × 10000 (n, bands, s, s) int16 and class codes (n, s, s) uint8.

    Returns:
        Reflectance float32, channels-last, and class codes int64.
    """
    images, masks = batch
    reflectance = images.to(torch.float32, memory_format=torch.channels_last)
    return reflectance.div_(float(REFLECTANCE_SCALE)), masks.to(torch.int64)


def share_out(count: int, batch_size: int, least: int = 1) -> list[slice]:
    """Batches of so many chips, none below ``least`` where there are that many at all.

    A last batch with fewer shares the chips of the one before it, half and half; where halves
    would be too small as well, the two are one batch of at most ``batch_size + least - 1``.
    """
    ends = [*range(0, count, batch_size), count]
    if len(ends) > 2 and ends[-1] - ends[-2] < least:
        together = ends[-1] - ends[-3]
        if together // 2 >= least:
            ends[-2] = ends[-3] + (together + 1) // 2
        else:
            del ends[-2]
    return [slice(*pair) for pair in pairwise(ends)]


class ChipBatches:
    """An iterable over batches; every iteration is one epoch.

    With ``augment`` the chips come in a new order each epoch, each flipped left–right
    and upside down with probability one half (Karra et al. 2021). Order and flips
    depend on the seed and on the number of the epoch only; ``epoch`` is the first one's.

    With ``stored``, for an accelerator, a batch keeps its stored numbers
    (``to_reflectance`` makes the rest there): a third of the bytes cross the bus, and
    threads copy the next batches while one is in use. The memory of a batch is used again after
    ``HELD_BATCHES`` more: whoever keeps one copies it. Without ``stored`` nothing runs beside the
    training: on two cores such threads cost a quarter of its speed (33 chips/s for 43).

    With ``shard`` (rank, world) of several processes each takes every ``world``-th chip of every
    batch: together they see what one process sees. Where a last batch has no chip for a
    process, it gets one without labels, so that all make the same number of steps.

    With ``least`` no batch has fewer chips: those of a last batch that would are shared out with
    the one before it, see :func:`share_out`.
    """

    def __init__(
        self,
        selection: ChipSelection,
        batch_size: int,
        *,
        augment: bool = False,
        seed: int = 0,
        epoch: int = 0,
        stored: bool = False,
        shard: tuple[int, int] = (0, 1),
        least: int = 1,
    ) -> None:
        self.selection = selection
        self.batch_size = batch_size
        self.augment = augment
        self.seed = seed
        self.epoch = epoch
        self.stored = stored
        self.rank, self.world = shard
        self.parts = share_out(len(selection), batch_size, least)
        self._most = max((part.stop - part.start for part in self.parts), default=batch_size)
        self._rooms: deque[Batch] = deque()

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        n = len(self.selection)
        order = rng.permutation(n) if self.augment else np.arange(n)
        flips = rng.integers(0, 2, size=(n, 2)) if self.augment else np.zeros((n, 2), np.int64)
        batches = (order[part] for part in self.parts)
        if self.stored:
            yield from self._gather_ahead(batches, flips)
        else:
            for chosen in batches:
                yield to_reflectance(self._gather(chosen, flips[chosen]))

    def _gather_ahead(
        self, batches: Iterator[npt.NDArray[np.int64]], flips: npt.NDArray[np.int64]
    ) -> Iterator[Batch]:
        """Stored batches in order, the next ones copied by threads meanwhile."""
        ahead = 2 * COPY_THREADS
        waiting: deque[tuple[Batch, Future[Batch]]] = deque()
        held: deque[Batch] = deque()
        try:
            with ThreadPoolExecutor(COPY_THREADS) as pool:
                while True:
                    for chosen in islice(batches, ahead - len(waiting)):
                        room = self._rooms.popleft() if self._rooms else self._empty(self._most)
                        copied = pool.submit(self._gather, chosen, flips[chosen], room)
                        waiting.append((room, copied))
                    if not waiting:
                        return
                    room, copied = waiting.popleft()
                    held.append(room)
                    if len(held) > HELD_BATCHES:
                        self._rooms.append(held.popleft())
                    yield copied.result()
        finally:
            self._rooms.extend([*held, *(room for room, _ in waiting)])

    def _empty(self, count: int) -> Batch:
        """Room for stored numbers, in memory that a GPU can copy from."""
        shapes = self.selection.image(0).shape, self.selection.mask(0).shape
        pinned = torch.cuda.is_available()
        images = torch.empty((count, *shapes[0]), dtype=torch.int16, pin_memory=pinned)
        return images, torch.empty((count, *shapes[1]), dtype=torch.uint8, pin_memory=pinned)

    def _gather(
        self,
        batch: npt.NDArray[np.int64],
        flips: npt.NDArray[np.int64],
        room: Batch | None = None,
    ) -> Batch:
        """Stored numbers of some chips, flipped."""
        from lulc_assets.core.training.gather import copy_chips  # loads numba

        own = slice(self.rank, None, self.world) if self.rank < len(batch) else slice(1)
        places, flips = self.selection.places[batch[own]], flips[own]
        images, masks = (part[: len(places)] for part in room or self._empty(len(places)))
        images_out, masks_out = images.numpy().view(np.uint16), masks.numpy()[:, None]
        for which in np.unique(places[:, 0]):
            at = np.flatnonzero(places[:, 0] == which)
            chips, rows = self.selection.sets[which], places[at, 1]
            copy_chips(chips.images, rows, flips[at], images_out, at)
            copy_chips(chips.masks[:, None], rows, flips[at], masks_out, at)
        if self.rank >= len(batch):
            masks.zero_()
        return images, masks
