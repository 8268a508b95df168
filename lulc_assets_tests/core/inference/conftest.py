import dataclasses

import pytest

from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.judging.bundling import write_bundle
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.training.train import train_model
from lulc_assets_tests.core.training.chips_for_tests import TINY, two_class_chips


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory):
    """A tiny model that tells dark water (1) from bright bare ground (8)."""
    chips = two_class_chips(n_train=16)
    trained_dir = tmp_path_factory.mktemp("trained")
    recipe = dataclasses.replace(TINY, max_epochs=2)
    model = train_model(
        [chips], recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=trained_dir
    )
    evaluation = evaluate_model(model, [chips])
    folder = tmp_path_factory.mktemp("bundle")
    return write_bundle(trained_dir, evaluation, Verdict(True, "test"), folder)


@pytest.fixture(scope="session")
def bundle(bundle_dir):
    """The same, loaded."""
    return Bundle.load(bundle_dir)


@pytest.fixture
def predictor(bundle):
    return TorchPredictor(bundle, device="cpu")
