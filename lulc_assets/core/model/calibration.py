"""Calibration: the step from a network's logits to probabilities that may vote.

What belongs here: the per-class bias and temperature of a model, and how they apply. What
does not: fitting them (``calibrate.py``).

Source of the form: a class-weighted loss shifts the log-odds by the logarithm of the
weights, which a temperature alone (Guo et al. 2017) cannot undo; bias-corrected
temperature scaling (Alexandari et al. 2020) can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from lulc_assets.core.errors import BundleError

SILENCE = -30.0
"""Bias of a class that is not mapped: 10⁻¹³ of the odds that its logit asks for. Logits of
trained networks lie within ±20; a much larger number would cost INT8 its resolution."""


@dataclass(frozen=True)
class Calibration:
    """softmax(logits / temperature + bias) is what a model believes.

    Attributes:
        bias: one number per class, in the order of the legend.
        temperature: above 0; larger makes the model less sure.
    """

    bias: tuple[float, ...]
    temperature: float

    @classmethod
    def none(cls, classes: int) -> "Calibration":
        """The identity."""
        return cls((0.0,) * classes, 1.0)

    def silencing(self, untaught: Sequence[bool]) -> "Calibration":
        """The same, in which classes that training never showed do not win.

        What a network says of them is a guess: they are not mapped, nor take from others.
        """
        pairs = zip(self.bias, untaught, strict=True)
        return replace(self, bias=tuple(SILENCE if silent else bias for bias, silent in pairs))

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Calibrated logits; (n, classes, h, w) float32 in and out."""
        bias = torch.tensor(self.bias, dtype=logits.dtype, device=logits.device)
        return logits / self.temperature + bias[:, None, None]

    def require(self, classes: int) -> None:
        """Refuse what cannot make probabilities.

        Raises:
            BundleError: there is not one finite bias per class, or the temperature is not
                above 0.
        """
        values = torch.tensor([*self.bias, self.temperature])
        if len(self.bias) != classes or not values.isfinite().all() or self.temperature <= 0:
            raise BundleError(
                f"calibration with bias {list(self.bias)} and temperature {self.temperature}: "
                f"needs {classes} finite biases and a temperature above 0; train the model again"
            )
