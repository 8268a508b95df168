import dataclasses
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import floor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import InvalidProject, NotFinite
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.engine import as_byte, split_threads
from lulc_assets.core.inference.onnx_engine import OnnxRuntimePredictor
from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.graph import DeployedNetwork, export_graph
from lulc_assets.core.scene.recipe import BAND_ROLES
from lulc_assets_tests.core.inference.scene_for_tests import water_and_sand

SIZE = 64
OFFSET, SCALE = -100.0, 1e-4
ENGINES = {
    "openvino": OpenVinoPredictor,
    "onnxruntime": OnnxRuntimePredictor,
    "torch": lambda bundle: TorchPredictor(bundle, device="cpu"),
}


def block(seed=0):
    return water_and_sand(PixelGrid(32633, 0.0, 0.0, SIZE, SIZE), seed)


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request, bundle):
    return ENGINES[request.param](bundle)


@pytest.fixture(scope="module")
def broken(bundle):
    """The same bundle with a bias that is not a number."""
    network = bundle.network()
    with torch.no_grad():
        list(network.model.segmentation_head.parameters())[-1][3] = -float("inf")
    deployed = DeployedNetwork(network, bundle.calibration).eval()
    assert not torch.isfinite(deployed(*inputs(block()))[2])
    graph = export_graph(network, bundle.calibration)
    return dataclasses.replace(bundle, graph=graph)


def inputs(dn):
    return torch.from_numpy(dn)[None], torch.tensor(OFFSET), torch.tensor(SCALE)


def expected_layers(bundle, dn):
    """Straight from the rules, without the deployed network."""
    reflectance = np.clip((dn.astype(np.float32) + np.float32(OFFSET)) * np.float32(SCALE), 0, 1)
    reflectance[dn == 0] = 0
    with torch.no_grad():
        logits = bundle.network()(torch.from_numpy(reflectance)[None])[0].numpy()
    calibration = bundle.calibration
    votes = logits / calibration.temperature + np.array(calibration.bias)[:, None, None]
    soft = np.exp(votes - votes.max(0))
    soft /= soft.sum(0)
    return soft, soft.argmax(0) + 1, np.floor(255 * soft.max(0).astype(np.float64) + 0.5)


def test_every_engine_gives_the_class_and_probability_of_the_softmax(engine, bundle):
    dn = block()
    dn[:, :5] = 0
    soft, codes, winner = expected_layers(bundle, dn)
    engine.prepare((SIZE, SIZE), 1)
    found_codes, found_winner = engine.predict(dn, OFFSET, SCALE, "here")
    assert found_codes.dtype == found_winner.dtype == np.uint8
    np.testing.assert_array_equal(found_codes, codes)
    assert np.abs(found_winner - winner).max() <= 1
    assert (found_winner == winner).mean() > 0.99
    np.testing.assert_allclose(
        engine.probabilities(dn, OFFSET, SCALE, "here"), soft, rtol=1e-3, atol=1e-5
    )


def test_a_stored_zero_stays_dark_whatever_the_offset(engine):
    dark = np.zeros((len(BAND_ROLES), SIZE, SIZE), np.uint16)
    without = engine.predict(dark, 0.0, SCALE, "here")
    for offset in (-1000.0, 1000.0):
        for one, other in zip(engine.predict(dark, offset, SCALE, "here"), without, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_nan_and_infinity_are_an_error_with_the_window(broken, bundle, name):
    engine = ENGINES[name](broken)
    if name == "torch":
        with torch.no_grad():
            list(engine.deployed.network.model.segmentation_head.parameters())[-1][3] = np.nan
    with pytest.raises(NotFinite, match="scene A, window 3"):
        engine.predict(block(), OFFSET, SCALE, "scene A, window 3")
    with pytest.raises(NotFinite, match="scene A, window 3"):
        engine.probabilities(block(), OFFSET, SCALE, "scene A, window 3")


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_threads_and_company_do_not_change_a_bit(bundle, name):
    engine = {"openvino": OpenVinoPredictor, "onnxruntime": OnnxRuntimePredictor}[name]
    alone = engine(bundle, threads=1)
    alone.prepare((SIZE, SIZE), 1)
    blocks = [block(seed) for seed in range(8)]
    expected = [alone.predict(dn, OFFSET, SCALE, "") for dn in blocks]
    for number in (1, len(blocks)):  # one block on two threads; two blocks at once
        crowded = engine(bundle, threads=2)
        workers = crowded.prepare((SIZE, SIZE), number)
        assert workers == min(2, number)
        with ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(crowded.predict, dn, OFFSET, SCALE, "") for dn in blocks]
            found = [run.result() for run in running]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("engine", [OpenVinoPredictor, TorchPredictor])
