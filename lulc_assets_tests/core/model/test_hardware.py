import pytest

from lulc_assets.core.model import hardware


def test_auto_takes_bfloat16_only_where_the_hardware_multiplies_it(monkeypatch):
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda device: True)
    assert hardware.choose_training_precision("auto", "cpu") == "bf16-mixed"
    monkeypatch.setattr(hardware, "multiplies_bf16", lambda device: False)
    assert hardware.choose_training_precision("auto", "cpu") == "32-true"


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="fp8"):
        hardware.choose_training_precision("fp8", "cpu")


def test_the_description_of_the_cpu_tells_its_vector_units():
    assert hardware.describe_device("cpu")["capability"]
