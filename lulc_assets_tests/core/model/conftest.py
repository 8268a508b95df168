import pytest
import torch
from torch import nn

from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.network import LandCoverNetwork, Normalisation


@pytest.fixture(scope="session")
def network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 10, 2, 2))
    return LandCoverNetwork(layers, Normalisation((0.1,) * 6, (0.1,) * 6), 2).eval()


@pytest.fixture(scope="session")
def exported(network):
    return export_graph(network, Calibration.none(10))
