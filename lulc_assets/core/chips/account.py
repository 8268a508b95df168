"""What became of every labelled pixel, class by class, from label to chip.

What belongs here: the account as data, and how it goes on while chips are given up. What does
not: cutting (``cut``), what follows from a lost class (``core/training/readiness``).

Pixels are ground: one that is in many chips, on many dates, counts once for each class that it
has in some chip of a fold. It has another class than its label where the scene classification
overrides labels (clouds, snow); such pixels are ``added``. Hence, for each class and role,

    labelled + added = train + val − both + lost   (of gold labels: gold + lost).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend import Legend

TRAIN, VALIDATION, GOLD = "train", "val", "gold"
ROLE_FOLDS: Mapping[str, tuple[str, ...]] = {TRAIN: (TRAIN, VALIDATION), GOLD: (GOLD,)}
"""Role of a label → folds that its pixels may reach."""

BESIDE_GOLD = "chip touches gold"
BESIDE_VALIDATION = "chip touches validation ground"
FEW_LABELS = "chip has too few labels"
NO_DATA = "chip without data"
CLOUDY = "chip under clouds"
HIDDEN = "clouds, shadow or no data over the pixel"
STAGES = ("in no chip", BESIDE_GOLD, BESIDE_VALIDATION, FEW_LABELS, NO_DATA, CLOUDY, HIDDEN)
"""Why a pixel reaches no chip, in the order in which it could have been lost: it is counted
under the last obstacle that any chip over it met on any date."""

CODES = 64
"""A class is a bit of 64: legends have fewer classes."""

_BAND_ROWS = 2048
_BITS = np.arange(CODES, dtype=np.uint64)

Mask = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassAccount:
    """The pixels of one class and one role.

    Attributes:
        code: of the class.
        class_name: its machine name in the legend.
        role: ``train`` or ``gold``.
        labelled: pixels that labels cover.
        added: pixels that have the class in a chip by the scene classification only.
        reached: fold → pixels that have the class in a chip of the fold on some date.
        both: pixels of training labels that are in training and in validation chips.
        lost: reason → pixels that reach no chip.
    """

    code: int
    class_name: str
    role: str
    labelled: int
    added: int
    reached: Mapping[str, int]
    both: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def balance(self) -> int:
        """Pixels that nobody accounts for; 0."""
        kept = sum(self.reached.values()) - self.both
        return self.labelled + self.added - kept - sum(self.lost.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {**vars(self), "reached": dict(self.reached), "lost": dict(self.lost)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ClassAccount":
        """Rebuild from :meth:`to_dict`."""
        return cls(**data)

    def __add__(self, other: "ClassAccount") -> "ClassAccount":
        return ClassAccount(
            self.code,
            self.class_name,
            self.role,
            self.labelled + other.labelled,
            self.added + other.added,
            _summed(self.reached, other.reached),
            self.both + other.both,
            _summed(self.lost, other.lost),
        )


@dataclass(frozen=True)
class LabelAccount:
    """The account of all classes of one or several chip sets.

    Attributes:
        rows: by class code and role; classes without any pixel have none.
        accepted: names of classes that may be lost.
    """

    rows: tuple[ClassAccount, ...]
    accepted: tuple[str, ...] = ()

    def of(self, class_name: str, role: str) -> ClassAccount:
        """The row of a class and role; empty where there are no such labels."""
        for row in self.rows:
            if (row.class_name, row.role) == (class_name, role):
                return row
        return ClassAccount(0, class_name, role, 0, 0, dict.fromkeys(ROLE_FOLDS[role], 0))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes with a row, by code."""
        return tuple(dict.fromkeys(row.class_name for row in self.rows))

    @property
    def labelled_classes(self) -> tuple[str, ...]:
        """Names of the classes that labels of some role show, by code."""
        return tuple(
            name
            for name in self.classes
            if any(self.of(name, role).labelled for role in ROLE_FOLDS)
        )

    def count(self, fold: str) -> dict[str, int]:
        """Class name → pixels that reach a fold, of all classes of the account."""
        role = GOLD if fold == GOLD else TRAIN
        return {name: self.of(name, role).reached.get(fold, 0) for name in self.classes}

    def preceded_by(
        self, role: str, lost: Mapping[str, Mapping[int, int]], legend: Legend
    ) -> "LabelAccount":
        """The account with pixels that were lost before there was a mask.

        Args:
            role: of the labels.
            lost: reason → class code → pixels, as ``BurnReport.lost`` has them.
            legend: of the codes.
        """
        rows = {(row.class_name, row.role): row for row in self.rows}
        for reason, counts in lost.items():
            for code, pixels in counts.items():
                name = legend.by_code(int(code)).name
                row = rows.get((name, role)) or replace(self.of(name, role), code=int(code))
                rows[name, role] = replace(
                    row,
                    labelled=row.labelled + pixels,
                    lost=_summed(row.lost, {reason: pixels}),
                )
        return replace(self, rows=_ordered(rows.values()))

    def after(self, before: "Reached", now: "Reached", reason: str) -> "LabelAccount":
        """The account when some chips were given up for a reason."""

        def go_on(row: ClassAccount) -> ClassAccount:
            code = row.code
            lost = before.distinct(row.role, code) - now.distinct(row.role, code)
            return replace(
                row,
                reached={fold: now.count(fold, code) for fold in row.reached},
                both=now.both_of(code) if row.role == TRAIN else 0,
                lost=_summed(row.lost, {reason: lost}),
            )

        return replace(self, rows=tuple(map(go_on, self.rows)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {"rows": [row.to_dict() for row in self.rows], "accepted": list(self.accepted)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LabelAccount":
        """Rebuild from :meth:`to_dict`."""
        rows = tuple(ClassAccount.from_dict(row) for row in data["rows"])
        return cls(rows, tuple(data["accepted"]))


def join_accounts(accounts: Iterable[LabelAccount]) -> LabelAccount:
    """Several accounts as one: pixels of every tile and year are added up."""
    rows: dict[tuple[str, str], ClassAccount] = {}
    accepted: set[str] = set()
    for account in accounts:
        accepted |= set(account.accepted)
        for row in account.rows:
            key = (row.class_name, row.role)
            rows[key] = rows[key] + row if key in rows else row
    return LabelAccount(_ordered(rows.values()), tuple(sorted(accepted)))


@dataclass(frozen=True)
class Reached:
    """Pixels that have a class in some chip, by fold.

    Attributes:
        folds: fold → shape (codes,), int64.
        both: of training and validation chips, likewise.
    """

    folds: Mapping[str, Counts]
    both: Counts

    def count(self, fold: str, code: int) -> int:
        """Pixels of a class in chips of a fold."""
        return int(self.folds[fold][code])

    def both_of(self, code: int) -> int:
        """Pixels of a class in chips of training and of validation."""
        return int(self.both[code])

    def distinct(self, role: str, code: int) -> int:
        """Pixels of a class in chips of any fold that labels of a role reach."""
        found = sum(self.count(fold, code) for fold in ROLE_FOLDS[role])
        return found - (self.both_of(code) if role == TRAIN else 0)


def count_reached(
    corners: npt.NDArray[np.int64],
    splits: Sequence[str],
    masks: Mask,
    chosen: npt.NDArray[np.intp],
) -> Reached:
    """Count the pixels of each class that some chip of a fold shows.

    Args:
        corners: (n, 2), row and column of each chip's first pixel in the grid.
        splits: fold of each chip.
        masks: uint8 (n, s, s), class codes, 0 = unlabelled.
        chosen: numbers of the chips that count.
    """
    folds = {fold: np.zeros(CODES, np.int64) for fold in (TRAIN, VALIDATION, GOLD)}
    both = np.zeros(CODES, np.int64)
    of_split = {fold: np.array([s == fold for s in splits], dtype=bool) for fold in folds}
    for rows, members in _bands(corners, masks.shape[1], chosen):
        seen = {
            fold: _classes_seen(corners, masks, members[of_split[fold][members]], rows)
            for fold in folds
        }
        for fold, bits in seen.items():
            folds[fold] += _count_bits(bits)
        both += _count_bits(seen[TRAIN] & seen[VALIDATION])
    return Reached(folds, both)


def _bands(
    corners: npt.NDArray[np.int64], size: int, chosen: npt.NDArray[np.intp]
) -> Iterator[tuple[range, npt.NDArray[np.intp]]]:
    """Rows of the grid in bands, each with the chips that touch it: bounded memory."""
    if not len(chosen):
        return
    tops = corners[chosen, 0]
    for start in range(int(tops.min()), int(tops.max()) + size, _BAND_ROWS):
        touching = (tops < start + _BAND_ROWS) & (tops + size > start)
        yield range(start, start + _BAND_ROWS), chosen[touching]


def _classes_seen(
    corners: npt.NDArray[np.int64], masks: Mask, members: npt.NDArray[np.intp], rows: range
) -> npt.NDArray[np.uint64]:
    """Bit c of a pixel: some chip gives it class c; uint64 (rows, width)."""
    size = masks.shape[1]
    left, right = int(corners[:, 1].min()), int(corners[:, 1].max()) + size
    height = min(len(rows), int(corners[:, 0].max()) + size - rows.start)
    bits = np.zeros((height, right - left), np.uint64)
    for n in members:
        top, col = int(corners[n, 0]) - rows.start, int(corners[n, 1]) - left
        first, last = max(0, -top), min(size, height - top)
        own = np.uint64(1) << masks[n, first:last].astype(np.uint64)
        bits[top + first : top + last, col : col + size] |= own
    return bits


def _count_bits(bits: npt.NDArray[np.uint64]) -> Counts:
    """Pixels with each bit set, (codes,); bit 0 (unlabelled) counts nothing."""
    values, times = np.unique(bits, return_counts=True)
    found: Counts = (
        ((values[:, None] >> _BITS) & np.uint64(1)).astype(np.int64) * times[:, None]
    ).sum(axis=0)
    found[0] = 0
    return found


def _summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Sums by key without those that are 0, but for folds, which stay."""
    total = Counter(one)
    total.update(other)
    return {k: n for k, n in sorted(total.items()) if n or k in (TRAIN, VALIDATION, GOLD)}


def _ordered(rows: Iterable[ClassAccount]) -> tuple[ClassAccount, ...]:
    roles = list(ROLE_FOLDS)
    return tuple(sorted(rows, key=lambda row: (row.code, roles.index(row.role))))
