"""Engines: one block of reflectance in, class and probability out.

What belongs here: the interface and its implementations. What does not: windows, files.
"""

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.hardware import Device, best_device, describe_device

InferencePrecision = Literal["fp32", "bf16"]

Layers = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Class codes and the winner's probability × 255, both (h, w) uint8, 0 = invalid."""


class Predictor(Protocol):
    """Runs a bundle on blocks."""

    @property
    def bundle(self) -> Bundle:
        """The model; it decides which scenes are accepted."""

    @property
    def stride(self) -> int:
        """Heights and widths of blocks must be multiples of this."""

    def identity(self) -> dict[str, str]:
        """What else but the model decides the last bits; goes into product identities."""

    def predict(
        self, reflectance: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], where: str
    ) -> Layers:
        """Class and probability of one block.

        Args:
            reflectance: (6, h, w) float32, 0–1, invalid pixels 0.
            valid: (h, w) bool; elsewhere both layers are 0.
            where: scene and window, for messages.

        Raises:
            NotFinite: the network gave NaN or infinity.
        """


def quantise_probability(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probability 0–1 as floor(255 · p + 0.5), uint8 (DESIGN: class-weighted mode)."""
    return np.floor(np.float32(255) * probability + np.float32(0.5)).astype(np.uint8)


class TorchPredictor:
    """Runs a bundle with torch, on a GPU if there is one and none is ruled out.

    Args:
        bundle: the model.
        precision: ``fp32`` (default: maps must not depend on what a CPU can do) or
            ``bf16``, about twice as fast where the hardware multiplies it.
        device: ``cpu`` or ``cuda``; None takes the best.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        precision: InferencePrecision = "fp32",
        device: Device | None = None,
    ) -> None:
        self.bundle = bundle
        self.precision = precision
        self.device: Device = device or best_device()
        network = bundle.network()
        self.stride = network.stride
        self._calibration = bundle.calibration
        self._network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def identity(self) -> dict[str, str]:
        """Engine, precision, device with its capability, torch version."""
        return {
            "engine": "torch",
            "engine_version": torch.__version__,
            "precision": self.precision,
            **describe_device(self.device),
        }

    def predict(
        self, reflectance: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], where: str
    ) -> Layers:
        """See :meth:`Predictor.predict`."""
        batch = torch.from_numpy(np.ascontiguousarray(reflectance))[None]
        batch = batch.to(self.device).contiguous(memory_format=torch.channels_last)
        with (
            torch.inference_mode(),
            torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16"),
        ):
            logits = self._calibration.apply(self._network(batch).float())
        if not torch.isfinite(logits).all():
            raise NotFinite(
                f"{where}: the network gives NaN or infinity; check the model and the block"
            )
        with torch.inference_mode():
            # 1 / Σ exp(z − max z) is the softmax of the winner without the other classes.
            best, index = logits[0].max(0)
            probability = 1.0 / torch.exp(logits[0] - best).sum(0)
        codes = (index + 1).to(torch.uint8).cpu().numpy()
        winner = quantise_probability(probability.cpu().numpy())
        return np.where(valid, codes, np.uint8(0)), np.where(valid, winner, np.uint8(0))
