import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.model.reliability import BINS, Reliability


def logits_of(*probabilities):
    """Logits of two classes: the first has the probability."""
    p = torch.tensor(probabilities, dtype=torch.float64)
    return torch.stack([p, 1 - p], 1).log()


def test_the_error_is_the_mean_gap_between_share_correct_and_probability():
    found = Reliability.of(logits_of(0.9, 0.9, 0.6, 0.6), torch.tensor([0, 1, 0, 0]))
    assert found.pixels.sum() == 4
    gap = (2 * abs(0.5 - 0.9) + 2 * abs(1.0 - 0.6)) / 4
    assert found.expected_calibration_error == pytest.approx(gap)


def test_a_probability_of_one_falls_into_the_last_bin():
    found = Reliability.of(torch.tensor([[900.0, 0.0]]), torch.tensor([0]))
    assert found.pixels[-1] == 1
    assert found.expected_calibration_error == 0.0
    assert found.mean_nll == 0.0


def test_right_as_often_as_stated_is_no_error():
    labels = torch.tensor([0] * 8 + [1] * 2)
    found = Reliability.of(logits_of(*[0.8] * 10), labels)
    assert found.expected_calibration_error == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(0, 60))
def test_parts_add_up_to_the_whole_and_survive_a_record(seed, n, cut):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn((n, 4), generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 4, (n,), generator=generator)
    whole = Reliability.of(logits, labels)
    parts = Reliability.of(logits[:cut], labels[:cut]) + Reliability.of(logits[cut:], labels[cut:])
    assert parts.pixels.tolist() == whole.pixels.tolist()
    assert parts.correct.tolist() == whole.correct.tolist()
    assert parts.mean_nll == pytest.approx(whole.mean_nll)
    again = Reliability.from_dict(json.loads(json.dumps(whole.to_dict())))
    assert again.to_dict() == whole.to_dict()
    assert len(whole.pixels) == BINS
