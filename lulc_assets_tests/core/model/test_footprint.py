import pytest
import torch
from torch import nn

from lulc_assets.core.model.footprint import measure_footprint
from lulc_assets.core.model.network import LandCoverNetwork, Normalisation

NEARLY_LINEAR = Normalisation((0.1,) * 2, (0.1,) * 2, log_offset=1000.0)


def network_of(*layers, stride):
    """Two bands in, three classes out."""
    return LandCoverNetwork(nn.Sequential(*layers), NEARLY_LINEAR, stride)


class NoNan(nn.Module):
    def forward(self, image):
        if not image.isfinite().all():
            pytest.fail("the network was probed with numbers that it cannot see")
        return image


def flat(layer):
    nn.init.constant_(layer.weight, 1.0)
    nn.init.zeros_(layer.bias)
    return layer


@pytest.mark.parametrize(("kernel", "stride", "halo"), [(9, 1, 4), (9, 4, 4), (41, 8, 24)])
def test_the_halo_of_a_single_convolution_is_half_its_kernel(kernel, stride, halo):
    layer = flat(nn.Conv2d(2, 3, kernel, padding=kernel // 2))
    assert measure_footprint(network_of(layer, stride=stride)).halo_px == halo


def test_what_hardly_matters_needs_no_halo():
    layer = flat(nn.Conv2d(2, 3, 41, padding=20))
    with torch.no_grad():
        layer.weight[:, :, 15:26, 15:26] = 5000.0
    # 121 cells of 5000 and the 1089 − 121 others within 16 px hold 99.9 % of the gradient.
    assert measure_footprint(network_of(layer, stride=1)).halo_px == 16


def test_the_halo_is_measured_on_numbers_that_the_network_can_see():
    """The logarithm of a negative reflectance is NaN, whose gradient says nothing."""
    seen = Normalisation((-2.0,) * 2, (0.5,) * 2)
    layer = flat(nn.Conv2d(2, 3, 9, padding=4))
    network = LandCoverNetwork(nn.Sequential(layer, NoNan()), seen, 1)
    assert measure_footprint(network).halo_px == 4


def test_memory_is_that_of_the_widest_layer_and_of_the_probabilities():
    network = network_of(nn.Conv2d(2, 16, 3, padding=1), nn.Conv2d(16, 3, 1), stride=4)
    found = measure_footprint(network)
    assert found.bytes_per_px == 4 * (16 + 3) + 4 * 2 * 3


def test_measuring_twice_gives_the_same():
    network = network_of(nn.Conv2d(2, 3, 9, padding=4), stride=2)
    assert measure_footprint(network) == measure_footprint(network)
