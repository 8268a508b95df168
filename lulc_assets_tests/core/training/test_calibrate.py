import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.calibrate import (
    FEWEST_PIXELS,
    LogitSample,
    fit_calibration,
    sample_logits,
)
from lulc_assets.core.training.dataset import count_class_pixels, select_chips

BOTH = "bias_and_temperature"


def drawn(shares, weights, *, n=60_000, sureness=1.0, seed=0):
    """Pixels of an ideal network that was trained with class weights.

    Its evidence is a noisy view of the class; its logits are the logarithm of the true
    posterior times the weights, times ``sureness``. Each hundred pixels are a place.
    """
    generator = torch.Generator().manual_seed(seed)
    p, w = (torch.tensor(v, dtype=torch.float64) for v in (shares, weights))
    labels = torch.multinomial(p, n, replacement=True, generator=generator)
    view = 2.0 * torch.nn.functional.one_hot(labels, len(p)).double()
    view += torch.randn(view.shape, generator=generator, dtype=torch.float64)
    log_posterior = torch.log_softmax(2.0 * view + p.log(), 1)
    logits = sureness * (log_posterior + w.log())
    return LogitSample(logits, labels, torch.arange(n) % (n // 100), n)


def start_of(weights):
    return [-float(torch.tensor(w).log()) for w in weights]


def test_what_class_weights_and_a_sure_network_distort_is_taken_back():
    shares, weights = [0.7, 0.25, 0.05], [1.9, 4.2, 15.0]
    sample = drawn(shares, weights, sureness=2.0)
    found = fit_calibration(sample, start_of(weights), BOTH)
    assert found.report.before.expected_calibration_error > 0.05
    assert found.report.after.expected_calibration_error < 0.01
    # logits = 2·(ln posterior + ln w): temperature 2, bias −ln w (up to a constant).
    assert found.calibration.temperature == pytest.approx(2.0, rel=0.05)
    bias = torch.tensor(found.calibration.bias) - torch.tensor(start_of(weights))
    assert float((bias - bias.mean()).abs().max()) < 0.1


def test_a_temperature_alone_cannot_take_class_weights_back():
    shares, weights = [0.9, 0.08, 0.02], [1.5, 10.0, 25.0]
    sample = drawn(shares, weights)
    alone = fit_calibration(sample, start_of(weights), "temperature")
    both = fit_calibration(sample, start_of(weights), BOTH)
    assert set(alone.calibration.bias) == {0.0}
    before, bent = alone.report.before.mean_nll, alone.report.after.mean_nll
    assert before - bent < 0.1 * (before - both.report.after.mean_nll)


def test_no_calibration_is_the_identity_and_still_judged():
    found = fit_calibration(drawn([0.5, 0.5], [2.0, 2.0]), [0.0, 0.0], "none")
    assert found.calibration.temperature == 1.0
    assert found.report.after.mean_nll == pytest.approx(found.report.before.mean_nll)


def test_a_class_that_validation_does_not_have_keeps_its_start():
    weights = [1.9, 4.2, 50.5]
    sample = drawn([0.7, 0.299, 0.001], weights, n=20_000)
    assert 0 < int((sample.labels == 2).sum()) < FEWEST_PIXELS
    found = fit_calibration(sample, start_of(weights), BOTH)
    assert found.report.kept_at_start == (3,)
    assert found.calibration.bias[2] == pytest.approx(start_of(weights)[2])
    # The others do not rise together to press it out.
    shift = torch.tensor(found.calibration.bias) - torch.tensor(start_of(weights))
    assert float(shift[:2].mean().abs()) < 0.05


def test_biases_move_less_where_few_places_speak():
    # The network over-states the odds of class 3 ten times: ln 10 = 2.3.
    def shift(n):
        sample = drawn([0.6, 0.3, 0.1], [1.0, 1.0, 10.0], n=n)
        found = fit_calibration(sample, [0.0, 0.0, 0.0], BOTH).calibration.bias
        return found[2] - (found[0] + found[1]) / 2

    few, many = shift(400), shift(60_000)
    assert -2.5 < many < -1.9
    assert many / 2 < few < 0


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.01, 1.0), min_size=2, max_size=5),
    st.floats(0.3, 3.0),
    st.integers(0, 1000),
)
def test_a_fit_is_never_less_likely_than_its_start(raw, sureness, seed):
    shares = [r / sum(raw) for r in raw]
    weights = [1 / float(torch.tensor(1.02 + s).log()) for s in shares]
    sample = drawn(shares, weights, n=3_000, sureness=sureness, seed=seed)
    sample = dataclasses.replace(sample, places=torch.zeros(3_000, dtype=torch.int64))
    found = fit_calibration(sample, start_of(weights), BOTH)
    assert not found.report.cross_fitted
    assert found.report.after.mean_nll <= found.report.start.mean_nll + 1e-6
    assert found.calibration.temperature > 0


def test_the_figures_after_are_of_places_that_the_fit_did_not_see():
    sample = drawn([0.5, 0.5], [1.0, 1.0], n=4_000)
    # In every second place the labels are turned round: no fit helps the other half.
    turned = sample.places % 2 == 1
    crossed = dataclasses.replace(
        sample, labels=torch.where(turned, 1 - sample.labels, sample.labels)
    )
    report = fit_calibration(crossed, [0.0, 0.0], BOTH).report
    assert report.cross_fitted
    assert report.after.mean_nll > 0.69


def test_the_sample_has_the_classes_as_the_chips_have_them(trained, chips):
    selection = select_chips([chips], "val")
    network = trained.network()
    every = sample_logits(network, selection, 10**6, seed=0)
    counts = count_class_pixels(selection, KARRA_10)
    assert torch.bincount(every.labels, minlength=10).tolist() == counts.tolist()
    some = sample_logits(network, selection, 500, seed=0)
    assert (len(some.labels), some.labelled) == (500, len(every.labels))
    share = float((some.labels == 0).double().mean())
    assert share == pytest.approx(counts[0] / counts.sum(), abs=0.1)
    again = sample_logits(network, selection, 500, seed=0)
    assert torch.equal(some.logits, again.logits)
    assert set(every.places.tolist()) == {0, 1}


def test_logits_belong_to_their_labels(trained, chips):
    selection = select_chips([chips], "val")
    network = trained.network()
    sample = sample_logits(network, selection, 10**6, seed=0)
    image = torch.from_numpy(selection.image(1).astype("float32") / 10_000)[None]
    with torch.inference_mode():
        expected = network(image)[0].permute(1, 2, 0)[torch.from_numpy(selection.mask(1)) > 0]
    found = sample.logits[sample.places == 1]
    torch.testing.assert_close(found.float(), expected, rtol=1e-4, atol=1e-4)


def test_a_network_that_gives_nan_is_refused(trained, chips):
    network = trained.network()
    with torch.no_grad():
        next(network.model.parameters()).fill_(float("nan"))
    with pytest.raises(NotFinite, match="validation"):
        sample_logits(network, select_chips([chips], "val"), 100, seed=0)
