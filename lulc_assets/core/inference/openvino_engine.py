"""The engine for CPUs: the bundle's graph, compiled by OpenVINO for one shape.

What belongs here: compiling and requests. What does not: the graph (``core/model/graph``) or
its quantisation (``int8``).
"""

from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import openvino as ov

from lulc_assets.core.inference.engine import (
    Dn,
    Layers,
    Outputs,
    cpu_capability,
    require_finite,
    split_threads,
)
from lulc_assets.core.inference.settings import CpuPrecision, Precision, usable_cores
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.hardware import multiplies_bf16
from lulc_assets.core.model.quantised import require_int8

_NEEDED: dict[Outputs, tuple[str, ...]] = {
    "layers": ("code", "probability", "logit_sum"),
    "softmax": ("probabilities", "logit_sum"),
}
_HINTS: dict[Precision, str] = {"bf16": "bf16", "fp32": "f32"}
_Key = tuple[tuple[int, int], int, Outputs]


class OpenVinoPredictor:
    """Runs a bundle with OpenVINO on the CPU.

    A block runs on one thread where there are enough blocks: no barrier, no idle core, and
    activations of a block stay near one core. Results do not depend on the threads.

    Args:
        bundle: the model.
        precision: of the convolutions; what comes before and after is always float32. With
            ``int8`` the few operations between convolutions that have no integer kernel are
            bfloat16 where the processor multiplies it.
        threads: CPU threads; None: all that the process may use.

    Raises:
        BundleError: the bundle has no INT8 graph, and one is wanted.
    """

    def __init__(
        self, bundle: Bundle, *, precision: CpuPrecision = "fp32", threads: int | None = None
    ) -> None:
        self.bundle = bundle
        self.precision = precision
        if precision == "int8":
            self._int8 = require_int8(bundle.record.int8, bundle.int8)
            self._floats: Precision = "bf16" if multiplies_bf16("cpu") else "fp32"
        else:
            self._floats = precision
        self._threads = threads or usable_cores()
        self._core = ov.Core()
        self._key: _Key | None = None
        self._streams = 0
        self._requests: SimpleQueue[ov.InferRequest] = SimpleQueue()

    def identity(self) -> dict[str, str]:
        """Engine, its version, precision, instruction sets."""
        return {
            "engine": "openvino",
            "engine_version": ov.__version__,
            "precision": self.precision,
            **({"floats": self._floats} if self.precision == "int8" else {}),
            "device": "cpu",
            "capability": cpu_capability(),
        }

    def prepare(self, shape: tuple[int, int], blocks: int, outputs: Outputs = "layers") -> int:
        """See :meth:`Predictor.prepare`; compiling takes a second or two."""
        self._streams, threads_each = split_threads(self._threads, blocks)
        key = (shape, self._streams, outputs)
        if key != self._key:
            compiled = self._core.compile_model(
                self._model(shape, outputs),
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": _HINTS[self._floats],
                    "NUM_STREAMS": self._streams,
                    "INFERENCE_NUM_THREADS": self._streams * threads_each,
                    # Pinned threads of two processes would share a core and leave others idle.
                    "ENABLE_CPU_PINNING": False,
                },
            )
            self._requests = SimpleQueue()
            for _ in range(self._streams):
                self._requests.put(compiled.create_infer_request())
            self._key = key
        return self._streams

    def predict(self, dn: Dn, offset_dn: float, scale: float, where: str) -> Layers:
        """See :meth:`Predictor.predict`."""
        code, probability = self._run(dn, offset_dn, scale, where, "layers")
        return code, probability

    def probabilities(
        self, dn: Dn, offset_dn: float, scale: float, where: str
    ) -> npt.NDArray[np.float32]:
        """See :meth:`Predictor.probabilities`."""
        (softmax,) = self._run(dn, offset_dn, scale, where, "softmax")
        return softmax

    def _run(
        self, dn: Dn, offset_dn: float, scale: float, where: str, outputs: Outputs
    ) -> list[npt.NDArray]:  # type: ignore[type-arg]
        """Results of a block without the batch axis, copied from the request."""
        if self._key is None or self._key[0] != dn.shape[1:] or self._key[2] != outputs:
            self.prepare((dn.shape[1], dn.shape[2]), 1, outputs)
        request = self._requests.get()
        try:
            np.copyto(request.get_tensor("dn").data[0], dn)
            request.get_tensor("offset_dn").data[...] = offset_dn
            request.get_tensor("scale").data[...] = scale
            request.infer()
            require_finite(float(request.get_tensor("logit_sum").data), where)
            return [request.get_tensor(name).data[0].copy() for name in _NEEDED[outputs][:-1]]
        finally:
            self._requests.put(request)

    def _model(self, shape: tuple[int, int], outputs: Outputs) -> ov.Model:
        """The graph with one shape and only the results that are wanted."""
        whole = self.read_graph()
        results = [whole.output(name).get_node() for name in _NEEDED[outputs]]
        model = ov.Model(results, whole.get_parameters(), "land cover")
        model.reshape({"dn": [1, len(self.bundle.bands), *shape]})
        return model

    def read_graph(self) -> ov.Model:
        """The whole graph of this precision, of free size, fed with float32."""
        if self.precision == "int8":
            return self._core.read_model(self._int8.structure, self._int8.constants)
        whole = self._core.read_model(self.bundle.graph)
        # Fed as float32, offset and scale are computed in float32; an integer input would be
        # converted to bfloat16 first, whose steps are 32 near 5000.
        whole.input("dn").get_node().set_element_type(ov.Type.f32)
        whole.validate_nodes_and_infer_types()
        return whole