def test_bfloat16_sees_nearly_the_same(bundle, engine):
    half, full = engine(bundle, precision="bf16"), engine(bundle, precision="fp32")
    dn = block()
    one, other = (run.predict(dn, OFFSET, SCALE, "") for run in (half, full))
    assert (one[0] == other[0]).mean() > 0.99
    assert half.identity() != full.identity()


def test_calibration_is_part_of_the_graph(bundle):
    bias = np.zeros(len(bundle.legend.classes))
    bias[4] = 50
    calibration = Calibration(tuple(bias), 2.0)
    certain = dataclasses.replace(bundle, graph=export_graph(bundle.network(), calibration))
    codes, winner = OpenVinoPredictor(certain).predict(block(), OFFSET, SCALE, "")
    assert (codes == 5).all()
    assert (winner == 255).all()


def test_the_identity_names_what_decides_the_last_bits(engine):
    identity = engine.identity()
    assert identity["precision"] == "fp32"
    assert {"engine", "engine_version", "device", "capability"} <= set(identity)


@given(st.integers(1, 64), st.integers(1, 100))
def test_threads_are_dealt_out_without_rest_or_oversubscription(threads, blocks):
    streams, each = split_threads(threads, blocks)
    assert streams * each == threads
    assert streams <= max(1, blocks / 0.9)


def test_many_blocks_run_a_thread_each_and_a_single_one_on_all():
    assert split_threads(8, 100) == (8, 1)
    assert split_threads(8, 1) == (1, 8)
    assert split_threads(2, 3) == (1, 2)


@given(st.integers(0, 255), st.sampled_from([-0.01, 0.01]))
def test_probabilities_are_rounded_half_up_to_255ths(step, nudge):
    exact = min(Fraction(1), (Fraction(step) + Fraction(1, 2) + Fraction(nudge)) / 255)
    probability = np.array([exact], np.float32)
    expected = min(255, floor(255 * Fraction(float(probability[0])) + Fraction(1, 2)))
    assert as_byte(probability)[0] == expected


def test_the_engine_follows_machine_and_project(bundle, monkeypatch):
    found = choose_engine(bundle, InferenceSettings(precision="fp32"))
    assert found.identity()["engine"] == ("torch" if torch.cuda.is_available() else "openvino")
    named = InferenceSettings("onnxruntime", "auto")
    assert choose_engine(bundle, named).identity()["engine"] == "onnxruntime"
    with pytest.raises(InvalidProject, match="float32 only"):
        choose_engine(bundle, InferenceSettings("onnxruntime", "bf16"))
    monkeypatch.setattr("lulc_assets.core.inference.choose.best_device", lambda: "cpu")
    monkeypatch.setattr("lulc_assets.core.inference.choose.multiplies_bf16", lambda _: True)
    assert choose_engine(bundle, InferenceSettings()).identity()["precision"] == "bf16"
    monkeypatch.setattr(
        "lulc_assets.core.inference.choose.find_spec",
        lambda name: None if name == "openvino" else object(),
    )
    assert choose_engine(bundle, InferenceSettings()).identity()["engine"] == "onnxruntime"
    with pytest.raises(InvalidProject, match="openvino is not installed"):
        choose_engine(bundle, InferenceSettings("openvino"))


@pytest.mark.parametrize("wrong", [{"engine": "tf"}, {"precision": "int4"}, {"threads": 0}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong)))):
        InferenceSettings(**wrong)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_cuda_agrees_with_the_cpu(bundle):
    dn = block()
    one = TorchPredictor(bundle, device="cuda")
    one.prepare((SIZE, SIZE), 2)
    other = TorchPredictor(bundle, device="cpu")
    found, expected = (run.predict(dn, OFFSET, SCALE, "") for run in (one, other))
    assert (found[0] == expected[0]).mean() > 0.999
    assert np.abs(found[1].astype(int) - expected[1]).max() <= 2
