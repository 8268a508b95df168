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


def test_a_calibration_survives_its_spelling_in_a_record():
    calibration = Calibration((0.25, -1.5), 1.75)
    assert Calibration.from_dict(calibration.to_dict(), 2) == calibration


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"bias": [0.0], "temperature": 1.0},
        {"bias": [0.0, float("nan")], "temperature": 1.0},
        {"bias": [0.0, 0.0], "temperature": 0.0},
        {"bias": "no", "temperature": 1.0},
    ],
)
def test_a_record_without_a_usable_calibration_is_refused(record):
    with pytest.raises(BundleError, match="calibration"):
        Calibration.from_dict(record, 2)
