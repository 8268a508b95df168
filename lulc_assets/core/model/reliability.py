"""Reliability: whether a probability of 0.8 is right eight times in ten.

What belongs here: the reliability diagram's numbers and the expected calibration error. What
does not: changing probabilities (``calibrate.py``) or drawing (``core/figures``).

Source: Guo et al. 2017, "On calibration of modern neural networks", section 2.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import PlainSerializer, PlainValidator

BINS = 15
"""Of equal width over 0–1, as Guo et al. and most who followed them."""


@dataclass(frozen=True)
class Reliability:
    """Pixels by the probability of their predicted class.

    Attributes:
        pixels: shape (BINS,), int64; bin i holds probabilities in (i / BINS, (i + 1) / BINS].
        confidence: sums of the predicted class's probability, shape (BINS,), float64.
        correct: pixels of which the predicted class is the label's, shape (BINS,), int64.
        nll: sum over pixels of −ln of the probability of the label, nats.
    """

    pixels: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    correct: npt.NDArray[np.int64]
    nll: float

    @classmethod
    def none(cls) -> "Reliability":
        """Of no pixel."""
        nothing = np.zeros(BINS, dtype=np.int64)
        return cls(nothing, np.zeros(BINS), nothing, 0.0)

    @classmethod
    def of(cls, logits: torch.Tensor, labels: torch.Tensor) -> "Reliability":
        """Count pixels.

        Args:
            logits: calibrated or not, (n, classes), any float type.
            labels: class indices from 0, (n,), int64.
        """
        log_probability = torch.log_softmax(logits.double(), 1)
        best, found = log_probability.max(1)
        sure = best.exp().cpu().numpy()
        places = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
        right = (found == labels).cpu().numpy()
        nll = float(-log_probability.gather(1, labels[:, None]).sum())
        return cls(
            np.bincount(places, minlength=BINS),
            np.bincount(places, weights=sure, minlength=BINS).astype(np.float64),
            np.bincount(places[right], minlength=BINS),
            nll,
        )

    def __add__(self, other: "Reliability") -> "Reliability":
        """Of both sets of pixels together."""
        return Reliability(
            self.pixels + other.pixels,
            self.confidence + other.confidence,
            self.correct + other.correct,
            self.nll + other.nll,
        )

    @property
    def expected_calibration_error(self) -> float:
        """Mean over pixels of |share correct − mean probability| of their bin, 0–1."""
        return float(np.abs(self.correct - self.confidence).sum() / max(1, self.pixels.sum()))

    @property
    def mean_nll(self) -> float:
        """Mean negative log-likelihood per pixel, nats."""
        return self.nll / max(1, int(self.pixels.sum()))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it (figures are derived again)."""
        return {
            "pixels": self.pixels.tolist(),
            "confidence": self.confidence.tolist(),
            "correct": self.correct.tolist(),
            "nll": self.nll,
            "mean_nll": self.mean_nll,
            "expected_calibration_error": self.expected_calibration_error,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Reliability":
        """Rebuild from :meth:`to_dict`.

        Raises:
            ValueError: a figure is missing or not a number.
        """
        try:
            return cls(
                np.array(data["pixels"], dtype=np.int64),
                np.array(data["confidence"], dtype=np.float64),
                np.array(data["correct"], dtype=np.int64),
                float(data["nll"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not the figures of a reliability: {error!r}") from error


RecordedReliability = Annotated[
    Reliability, PlainValidator(Reliability.from_dict), PlainSerializer(Reliability.to_dict)
]
"""A reliability as records spell it."""
