"""The loss: class-weighted cross-entropy that ignores unlabelled pixels.

What belongs here: class weights and the loss. What does not: optimisers.

Source: Karra et al. 2021 (weighted cross-entropy, inverse-log weights, weight zero for
unlabelled pixels); formula of the weights: Paszke et al. 2016 (ENet), section 5.2.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.training.recipe import INVERSE_LOG_OFFSET, SMALLEST_SHARE, ClassWeights

UNLABELLED_INDEX = -1
"""Class index of a pixel without a label: mask code 0 minus 1."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the classes in the loss, one per class.

    Attributes:
        training: finite and above 0.
        validation: the same, but 0 for a class without a training pixel. A network cannot
            learn it and is wrong there the more surely the more it learns of the others: with
            the largest of all weights such pixels would choose the first epoch as the best.
    """

    training: tuple[float, ...]
    validation: tuple[float, ...]

    @classmethod
    def of(cls, class_pixels: npt.ArrayLike, formula: ClassWeights = "inverse_log") -> Self:
        """Weights by a formula, see :func:`class_weights`.

        Args:
            class_pixels: labelled training pixels of each class, shape (classes,).
            formula: of the recipe.

        Raises:
            NoTrainingChips: there is no labelled pixel at all.
        """
        weights = class_weights(class_pixels, formula)
        learnt = np.where(np.asarray(class_pixels) > 0, weights, 0.0)
        return cls(tuple(weights.tolist()), tuple(learnt.tolist()))


def class_weights(
    class_pixels: npt.ArrayLike, formula: ClassWeights = "inverse_log"
) -> npt.NDArray[np.float64]:
    """Weight of each class in the loss, shape (classes,), float64; finite and above 0.

    ``inverse_log``: w = 1 / ln(1.02 + p), p the share of a class; ``sqrt_inverse``:
    w = 1 / √p; ``none``: w = 1. A class without a pixel gets the weight of a class of
    vanishing share (50.5; 100).

    Args:
        class_pixels: labelled training pixels of each class, shape (classes,).
        formula: of the recipe.

    Raises:
        NoTrainingChips: there is no labelled pixel at all.
    """
    counts = np.asarray(class_pixels, dtype=np.float64)
    if counts.sum() <= 0:
        raise NoTrainingChips("no training pixel is labelled; check labels and chip filters")
    shares = counts / counts.sum()
    weights: npt.NDArray[np.float64] = np.ones_like(shares)
    if formula == "inverse_log":
        weights = 1.0 / np.log(INVERSE_LOG_OFFSET + shares)
    elif formula == "sqrt_inverse":
        weights = 1.0 / np.sqrt(np.maximum(shares, SMALLEST_SHARE))
    return weights


def weighted_loss_sums(
    logits: torch.Tensor, codes: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Numerator and denominator of the weighted mean cross-entropy, two scalars.

    The loss of a batch is their quotient. Both are 0 when no pixel is labelled.

    Args:
        logits: (n, classes, h, w), any float type; computed in float32.
        codes: (n, h, w), int64 class codes, 0 = unlabelled.
        weights: (classes,), float32.
    """
    scores, targets = logits.float(), codes - 1
    if logits.is_cuda:
        # One row per pixel: torch has no deterministic kernel for images on a GPU (on a CPU
        # it has, and rows would cost 8 % of a training step).
        scores = scores.permute(0, 2, 3, 1).reshape(-1, logits.shape[1])
        targets = targets.reshape(-1)
    summed = functional.cross_entropy(
        scores, targets, weight=weights, ignore_index=UNLABELLED_INDEX, reduction="sum"
    )
    labelled = targets != UNLABELLED_INDEX
    total = (weights[targets.clamp(min=0)] * labelled).sum()
    return summed, total
