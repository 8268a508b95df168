"""The bundle's graph in ONNX Runtime and OpenVINO against torch: sizes, numbers of images."""

import numpy as np
import onnxruntime
import openvino
import pytest
import torch

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.model.graph import INPUTS, DeployedNetwork
from lulc_assets_tests.core.inference.conftest import bundle, bundle_dir  # noqa: F401
from lulc_assets_tests.core.inference.scene_for_tests import water_and_sand

SIZES = [(96, 160), (256, 64)]
ODD = (97, 131)
LEAST = 0.999


def images(count, height, width):
    """Water, sand and all that lies between, so that some classes are near their borders."""
    grid = PixelGrid(32633, 5e5, 5e6, height, width)
    dn = np.stack([water_and_sand(grid, seed) for seed in range(count)]).astype(np.float32)
    ramp = np.linspace(0.5, 1.5, width, dtype=np.float32)
    return (dn * ramp).astype(np.uint16)


@pytest.fixture(scope="module")
def by_torch(bundle):  # noqa: F811
    deployed = DeployedNetwork(bundle.network(), bundle.calibration).eval()

    def run(dn):
        with torch.inference_mode():
            return deployed(torch.from_numpy(dn), torch.tensor(0.0), torch.tensor(1e-4))[0].numpy()

    return run


def inputs(dn):
    return dict(zip(INPUTS, (dn, np.array(0, np.float32), np.array(1e-4, np.float32)), strict=True))


@pytest.fixture(scope="module")
def onnx_runtime(bundle):  # noqa: F811
    session = onnxruntime.InferenceSession(bundle.graph, providers=["CPUExecutionProvider"])
    return lambda dn: session.run(["code"], inputs(dn))[0]


@pytest.fixture(scope="module")
def open_vino(bundle):  # noqa: F811
    core = openvino.Core()
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(model=bundle.graph), "CPU", hint)
    return lambda dn: compiled(inputs(dn))["code"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("engine", ["onnx_runtime", "open_vino"])
def test_engines_give_the_classes_of_torch(request, by_torch, engine, count, size):
    dn = images(count, *size)
    expected, found = by_torch(dn), request.getfixturevalue(engine)(dn)
    assert found.shape == (count, *size)
    assert len(np.unique(expected)) > 1
    assert (found == expected).mean() >= LEAST


def test_a_size_between_multiples_of_the_stride_is_not_refused(by_torch, onnx_runtime, open_vino):
    dn = images(1, *ODD)
    expected = by_torch(dn)
    for found in (onnx_runtime(dn), open_vino(dn)):
        assert found.shape == (1, *ODD)
        assert (found == expected).mean() >= LEAST
