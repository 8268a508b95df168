"""The choice of the engine that suits machine and project.

What belongs here: the rules. What does not: the settings (``settings``) or the engines.
"""

from importlib.util import find_spec

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.settings import CpuPrecision, EngineName, InferenceSettings
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.hardware import Device, best_device, multiplies_bf16


def choose_engine(bundle: Bundle, settings: InferenceSettings) -> Predictor:
    """Load the engine that the settings name, or that suits the machine.

    Raises:
        InvalidProject: the named engine is not installed, or cannot do the precision.
        BundleError: INT8 is wanted, and the bundle does not have it, or it costs too much.
    """
    engine = settings.engine
    if settings.precision == "int8":
        if engine not in ("auto", "openvino"):
            raise InvalidProject(
                f"[inference] precision = 'int8' runs in openvino only, not in {engine}; leave "
                "engine out, or choose another precision"
            )
        engine = "openvino"
    if engine == "auto":
        engine = "torch" if best_device() == "cuda" else _cpu_engine()
    if engine != "torch" and find_spec(engine) is None:
        raise InvalidProject(f"[inference] engine {engine} is not installed: pip install {engine}")
    # Imported here: each engine takes half a second and some 100 MB that others do without.
    if engine == "onnxruntime":
        if settings.precision == "bf16":
            raise InvalidProject(
                "[inference] engine onnxruntime computes in float32 only; leave precision out, "
                "or take another engine"
            )
        from lulc_assets.core.inference.onnx_engine import OnnxRuntimePredictor

        return OnnxRuntimePredictor(bundle, threads=settings.threads)
    if engine == "openvino":
        from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor

        return OpenVinoPredictor(
            bundle, precision=choose_precision(settings, "cpu"), threads=settings.threads
        )
    from lulc_assets.core.inference.torch_engine import TorchPredictor

    device = best_device()
    precision = choose_precision(settings, device)
    assert precision != "int8"  # refused above
    return TorchPredictor(bundle, precision=precision, device=device)


def choose_precision(settings: InferenceSettings, device: Device) -> CpuPrecision:
    """Resolve ``auto``: bfloat16 where the hardware multiplies it."""
    if settings.precision == "auto":
        return "bf16" if multiplies_bf16(device) else "fp32"
    return settings.precision


def _cpu_engine() -> EngineName:
    return "openvino" if find_spec("openvino") else "onnxruntime"
