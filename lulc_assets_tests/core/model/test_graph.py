import numpy as np
import onnx
import pytest
import torch
from torch import nn

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model import graph
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.graph import INPUTS, OUTPUTS, DeployedNetwork, export_graph
from lulc_assets.core.model.network import LandCoverNetwork, Normalisation


def test_equal_networks_give_equal_bytes(network, exported):
    assert export_graph(network, Calibration.none(10)) == exported


def test_the_file_names_no_file_or_line_of_the_machine(exported):
    model = onnx.load_from_string(exported)
    assert [value.name for value in model.graph.input] == list(INPUTS)
    assert [value.name for value in model.graph.output] == list(OUTPUTS)
    assert b".py" not in exported
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)


def test_a_graph_that_disagrees_with_its_network_is_refused(network, exported, monkeypatch):
    other = DeployedNetwork(network, Calibration((0.0,) * 9 + (99.0,), 1.0)).eval()
    noise = graph._noise(network, 6, 64)
    graph._require_agreement(DeployedNetwork(network, Calibration.none(10)), exported, noise)
    with pytest.raises(BundleError, match="another one"):
        graph._require_agreement(other, exported, noise)


def test_both_are_compared_on_numbers_like_those_of_training():
    layers = nn.Conv2d(6, 10, 1)
    seen = Normalisation((-2.0,) * 6, (0.5,) * 6)
    noise = graph._noise(LandCoverNetwork(layers, seen, 1), 6, 64).numpy() / 1e4
    logarithm = np.log(noise + seen.log_offset)
    assert abs(logarithm.mean() + 2.0) < 0.05
    assert abs(logarithm.std() - 0.5) < 0.05


def test_reflectance_is_clipped_and_a_stored_zero_is_dark(network):
    deployed = DeployedNetwork(network, Calibration.none(10)).eval()

    def softmax(dn, offset):
        block = torch.full((1, 6, 4, 4), dn, dtype=torch.uint16)
        with torch.no_grad():
            return deployed(block, torch.tensor(offset), torch.tensor(1e-4))[3].numpy()

    np.testing.assert_array_equal(softmax(11_000, 0.0), softmax(10_000, 0.0))
    np.testing.assert_array_equal(softmax(500, -1000.0), softmax(0, 0.0))
    np.testing.assert_array_equal(softmax(0, 1000.0), softmax(0, 0.0))
