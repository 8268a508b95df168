import dataclasses
import json
import shutil

import numpy as np
import pytest

from lulc_assets.core.errors import BundleError, InvalidProject, NoTrainingChips
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.int8 import add_int8, measure_price, quantise
from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.artifacts import readable_json
from lulc_assets.core.model.bundle import BUNDLE_FILE, Bundle
from lulc_assets.core.model.quantised import ALLOWED_LOSS_POINTS, Int8Price
from lulc_assets.core.model.seal import write_manifest
from lulc_assets.core.training.dataset import select_chips
from lulc_assets_tests.core.inference.test_engine import block
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips

WANTED = InferenceSettings(precision="int8", threads=1)


@pytest.fixture(scope="module")
def chips():
    return two_class_chips(n_train=16)


@pytest.fixture(scope="module")
def with_int8(bundle_dir, chips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("int8") / "bundle"
    shutil.copytree(bundle_dir, folder)
    add_int8(folder, KARRA_10, [chips])
    return folder


@pytest.fixture
def copy(with_int8, tmp_path):
    return shutil.copytree(with_int8, tmp_path / "copy")


def test_a_bundle_with_int8_runs_it_when_asked(with_int8, bundle):
    quantised = Bundle.load(with_int8)
    assert quantised.digest != bundle.digest
    engine = choose_engine(quantised, WANTED)
    assert engine.identity()["precision"] == "int8"
    assert engine.identity() != choose_engine(quantised, InferenceSettings()).identity()
    full = OpenVinoPredictor(quantised, precision="fp32")
    dn = block()
    own, other = (run.predict(dn, 0.0, 1e-4, "") for run in (engine, full))
    assert (own[0] == other[0]).mean() > 0.99
    # It is another graph: some probability of the tiny network falls into another step.
    softmax = [run.probabilities(dn, 0.0, 1e-4, "") for run in (engine, full)]
    assert np.abs(softmax[0] - softmax[1]).max() > 1e-4
    np.testing.assert_allclose(softmax[0].sum(0), 1, atol=0.01)


def test_blocks_of_any_size_run_in_one_graph(with_int8):
    engine = OpenVinoPredictor(Bundle.load(with_int8), precision="int8", threads=1)
    dn = np.tile(block(), (1, 2, 3))
    codes, _ = engine.predict(dn, 0.0, 1e-4, "")
    assert codes.shape == dn.shape[1:]
    assert set(np.unique(codes)) <= set(KARRA_10.codes)


def test_the_price_is_measured_on_chips_that_were_not_trained_on(with_int8, chips):
    said = json.loads((with_int8 / BUNDLE_FILE).read_bytes())["int8"]
    price = Int8Price(**said["price"])
    assert set(price.agreement) == {"gold", "val"}
    assert price.acceptable
    gold, engine = select_chips([chips], "gold"), choose_engine(Bundle.load(with_int8), WANTED)
    hits = labelled = 0
    for item in range(len(gold)):
        mask = gold.mask(item)
        hits += (engine.predict(gold.image(item), 0.0, 1e-4, "")[0] == mask)[mask > 0].sum()
        labelled += (mask > 0).sum()
    assert price.agreement["gold"] == hits / labelled


def test_equal_chips_give_equal_bytes(bundle, chips):
    first, second = (quantise(bundle, select_chips([chips], "train")) for _ in range(2))
    assert first == second


def test_a_graph_that_costs_too_much_is_kept_out_and_refused_with_the_figure(
    bundle_dir, chips, tmp_path
):
    # Labels that the float network always meets: what INT8 sees otherwise is lost.
    folder = shutil.copytree(bundle_dir, tmp_path / "bundle")
    bundle = Bundle.load(folder)
    full = OpenVinoPredictor(bundle, precision="fp32")
    images = chips.images.copy()
    images[:16] = 1  # ranges of a night that never comes
    masks = np.stack([full.predict(image, 0.0, 1e-4, "")[0] for image in images])
    price = add_int8(folder, KARRA_10, [dataclasses.replace(chips, images=images, masks=masks)])
    assert price.loss_points > ALLOWED_LOSS_POINTS
    spoilt = Bundle.load(folder)
    assert spoilt.int8 is None
    assert not list(folder.glob("graph_int8*"))
    with pytest.raises(BundleError, match=rf"loses {price.loss_points:.2f} points"):
        choose_engine(spoilt, WANTED)
    assert choose_engine(spoilt, InferenceSettings(precision="fp32"))


def test_a_bundle_without_int8_says_how_to_get_it(bundle):
    with pytest.raises(BundleError, match="materialize model_bundle again"):
        choose_engine(bundle, WANTED)


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_other_engines_refuse_int8(with_int8, engine):
    wanted = InferenceSettings(engine, "int8")
    with pytest.raises(InvalidProject, match=engine):
        choose_engine(Bundle.load(with_int8), wanted)


@pytest.mark.parametrize("name", ["graph_int8.xml", "graph_int8.bin"])
def test_a_graph_that_is_not_the_one_recorded_is_refused(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        Bundle.load(copy)


def test_a_record_that_names_another_file_is_refused(copy):
    record = json.loads((copy / BUNDLE_FILE).read_bytes())
    record["int8"]["constants"]["file"] = "../../graph.bin"
    (copy / BUNDLE_FILE).write_bytes(readable_json(record))
    write_manifest(copy)
    with pytest.raises(BundleError, match=r"graph\.bin"):
        Bundle.load(copy)


def test_without_chips_there_is_nothing_to_calibrate_on_or_to_judge_by(bundle, with_int8, chips):
    with pytest.raises(NoTrainingChips, match="ranges"):
        quantise(bundle, select_chips([], "train"))
    empty = dataclasses.replace(chips, masks=np.zeros_like(chips.masks))
    with pytest.raises(NoTrainingChips, match="judge"):
        measure_price(Bundle.load(with_int8), [empty])


def test_without_nncf_the_extra_is_named(bundle, chips, monkeypatch):
    monkeypatch.setattr("lulc_assets.core.inference.int8.find_spec", lambda _: None)
    with pytest.raises(InvalidProject, match=r"lulc-assets\[int8\]"):
        quantise(bundle, select_chips([chips], "train"))
