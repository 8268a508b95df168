"""Counting agreement with labels, batch by batch.

What belongs here: from logits and labels of chips to a matrix, sums of windows and reliability.
What does not: forward passes and what the counts mean (``evaluate``).
"""

import numpy as np
import torch

from lulc_assets.core.judging.windows import find_windows
from lulc_assets.core.model.reliability import Reliability
from lulc_assets.core.training.dataset import ChipSelection


class Tally:
    """What is counted of a selection of chips.

    Attributes:
        matrix: pixels, (n, n) int64, rows = prediction, columns = label.
        window_pixels: labelled pixels of each window, (windows,) int64.
        window_correct: those on which both agree, likewise.
        raw: reliability of the network's own probabilities.
        calibrated: reliability of the calibrated ones.
    """

    def __init__(self, selection: ChipSelection, classes: int) -> None:
        self.selection, self.windows = selection, find_windows(selection)
        self.matrix = np.zeros((classes, classes), dtype=np.int64)
        self.window_pixels = np.zeros(self.windows.count, dtype=np.int64)
        self.window_correct = np.zeros(self.windows.count, dtype=np.int64)
        self.raw = self.calibrated = Reliability.none()

    def add(
        self, first: int, raw: torch.Tensor, calibrated: torch.Tensor, codes: torch.Tensor
    ) -> None:
        """Count the labelled pixels of the chips from number ``first`` on.

        Args:
            first: number of the batch's first chip in the selection.
            raw: logits of the network, (b, n, s, s) float32.
            calibrated: likewise, calibrated.
            codes: labels, (b, s, s), 0 = unlabelled.
        """
        known = codes > 0
        labels = codes[known] - 1
        raw, calibrated = (logits.permute(0, 2, 3, 1)[known] for logits in (raw, calibrated))
        self.raw += Reliability.of(raw, labels)
        self.calibrated += Reliability.of(calibrated, labels)
        truth, predicted = labels.numpy(), calibrated.argmax(1).numpy()
        size = len(self.matrix)
        cells = np.bincount(predicted * size + truth, minlength=size**2)
        self.matrix += cells.reshape(size, size)
        chips = range(first, first + len(codes))
        places = np.stack([self.windows.of_pixels(self.selection, i) for i in chips])
        places = places[known.numpy()]
        count = self.windows.count
        self.window_pixels += np.bincount(places, minlength=count)
        self.window_correct += np.bincount(places[predicted == truth], minlength=count)
