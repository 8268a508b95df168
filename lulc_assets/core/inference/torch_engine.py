"""The engine for GPUs; on a CPU the reference that other engines are compared with.

What belongs here: running the deployed network in torch. What does not: the network
(``core/model/graph``).
"""

from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.inference.engine import Dn, Layers, Outputs, require_finite
from lulc_assets.core.inference.settings import Precision
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.graph import DeployedNetwork
from lulc_assets.core.model.hardware import Device, best_device, describe_device

_CUDA_SLOTS = 2
"""While one block is computed, the next is copied."""

_WARM_UPS = 3
"""Runs before a graph is captured, in which libraries allocate what capturing forbids."""

_Results = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class TorchPredictor:
    """Runs a bundle with torch, on a GPU if there is one and none is ruled out.

    On CUDA each of two slots has a stream, pinned buffers and a captured graph of the whole
    way from digital numbers to classes. That path has not been run on a GPU yet.

    Args:
        bundle: the model.
        precision: of the convolutions; what comes before and after is always float32.
        device: ``cpu`` or ``cuda``; None takes the best.
    """

    def __init__(
        self, bundle: Bundle, *, precision: Precision = "fp32", device: Device | None = None
    ) -> None:
        self.bundle = bundle
        self.precision = precision
        self.device: Device = device or best_device()
        network = DeployedNetwork(bundle.network(), bundle.calibration).eval()
        self.deployed: DeployedNetwork = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._shape: tuple[int, int] | None = None
        self._slots: SimpleQueue[_CudaSlot] = SimpleQueue()

    def identity(self) -> dict[str, str]:
        """Engine, its version, precision, device with its capability."""
        return {
            "engine": "torch",
            "engine_version": torch.__version__,
            "precision": self.precision,
            **describe_device(self.device),
        }

    def prepare(self, shape: tuple[int, int], blocks: int, outputs: Outputs = "layers") -> int:
        """See :meth:`Predictor.prepare`; on a CPU one block runs on all of torch's threads."""
        del blocks, outputs
        if self.device == "cpu":
            return 1
        if shape != self._shape:
            self._slots = SimpleQueue()
            for _ in range(_CUDA_SLOTS):
                self._slots.put(_CudaSlot(self, (len(self.bundle.bands), *shape)))
            self._shape = shape
        return _CUDA_SLOTS

    def predict(self, dn: Dn, offset_dn: float, scale: float, where: str) -> Layers:
        """See :meth:`Predictor.predict`."""
        code, probability, *_ = self._run(dn, offset_dn, scale, where)
        return code[0], probability[0]

    def probabilities(
        self, dn: Dn, offset_dn: float, scale: float, where: str
    ) -> npt.NDArray[np.float32]:
        """See :meth:`Predictor.probabilities`."""
        return self._run(dn, offset_dn, scale, where, softmax=True)[3][0]

    def slots(self) -> "list[_CudaSlot]":
        """The ways that ``prepare`` made ready on the GPU; for measurements."""
        return [self._slots.get() for _ in range(_CUDA_SLOTS)]

    def forward(self, dn: torch.Tensor, offset_dn: torch.Tensor, scale: torch.Tensor) -> _Results:
        """The deployed network on tensors of this device, in this precision."""
        half = self.precision == "bf16"
        with (
            torch.inference_mode(),
            # Without its cache, the cast of weights is part of a captured graph.
            torch.autocast(self.device, torch.bfloat16, enabled=half, cache_enabled=False),
        ):
            results: _Results = self.deployed(dn, offset_dn, scale)
            return results

    def _run(
        self, dn: Dn, offset_dn: float, scale: float, where: str, *, softmax: bool = False
    ) -> list[npt.NDArray]:  # type: ignore[type-arg]
        """Results in the order of ``graph.OUTPUTS``, with the batch axis."""
        if self.device == "cpu":
            found = self.forward(
                torch.from_numpy(dn)[None], torch.tensor(offset_dn), torch.tensor(scale)
            )
            results = [result.numpy() for result in found]
        else:
            self.prepare((dn.shape[1], dn.shape[2]), _CUDA_SLOTS)
            slot = self._slots.get()
            try:
                results = slot.run(dn, offset_dn, scale, softmax=softmax)
            finally:
                self._slots.put(slot)
        require_finite(float(results[2]), where)
        return results


class _CudaSlot:
    """One block's way through the GPU: a stream, pinned buffers, a captured graph."""

    def __init__(self, engine: TorchPredictor, shape: tuple[int, int, int]) -> None:
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._pinned = torch.zeros((1, *shape), dtype=torch.uint16, pin_memory=True)
        self._pinned_numbers = torch.zeros(2, pin_memory=True)
        # The same kernels in every run, and no TensorFloat-32, whose products have 10 bits and
        # which cuDNN takes for float32 by default.
        exact = torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        )
        with exact, torch.cuda.stream(self._stream):
            self._dn = torch.zeros((1, *shape), dtype=torch.uint16, device="cuda")
            self._numbers = torch.zeros(2, device="cuda")
            inputs = (self._dn, self._numbers[0], self._numbers[1])
            for _ in range(_WARM_UPS):
                engine.forward(*inputs)
            self._stream.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=self._stream):
                self._results = engine.forward(*inputs)
        self._out = [torch.empty(r.shape, dtype=r.dtype, pin_memory=True) for r in self._results]

    def run(self, dn: Dn, offset_dn: float, scale: float, *, softmax: bool) -> list[npt.NDArray]:  # type: ignore[type-arg]
        """Code, probability, sum of logits and, if wanted, softmax; copies."""
        np.copyto(self._pinned.numpy()[0], dn)
        self._pinned_numbers.numpy()[:] = offset_dn, scale
        wanted = len(self._results) if softmax else 3
        with torch.cuda.stream(self._stream):
            self._dn.copy_(self._pinned, non_blocking=True)
            self._numbers.copy_(self._pinned_numbers, non_blocking=True)
            self._graph.replay()
            for host, result in zip(self._out[:wanted], self._results, strict=False):
                host.copy_(result, non_blocking=True)
        self._stream.synchronize()
        return [host.numpy().copy() for host in self._out[:wanted]]

    def replay(self) -> None:
        """Compute once more what lies on the device; for measurements."""
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
