"""The model card: one writer, one reader, and cards that were written before there was a type."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lulc_assets.core.errors import BundleError
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.card import ModelCard
from lulc_assets.core.store.canonical import digest_of, identity_of
from lulc_assets.core.training.candidate import TrainedModel, setup_of
from lulc_assets_tests.core.training.chips_for_tests import TINY

STORED = Path(__file__).parent / "cards" / "segmentation.json"
"""Written by a training while cards were plain dicts."""


def changed(tmp_path, **changes):
    """A copy of the stored card with top-level fields changed; None: left out."""
    card = {**json.loads(STORED.read_bytes()), **changes}
    path = tmp_path / "card.json"
    path.write_text(json.dumps({k: v for k, v in card.items() if v is not None}))
    return path


def test_a_stored_card_is_read_and_written_with_the_same_bytes():
    assert ModelCard.read(STORED).to_bytes() == STORED.read_bytes()


def test_what_a_stored_card_says_is_typed():
    card = ModelCard.read(STORED)
    assert card.legend == KARRA_10
    assert card.taught == ("water", "bare_ground")
    assert card.network.architecture == "Unet"
    assert card.best.val_accuracy == card.history[0].val_accuracy
    assert card.calibration_report.after.pixels.sum() == card.calibration_report.pixels
    assert TrainedModel(STORED.parent, card).recipe.encoder == TINY.encoder


@pytest.mark.parametrize("field", ["applicability", "pretrained", "devices"])
def test_a_card_from_before_a_field_stays_without_it(tmp_path, field):
    path = changed(tmp_path, **{field: None})
    assert getattr(ModelCard.read(path), field) is None
    assert field not in json.loads(ModelCard.read(path).to_bytes())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"best_epoch": None}, "best_epoch is missing"),
        ({"best_epoch": "1"}, "best_epoch = '1'"),
        ({"history": [{"epoch": 1}]}, r"history\.0\.learning_rate is missing"),
        ({"machine": {"device": 3}}, r"machine\.device = 3"),
        ({"weights": {"file": "w", "bytes": 1}}, r"weights\.sha256 is missing"),
        ({"calibration": {"bias": [0.0], "temperature": 1.0}}, "needs 10 finite biases"),
        ({"calibration_report": {"before": {}}}, r"calibration_report\.\w+"),
        ({"legend": {}}, "does not hold a legend"),
        ({"format": "other"}, "'other'"),
        ({"format_version": 4}, "version 4"),
    ],
)
def test_a_fault_is_named_by_file_and_field(tmp_path, changes, named):
    path = changed(tmp_path, **changes)
    with pytest.raises(BundleError, match=named):
        ModelCard.read(path)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"card\.json is missing"):
        ModelCard.read(tmp_path / "card.json")


def test_recipe_and_machine_make_the_identity_that_they_made_as_a_dict():
    setup = setup_of(TINY, "cpu")
    assert digest_of(identity_of(setup)) == digest_of(
        {
            "format": "lulc-model-card",
            "format_version": 3,
            "recipe": TINY.to_dict(),
            "recipe_digest": TINY.digest,
            "recipe_version": setup.recipe_version,
            "precision": setup.precision,
            "machine": dict(setup.machine),
            "framework": dict(setup.framework),
        }
    )
    assert digest_of(identity_of(replace(setup, precision="other"))) != digest_of(
        identity_of(setup)
    )
