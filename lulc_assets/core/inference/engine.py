"""Engines: what all of them promise, and what they share.

What belongs here: the interface, the check for numbers, classes and bytes from
probabilities, how threads are dealt out. What does not: the engines themselves
(``openvino_engine``, ``onnx_engine``, ``torch_engine``), their choice (``choose``), windows,
files.
"""

import math
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.model.bundle import Bundle

Dn = npt.NDArray[np.uint16]
"""Digital numbers of a block, (bands, h, w), 0 where nothing is seen."""

Layers = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Class codes and the winner's probability × 255 (rounded half up), both uint8 (h, w)."""

Outputs = Literal["layers", "softmax"]
"""Which results are wanted: :meth:`Predictor.predict` or :meth:`Predictor.probabilities`."""


class Predictor(Protocol):
    """Runs a bundle on blocks of digital numbers.

    ``predict`` and ``probabilities`` may be called by as many threads as ``prepare`` said.
    """

    @property
    def bundle(self) -> Bundle:
        """The model; it decides which scenes are accepted."""

    def identity(self) -> dict[str, str]:
        """What else but the model decides the last bits; goes into product identities."""

    def prepare(self, shape: tuple[int, int], blocks: int, outputs: Outputs = "layers") -> int:
        """Get ready for blocks of a shape; a second time for the same costs nothing.

        Args:
            shape: height and width, multiples of the network's stride.
            blocks: how many will come; decides how threads are dealt out.
            outputs: what will be asked for.

        Returns:
            How many blocks run side by side.
        """

    def predict(self, dn: Dn, offset_dn: float, scale: float, where: str) -> Layers:
        """Class and probability of every pixel of a block, whether anything is seen or not.

        Args:
            dn: (bands, h, w) of the prepared shape.
            offset_dn: reflectance = (dn + offset_dn) · scale, clipped to 0–1.
            scale: see there.
            where: scene and window, for messages.

        Raises:
            NotFinite: the network gave NaN or infinity.
        """

    def probabilities(
        self, dn: Dn, offset_dn: float, scale: float, where: str
    ) -> npt.NDArray[np.float32]:
        """Probabilities of all classes, float32 (classes, h, w); as :meth:`predict`."""


def require_finite(logit_sum: float, where: str) -> None:
    """Refuse a block whose logits do not sum to a number.

    Raises:
        NotFinite: names the window.
    """
    if not math.isfinite(logit_sum):
        raise NotFinite(
            f"{where}: the network gives NaN or infinity; check the model and the block"
        )


def winning_code(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Code of the most probable class: (classes, h, w) to uint8 (h, w); the first of equals."""
    code: npt.NDArray[np.uint8] = (probabilities.argmax(0) + 1).astype(np.uint8)
    return code


def as_byte(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probability × 255, rounded half up, as the graph does it."""
    rounded = np.floor(np.float32(255) * probability + np.float32(0.5))
    return np.minimum(rounded, np.float32(255)).astype(np.uint8)


def split_threads(threads: int, blocks: int) -> tuple[int, int]:
    """How many blocks run at once, and threads per block.

    A thread per block wastes nothing at barriers, but idles when blocks run out. Among the
    divisors of ``threads`` the largest number of blocks at once is taken that keeps nine
    tenths of the best use of threads.
    """
    streams = [s for s in range(1, threads + 1) if threads % s == 0]
    use = {s: blocks / (-(-blocks // s) * s) for s in streams}
    chosen = max(s for s in streams if use[s] >= 0.9 * max(use.values()))
    return chosen, threads // chosen


def cpu_capability() -> str:
    """Instruction sets that decide an engine's kernels, such as ``avx512_f+avx512_bf16``."""
    found = torch.cpu.get_capabilities()
    kernels = ("avx2", "avx512_f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    return "+".join(name for name in kernels if found.get(name)) or str(found["architecture"])
