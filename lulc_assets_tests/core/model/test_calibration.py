import pytest
import torch

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.calibration import Calibration


def test_no_calibration_changes_no_logit():
    logits = torch.randn(1, 3, 4, 4)
    assert torch.equal(Calibration.none(3).apply(logits), logits)


def test_the_temperature_divides_before_the_bias_is_added():
    logits = torch.full((1, 2, 1, 1), 6.0)
    calibrated = Calibration((1.0, -1.0), 2.0).apply(logits)
    assert calibrated.flatten().tolist() == [4.0, 2.0]


@pytest.mark.parametrize(
    ("bias", "temperature"),
    [((0.0,), 1.0), ((0.0, float("nan")), 1.0), ((0.0, 0.0), 0.0), ((0.0, 0.0), -1.0)],
)
def test_an_unusable_calibration_is_refused(bias, temperature):
    with pytest.raises(BundleError, match="needs 2 finite biases and a temperature above 0"):
        Calibration(bias, temperature).require(2)
