from fractions import Fraction
from math import floor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.inference.engine import TorchPredictor, quantise_probability
from lulc_assets.core.scene.recipe import BAND_ROLES


def block(size=32, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((len(BAND_ROLES), size, size), dtype=np.float32), np.ones((size, size), bool)


@given(st.integers(0, 255), st.sampled_from([-0.01, 0.0, 0.01]))
def test_probabilities_are_rounded_half_up_to_255ths(step, nudge):
    exact = Fraction(step) + Fraction(1, 2) + Fraction(nudge)
    probability = np.float32(min(exact / 255, 1))
    expected = min(255, floor(255 * Fraction(float(probability)) + Fraction(1, 2)))
    found = int(quantise_probability(np.array([probability]))[0])
    # float32 decides exact halves either way; a nudge of 1/100 step it resolves.
    assert found == expected or (nudge == 0.0 and abs(found - expected) == 1)


def test_the_ends_of_the_scale_are_exact():
    found = quantise_probability(np.array([0, 0.5, 1], np.float32))
    np.testing.assert_array_equal(found, [0, 128, 255])


def test_class_and_probability_are_those_of_the_softmax(predictor, bundle):
    reflectance, valid = block()
    codes, winner = predictor.predict(reflectance, valid, "here")
    with torch.no_grad():
        soft = bundle.network()(torch.from_numpy(reflectance)[None])[0].softmax(0).numpy()
    np.testing.assert_array_equal(codes, soft.argmax(0) + 1)
    expected = np.floor(255 * soft.max(0).astype(np.float64) + 0.5)
    assert np.abs(winner - expected).max() <= 1
    assert (winner == expected).mean() > 0.999
    assert codes.dtype == winner.dtype == np.uint8


def test_invalid_pixels_are_zero_in_both_layers(predictor):
    reflectance, valid = block()
    valid[:, :7] = False
    codes, winner = predictor.predict(reflectance, valid, "here")
    assert not codes[:, :7].any()
    assert not winner[:, :7].any()
    assert codes[:, 7:].all()
    assert winner[:, 7:].all()


def test_a_network_that_gives_nan_is_an_error_with_the_window(predictor):
    with torch.no_grad():
        next(predictor._network.model.segmentation_head.parameters()).fill_(float("nan"))
    with pytest.raises(NotFinite, match="scene A, window 3"):
        predictor.predict(*block(), "scene A, window 3")


def test_bfloat16_sees_nearly_the_same(bundle, predictor):
    reflectance, valid = block()
    half = TorchPredictor(bundle, precision="bf16", device="cpu")
    assert (
        half.predict(reflectance, valid, "")[0] == predictor.predict(reflectance, valid, "")[0]
    ).mean() > 0.9
    assert half.identity() != predictor.identity()


def test_the_identity_names_what_decides_the_last_bits(predictor):
    identity = predictor.identity()
    assert identity["engine"] == "torch"
    assert identity["engine_version"] == torch.__version__
    assert identity["precision"] == "fp32"
    assert {"device", "capability"} <= set(identity)
