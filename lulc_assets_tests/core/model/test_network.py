import pytest
import torch

from lulc_assets.core.errors import UnknownArchitecture
from lulc_assets.core.model.applicability import cell_features
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.footprint import Footprint, measure_footprint
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.network import NetworkSpec, Normalisation, build_network
from lulc_assets.core.training.loss import weighted_loss_sums

PLAIN = Normalisation((0.0,) * 6, (1.0,) * 6, log_offset=1.0)


def spec(**changes):
    values = {
        "architecture": "Unet",
        "encoder": "resnet18",
        "encoder_depth": 3,
        "decoder_channels": (16, 8, 8),
        "in_channels": 6,
        "classes": 10,
        "dropout": 0.2,
    }
    return NetworkSpec(**{**values, **changes})


def test_a_network_gives_one_logit_a_class_and_pixel():
    network = build_network(spec(), PLAIN).eval()
    assert network(torch.zeros(2, 6, 32, 64)).shape == (2, 10, 32, 64)
    assert network.stride == 8


def test_normalisation_is_part_of_the_network():
    torch.manual_seed(1)
    plain = build_network(spec(), PLAIN).eval()
    scaled = build_network(spec(), Normalisation((0.25,) * 6, (0.5,) * 6, 0.5)).eval()
    scaled.model.load_state_dict(plain.model.state_dict())
    image = torch.rand(1, 6, 32, 32)
    seen = (torch.log(image + 0.5) - 0.25) / 0.5
    torch.testing.assert_close(scaled(image), plain(torch.exp(seen) - 1))
    assert {"mean", "std", "log_offset"} <= set(scaled.state_dict())


def test_a_reflectance_of_zero_is_finite_for_the_network():
    network = build_network(spec(), Normalisation((0.0,) * 6, (1.0,) * 6)).eval()
    assert network(torch.zeros(1, 6, 32, 32)).isfinite().all()


def test_dropout_acts_in_training_only():
    network = build_network(spec(dropout=0.5), PLAIN)
    image = torch.rand(1, 6, 32, 32)
    network.eval()
    assert torch.equal(network(image), network(image))
    network.model.segmentation_head.train()
    assert not torch.equal(network(image), network(image))


def test_stages_that_are_never_run_are_not_stored():
    names = build_network(spec(), PLAIN).state_dict()
    assert not [n for n in names if "layer3" in n or "layer4" in n]
    assert [n for n in names if "layer2" in n]


@pytest.mark.parametrize(
    ("architecture", "encoder", "depth"),
    [
        ("UnetPlusPlus", "resnet18", 3),
        ("fpn", "resnet18", 3),
        ("FPN", "resnet18", 4),
        ("FPN", "resnet18", 5),
        ("DeepLabV3Plus", "resnet18", 4),
        ("Segformer", "mit_b0", 5),
        ("Unet", "efficientnet-b0", 3),
        ("Unet", "tu-resnet10t", 3),
        ("Pixelwise", "3x3", 1),
    ],
)
def test_architectures_and_encoders_are_chosen_by_name(architecture, encoder, depth):
    chosen = spec(architecture=architecture, encoder=encoder, encoder_depth=depth)
    network = build_network(chosen, PLAIN).eval()
    assert network(torch.zeros(1, 6, 64, 64)).shape == (1, 10, 64, 64)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "encoder", "depth"),
    [
        ("Unet", "resnet50", 3),
        ("UnetPlusPlus", "resnet34", 3),
        ("FPN", "efficientnet-b0", 4),
        ("DeepLabV3Plus", "tu-resnet10t", 4),
        ("Segformer", "mit_b0", 5),
        ("Pixelwise", "3x3", 1),
    ],
)
def test_what_is_chosen_by_name_trains_is_exported_and_has_an_applicability(
    architecture, encoder, depth
):
    torch.manual_seed(0)
    chosen = spec(architecture=architecture, encoder=encoder, encoder_depth=depth)
    network = build_network(chosen, Normalisation((-2.0,) * 6, (0.5,) * 6))
    image, codes = torch.rand(2, 6, 64, 64), torch.randint(0, 11, (2, 64, 64))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    # The first layer's and the last one's.
    ends = [next(network.parts[0].parameters()), list(network.parts[2].parameters())[-1]]
    before = [end.detach().clone() for end in ends]
    total, weight = weighted_loss_sums(network(image), codes, torch.ones(10))
    (total / weight).backward()
    optimizer.step()
    assert torch.isfinite(total)
    assert not any(torch.equal(old, new) for old, new in zip(before, ends, strict=True))
    assert export_graph(network.eval(), Calibration.none(10))  # compares both
    with torch.no_grad():
        assert cell_features(network, image).isfinite().all()


def test_a_pixelwise_network_sees_a_pixel_and_its_eight_neighbours():
    torch.manual_seed(0)
    network = build_network(spec(architecture="Pixelwise"), PLAIN).eval()
    image = torch.rand(1, 6, 32, 32)
    changed = image.clone()
    changed[:, :, 10, 12] += 1
    found = (network(image) != network(changed)).any(1)[0].nonzero()
    assert found.min(0).values.tolist() == [9, 11]
    assert found.max(0).values.tolist() == [11, 13]
    assert measure_footprint(network) == Footprint(8, 8, measure_footprint(network).bytes_per_px)


def test_building_draws_the_weights_and_no_other_random_number():
    torch.manual_seed(4)
    first = build_network(spec(), PLAIN)
    after = torch.get_rng_state()
    torch.manual_seed(4)
    second = build_network(spec(), PLAIN)
    assert torch.equal(torch.get_rng_state(), after)
    assert first.training
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"architecture": "Vnet"}, "Vnet"),
        ({"encoder": "resnet19"}, "resnet19"),
        ({"decoder_channels": (16, 8)}, "depth 3"),
        ({"encoder_depth": 9}, "depth 9"),
    ],
)
def test_an_unknown_network_is_refused_by_name(changes, named):
    with pytest.raises(UnknownArchitecture, match=named):
        build_network(spec(**changes), PLAIN)
