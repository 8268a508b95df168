"""The whole way of a pixel as one graph: digital numbers in, class and probability out.

What belongs here: offset, scale, clipping, network, calibration, softmax, argmax and
quantisation in one module, and its export to ONNX. What does not: running it on blocks
(``core/inference``) or keeping it (``bundle``).

One graph for every engine: what decides a class is written once.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.network import LandCoverNetwork

if TYPE_CHECKING:
    import onnx

INPUTS = ("dn", "offset_dn", "scale")
"""uint16 (n, bands, h, w), 0 where nothing is seen; float32 and float32, without axes."""

OUTPUTS = ("code", "probability", "logit_sum", "probabilities")
"""Class code and the winner's probability × 255, uint8 (n, h, w); the sum of all logits,
float32 without axes: NaN or infinite if any logit is; all probabilities, float32
(n, classes, h, w). Of a patch classifier h and w of the outputs are 1."""

LARGEST_SIDE_PX = 16_384
"""Largest block that the exported graph takes; a Sentinel-2 tile has 10,980 pixels a side."""

LARGEST_BATCH = 1024

_SAMPLE_PX = 64
_LEAST_AGREEMENT = 0.999
"""Share of pixels with equal class that the exported graph must reach on noise: exact ties
and sums in another order are all that may differ."""


class DeployedNetwork(nn.Module):
    """A network with everything before and after it.

    Args:
        network: reflectance to logits.
        calibration: logits to the logits of probabilities that may vote.
    """

    bias: torch.Tensor

    def __init__(self, network: LandCoverNetwork, calibration: Calibration) -> None:
        super().__init__()
        self.network = network
        self.temperature = calibration.temperature
        self.register_buffer("bias", torch.tensor(calibration.bias)[:, None, None])

    def forward(
        self, dn: torch.Tensor, offset_dn: torch.Tensor, scale: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """:data:`INPUTS` to :data:`OUTPUTS`."""
        reflectance = reflectance_of_dn(dn, offset_dn, scale)
        logits = self.network(reflectance).float() / self.temperature + self.bias
        softmax = logits.softmax(1)
        winner, index = softmax.max(1)
        code = (index + 1).to(torch.uint8)
        probability = torch.floor(winner * 255.0 + 0.5).to(torch.uint8)
        return code, probability, logits.sum(), softmax


def reflectance_of_dn(
    dn: torch.Tensor, offset_dn: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Reflectance of 0–1, float32, of stored numbers; 0 where nothing is seen (a stored 0)."""
    stored = dn.to(torch.float32)
    reflectance = ((stored + offset_dn) * scale).clamp(0.0, 1.0)
    return torch.where(stored > 0, reflectance, torch.zeros_like(reflectance))


def export_graph(network: LandCoverNetwork, calibration: Calibration) -> bytes:
    """Export a network with its calibration to ONNX and compare both on a block of noise.

    Returns:
        The ONNX file. Equal networks and versions of torch give equal bytes. The number of
        images is free, and so are heights and widths. Where a side is not a multiple of the
        network's stride, engines do not refuse it: the decoder stretches its levels, and about
        1 % of the pixels get another class than in a padded image. Who runs a graph pads.

    Raises:
        BundleError: the exported graph gives other classes than the network.
    """
    deployed = DeployedNetwork(network, calibration).eval()
    bands, stride = network.mean.shape[1], network.stride
    side = max(1, _SAMPLE_PX // stride) * stride
    sample = _noise(network, bands, side)
    # Two steps in height and one more in width: no relation between the two is learnt.
    block = torch.zeros((2, bands, 2 * side, 2 * side + stride), dtype=torch.uint16)
    sides: dict[int, Any] = {
        axis: stride * torch.export.Dim(name, min=2, max=LARGEST_SIDE_PX // stride)
        for axis, name in ((2, "rows"), (3, "cols"))
    }
    sides[0] = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    with torch.inference_mode(), warnings.catch_warnings():
        # torch copies an object of its own that it has deprecated itself.
        warnings.filterwarnings("ignore", r"`isinstance\(treespec", FutureWarning)
        program = torch.onnx.export(
            deployed,
            (block, torch.tensor(0.0), torch.tensor(1e-4)),
            dynamo=True,
            dynamic_shapes=(sides, None, None),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            verbose=False,
        )
    if program is None:
        raise BundleError("torch.onnx.export gave no program for the network")
    content = _canonical(program.model_proto)
    _require_agreement(deployed, content, sample)
    return content


def _canonical(model: "onnx.ModelProto") -> bytes:
    """Bytes without the exporter's notes, which name files and lines of this machine."""
    clean = type(model)()
    clean.CopyFrom(model)
    del clean.metadata_props[:]
    del clean.graph.metadata_props[:]
    del clean.graph.value_info[:]
    for node in clean.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*clean.graph.input, *clean.graph.output):
        del value.metadata_props[:]
    for tensor in clean.graph.initializer:
        del tensor.metadata_props[:]
    return clean.SerializeToString(deterministic=True)


def _noise(network: LandCoverNetwork, bands: int, side: int) -> torch.Tensor:
    """Digital numbers with the statistics of the training data, uint16 (1, bands, side, side)."""
    generator = np.random.default_rng(0)
    spread = generator.standard_normal((1, bands, side, side), dtype=np.float32)
    with torch.inference_mode():
        reflectance = network.reflectance_of(torch.from_numpy(spread)).numpy()
    return torch.from_numpy(np.clip(reflectance * 1e4, 1, 65_535).astype(np.uint16))


def _require_agreement(deployed: DeployedNetwork, content: bytes, dn: torch.Tensor) -> None:
    import onnxruntime  # half a second to load, needed at promotion only

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    values = (dn.numpy(), np.array(0, np.float32), np.array(1e-4, np.float32))
    code = session.run(["code"], dict(zip(INPUTS, values, strict=True)))[0]
    with torch.inference_mode():
        expected = deployed(dn, torch.tensor(0.0), torch.tensor(1e-4))[0].numpy()
    equal = float((code == expected).mean())
    if equal < _LEAST_AGREEMENT:
        raise BundleError(
            f"the exported graph agrees with the network on {equal:.2%} of pixels of noise; the "
            "exporter does not serve this architecture, choose another one"
        )
