"""Keeps the account of labelled pixels while chips are planned and cut.

What belongs here: which obstacle each labelled pixel met last. What does not: the account as
data (``account``), the plan and the cut themselves.
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.account import (
    GOLD,
    ROLE_FOLDS,
    STAGES,
    TRAIN,
    ClassAccount,
    LabelAccount,
    Reached,
)
from lulc_assets.core.grid import Window
from lulc_assets.core.legend import Legend

Mask = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Ledger:
    """How far each labelled pixel of a grid came.

    Args:
        train_mask: uint8 (h, w), class codes of training labels, 0 = unlabelled.
        gold_mask: likewise, of gold labels; no pixel has both.
    """

    def __init__(self, train_mask: Mask, gold_mask: Mask) -> None:
        self.masks = {TRAIN: train_mask, GOLD: gold_mask}
        self._stages = np.zeros(train_mask.shape, np.uint8)
        self._shown = np.zeros(train_mask.shape, dtype=bool)

    def meet(self, window: Window, pixels: Flags, obstacle: str) -> None:
        """Note that a chip over some pixels of a window met an obstacle."""
        stages = self._stages[window.slices]
        np.maximum(stages, np.where(pixels, np.uint8(STAGES.index(obstacle)), 0), out=stages)

    def show(self, window: Window, pixels: Flags) -> None:
        """Note that a chip shows some pixels with the class of their label."""
        self._shown[window.slices] |= pixels

    def account(self, reached: Reached, accepted: tuple[str, ...], legend: Legend) -> LabelAccount:
        """The account of the chips that were kept.

        Args:
            reached: what the kept chips show.
            accepted: names of classes that may be lost.
            legend: of the codes.

        Raises:
            UnknownClass: an accepted class is not in the legend.
        """
        for name in accepted:
            legend.code_of(name)
        rows = []
        for known in legend.classes:
            for role, folds in ROLE_FOLDS.items():
                row = self._row(known.code, known.name, role, folds, reached)
                if row.labelled or row.added:
                    rows.append(row)
        return LabelAccount(tuple(rows), accepted)

    def _row(
        self, code: int, name: str, role: str, folds: tuple[str, ...], reached: Reached
    ) -> ClassAccount:
        own = self.masks[role] == code
        lost = np.bincount(self._stages[own & ~self._shown], minlength=len(STAGES))
        labelled = int(own.sum())
        return ClassAccount(
            code,
            name,
            role,
            labelled,
            added=reached.distinct(role, code) - (labelled - int(lost.sum())),
            reached={fold: reached.count(fold, code) for fold in folds},
            both=reached.both_of(code) if role == TRAIN else 0,
            lost={reason: int(n) for reason, n in zip(STAGES, lost, strict=True) if n},
        )
