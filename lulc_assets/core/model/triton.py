"""The bundle's graph for NVIDIA's Triton Inference Server: its configuration, and its folders.

What belongs here: ``config.pbtxt`` and the layout of a model repository. What does not: running
Triton, which was never done here: the configuration is checked against Triton's own protobuf only.

Source: Triton Inference Server, "Model Configuration" and "Model Repository". The graph takes any
number of images of any size; sides that are not a multiple of its stride should be padded
(``graph.export_graph``).
"""

from pathlib import Path

from lulc_assets.core.model.bundle import Bundle

CONFIG_FILE = "config.pbtxt"
_TYPES = {"uint8": "TYPE_UINT8", "uint16": "TYPE_UINT16", "float32": "TYPE_FP32"}


def triton_config(name: str, bands: int, classes: int) -> str:
    """The configuration of a model, in protobuf's text form.

    ``max_batch_size`` is 0, since two inputs and an output have no batch axis: the axes of images
    are then spelt out, the first of which is their number.
    """
    tensors = {
        "input": [
            ("dn", "uint16", (-1, bands, -1, -1)),
            ("offset_dn", "float32", ()),
            ("scale", "float32", ()),
        ],
        "output": [
            ("code", "uint8", (-1, -1, -1)),
            ("probability", "uint8", (-1, -1, -1)),
            ("logit_sum", "float32", ()),
            ("probabilities", "float32", (-1, classes, -1, -1)),
        ],
    }
    lines = [f'name: "{name}"', 'platform: "onnxruntime_onnx"', "max_batch_size: 0"]
    for kind, known in tensors.items():
        lines += [_tensor(kind, *tensor) for tensor in known]
    return "\n".join(lines) + "\n"


def write_repository(bundle: Bundle, folder: Path, name: str = "lulc") -> Path:
    """Lay out a model repository: ``NAME/config.pbtxt`` and ``NAME/1/model.onnx``."""
    target = folder / name
    (target / "1").mkdir(parents=True, exist_ok=True)
    (target / "1" / "model.onnx").write_bytes(bundle.graph)
    config = triton_config(name, len(bundle.bands), len(bundle.legend.classes))
    (target / CONFIG_FILE).write_text(config, encoding="utf-8")
    return target


def _tensor(kind: str, name: str, dtype: str, dims: tuple[int, ...]) -> str:
    # A tensor without axes is told by a reshape: Triton's own inputs have one axis at least.
    shown = ", ".join(map(str, dims or (1,)))
    reshape = "" if dims else "\n    reshape: { shape: [ ] }"
    return (
        f'{kind} [\n  {{\n    name: "{name}"\n    data_type: {_TYPES[dtype]}\n'
        f"    dims: [ {shown} ]{reshape}\n  }}\n]"
    )
