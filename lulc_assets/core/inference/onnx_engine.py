"""The fallback for CPUs: the bundle's ONNX graph in ONNX Runtime, float32.

What belongs here: sessions. What does not: the graph (``core/model/graph``).
"""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from lulc_assets.core.inference.engine import (
    Dn,
    Layers,
    Outputs,
    cpu_capability,
    require_finite,
    split_threads,
)
from lulc_assets.core.inference.settings import usable_cores
from lulc_assets.core.model.bundle import Bundle


class OnnxRuntimePredictor:
    """Runs a bundle with ONNX Runtime on the CPU, where OpenVINO is not available.

    Args:
        bundle: the model.
        threads: CPU threads; None: all that the process may use.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        self.bundle = bundle
        self._threads = threads or usable_cores()
        self._threads_each = 0
        self._session: ort.InferenceSession | None = None

    def identity(self) -> dict[str, str]:
        """Engine, its version, precision, instruction sets."""
        return {
            "engine": "onnxruntime",
            "engine_version": ort.__version__,
            "precision": "fp32",
            "device": "cpu",
            "capability": cpu_capability(),
        }

    def prepare(self, shape: tuple[int, int], blocks: int, outputs: Outputs = "layers") -> int:
        """See :meth:`Predictor.prepare`; any shape runs in the same session."""
        del shape, outputs
        streams, threads_each = split_threads(self._threads, blocks)
        if self._session is None or threads_each != self._threads_each:
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads_each
            options.inter_op_num_threads = 1
            self._threads_each = threads_each
            self._session = ort.InferenceSession(
                self.bundle.graph, options, providers=["CPUExecutionProvider"]
            )
        return streams

    def predict(self, dn: Dn, offset_dn: float, scale: float, where: str) -> Layers:
        """See :meth:`Predictor.predict`."""
        code, probability = self._run(dn, offset_dn, scale, where, ["code", "probability"])
        return code, probability

    def probabilities(
        self, dn: Dn, offset_dn: float, scale: float, where: str
    ) -> npt.NDArray[np.float32]:
        """See :meth:`Predictor.probabilities`."""
        (softmax,) = self._run(dn, offset_dn, scale, where, ["probabilities"])
        return softmax

    def _run(
        self, dn: Dn, offset_dn: float, scale: float, where: str, names: list[str]
    ) -> list[npt.NDArray]:  # type: ignore[type-arg]
        if self._session is None:
            self.prepare((dn.shape[1], dn.shape[2]), 1)
        assert self._session is not None
        numbers = (np.array(value, np.float32) for value in (offset_dn, scale))
        feed = dict(zip(("dn", "offset_dn", "scale"), (dn[None], *numbers), strict=True))
        *found, logit_sum = self._session.run([*names, "logit_sum"], feed)
        require_finite(float(logit_sum), where)
        return [values[0] for values in found]
