"""What a project may say about engines; the defaults suit the machine.

What belongs here: plain settings, light enough to load with the project file. What does
not: the engines (``choose`` and the modules that it names).
"""

import os
from dataclasses import dataclass
from typing import Literal, get_args

EngineName = Literal["auto", "openvino", "onnxruntime", "torch"]
Precision = Literal["bf16", "fp32"]
"""Of convolutions, in every engine but ONNX Runtime, which has the second only."""
CpuPrecision = Literal["bf16", "fp32", "int8"]
WantedPrecision = Literal["auto", "bf16", "fp32", "int8"]


@dataclass(frozen=True)
class InferenceSettings:
    """How a network is run.

    Attributes:
        engine: ``auto``: torch where there is a GPU, else OpenVINO, else ONNX Runtime.
        precision: ``auto``: bfloat16 where the processor multiplies it (CPU: AMX or
            AVX512-BF16) and the engine can, else float32. What bfloat16 costs is measured by
            ``benchmarks/scene_inference``; ``fp32`` where maps of different machines must agree.
            ``int8``: 8-bit integers, in OpenVINO on a CPU, from a graph that is made when a model
            is promoted and is refused if it loses more than half a point of agreement
            (``core/model/quantised``).
        threads: CPU threads; without it as many as the process may use. They decide the
            time, not one bit of the result.
        applicability: also say for each cell how far it is from what the model was trained on
            (``core/model/applicability``), as a layer of each prediction. Costs one more pass
            of the encoder, in float32; off by default, and then nothing.
    """

    engine: EngineName = "auto"
    precision: WantedPrecision = "auto"
    threads: int | None = None
    applicability: bool = False

    def __post_init__(self) -> None:
        if self.engine not in get_args(EngineName):
            raise ValueError(
                f"engine {self.engine!r} is not one of {', '.join(get_args(EngineName))}"
            )
        if self.precision not in get_args(WantedPrecision):
            raise ValueError(
                f"precision {self.precision!r} is not one of {', '.join(get_args(WantedPrecision))}"
            )
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads must be at least 1, not {self.threads}")


def usable_cores() -> int:
    """Cores that this process may run on (a container may allow fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
