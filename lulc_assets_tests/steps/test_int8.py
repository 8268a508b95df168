"""A project that asks for INT8: the bundle gets it at promotion, predictions say so."""

import pytest

from lulc_assets.core.errors import BundleError
from lulc_assets.core.store.keys import SceneOfYear, Whole
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.products import MODEL_BUNDLE, PREDICTED_SCENE
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work


@pytest.fixture
def wants_int8(copied):
    copied.write_text(copied.read_text() + '\n[inference]\nprecision = "int8"\n')
    return open_work(copied)


def test_int8_comes_with_the_bundle_and_predictions_are_made_anew(wants_int8, monkeypatch):
    # The model of this test learnt next to nothing; what it loses is not the question.
    monkeypatch.setattr("lulc_assets.core.model.quantised.ALLOWED_LOSS_POINTS", 100.0)
    before = wants_int8.read(MODEL_BUNDLE, Whole())
    (batch, *_) = plan_batches(wants_int8, KEY)
    with pytest.raises(BundleError, match="materialize model_bundle again"):
        predict_batch(wants_int8, batch)

    bundle = make_model_bundle(wants_int8)
    assert bundle is not None
    assert set(bundle.files) - set(before.files) == {"graph_int8.xml", "graph_int8.bin"}
    assert "INT8 loses" in bundle.properties.int8
    assert bundle.properties.candidate == before.properties.candidate
    assert make_model_bundle(wants_int8) == bundle

    key = SceneOfYear(TILE, YEAR, batch.scenes[0])
    former = wants_int8.read(PREDICTED_SCENE, key)
    (batch, *_) = plan_batches(wants_int8, KEY)
    result = predict_batch(wants_int8, batch)
    assert not [outcome.error for outcome in result.outcomes if outcome.error]
    record = wants_int8.read(PREDICTED_SCENE, key)
    assert record.basis.settings["predictor"]["precision"] == "int8"
    assert record.digest != former.digest


def test_int8_that_costs_too_much_promotes_the_model_and_refuses_to_predict(
    wants_int8, monkeypatch
):
    monkeypatch.setattr("lulc_assets.core.model.quantised.ALLOWED_LOSS_POINTS", -100.0)
    before = wants_int8.read(MODEL_BUNDLE, Whole())
    bundle = make_model_bundle(wants_int8)
    assert bundle is not None
    assert set(bundle.files) == set(before.files)
    (batch, *_) = plan_batches(wants_int8, KEY)
    with pytest.raises(BundleError, match=r"INT8 loses .* points"):
        predict_batch(wants_int8, batch)
