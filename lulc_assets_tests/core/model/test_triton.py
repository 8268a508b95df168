"""Triton's configuration, against Triton's own protobuf; Triton itself runs nowhere here."""

import numpy as np
import onnxruntime
import pytest
from google.protobuf import text_format

from lulc_assets.core.model.triton import triton_config

model_config_pb2 = pytest.importorskip("tritonclient.grpc.model_config_pb2")

TYPES = {
    "tensor(uint8)": "TYPE_UINT8",
    "tensor(uint16)": "TYPE_UINT16",
    "tensor(float)": "TYPE_FP32",
}


@pytest.fixture(scope="module")
def config():
    found = model_config_pb2.ModelConfig()
    text_format.Parse(triton_config("lulc", 6, 10), found)
    return found


def test_the_configuration_is_one_that_triton_parses(config):
    assert (config.name, config.platform, config.max_batch_size) == ("lulc", "onnxruntime_onnx", 0)
    assert [list(i.dims) for i in config.input] == [[-1, 6, -1, -1], [1], [1]]
    assert config.input[1].HasField("reshape")


def test_it_describes_the_graph_that_is_exported(config, exported):
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    for stated, real in (
        (config.input, session.get_inputs()),
        (config.output, session.get_outputs()),
    ):
        assert [t.name for t in stated] == [t.name for t in real]
        for ours, graph in zip(stated, real, strict=True):
            kind = model_config_pb2.DataType.Name(ours.data_type)
            assert kind == TYPES[graph.type]
            axes = [] if ours.HasField("reshape") else list(ours.dims)
            fixed = [side if isinstance(side, int) else -1 for side in graph.shape]
            assert axes == fixed, ours.name


def test_any_number_of_images_of_any_size_runs(exported):
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    for shape in ((1, 6, 64, 64), (3, 6, 32, 96)):
        dn = np.random.default_rng(0).integers(1, 6000, shape).astype(np.uint16)
        feed = {"dn": dn, "offset_dn": np.array(0, np.float32), "scale": np.array(1e-4, np.float32)}
        alone = [session.run(["code"], {**feed, "dn": image[None]})[0] for image in dn]
        code = session.run(["code"], feed)[0]
        assert code.shape == (shape[0], *shape[2:])
        assert (code == np.concatenate(alone)).mean() >= 0.999
