from pathlib import Path

import pytest

from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.candidate import TrainedModel
from lulc_assets.core.training.train import train_model
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips


@pytest.fixture(scope="session")
def chips() -> Chips:
    return two_class_chips()


@pytest.fixture(scope="session")
def trained(chips: Chips, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A tiny candidate, trained once for all tests that only look at it."""
    out_dir: Path = tmp_path_factory.mktemp("trained")
    return train_model(
        [chips], TINY, KARRA_10, level="L2A", gsd_m=10.0, inputs={"chips": "abc"}, out_dir=out_dir
    )
