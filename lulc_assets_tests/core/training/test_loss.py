import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.training.loss import LossWeights, class_weights, weighted_loss_sums


def test_weights_follow_the_inverse_log_formula():
    weights = class_weights([900, 100, 0])
    expected = [1 / np.log(1.92), 1 / np.log(1.12), 1 / np.log(1.02)]
    np.testing.assert_allclose(weights, expected, rtol=1e-12)


@given(hnp.arrays(np.int64, 10, elements=st.integers(0, 10**12)).filter(lambda a: a.sum() > 0))
def test_weights_are_finite_and_larger_for_rarer_classes(counts):
    weights = class_weights(counts)
    assert np.isfinite(weights).all()
    assert weights.max() <= 50.5
    order = np.argsort(counts)
    assert (np.diff(weights[order]) <= 0).all()


@given(
    hnp.arrays(np.int64, 10, elements=st.integers(0, 10**12)).filter(lambda a: a.sum() > 0),
    st.sampled_from(["sqrt_inverse", "none"]),
)
def test_the_alternatives_are_finite_and_never_smaller_for_rarer_classes(counts, formula):
    weights = class_weights(counts, formula)
    assert np.isfinite(weights).all()
    assert 1 <= weights.min() <= weights.max() <= 100
    assert (np.diff(weights[np.argsort(counts)]) <= 0).all()


def test_the_alternatives_follow_their_formulas():
    np.testing.assert_allclose(class_weights([75, 25, 0], "sqrt_inverse")[:2], [0.75**-0.5, 2.0])
    assert class_weights([75, 25, 0], "none").tolist() == [1.0, 1.0, 1.0]


def test_no_labelled_pixel_has_no_weights():
    with pytest.raises(NoTrainingChips, match="no training pixel"):
        class_weights([0, 0])


def test_the_loss_is_the_weighted_mean_of_the_labelled_pixels():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 5.0]]).T.reshape(1, 2, 1, 3)
    codes = torch.tensor([[[1, 2, 0]]])
    weights = torch.tensor([1.0, 3.0])
    loss_sum, weight_sum = weighted_loss_sums(logits, codes, weights)
    first, second = np.log(1 + np.exp(-2.0)), np.log(1 + np.exp(-1.0))
    assert float(loss_sum) == pytest.approx(first + 3 * second, rel=1e-6)
    assert float(weight_sum) == 4.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(-1e4, 1e4))
def test_unlabelled_pixels_never_influence_the_loss_nor_its_gradient(seed, value):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (2, 5, 5), generator=generator)
    logits = torch.randn((2, 3, 5, 5), generator=generator)
    weights = torch.tensor([1.0, 5.0, 50.0])
    unlabelled = (codes == 0)[:, None].expand_as(logits)
    changed = torch.where(unlabelled, torch.tensor(value), logits)
    expected = weighted_loss_sums(logits, codes, weights)
    changed.requires_grad_()
    found = weighted_loss_sums(changed, codes, weights)
    assert [float(x.detach()) for x in found] == [float(x) for x in expected]
    found[0].backward()
    assert (changed.grad[unlabelled] == 0).all()


def test_a_batch_without_labels_has_zero_sums():
    sums = weighted_loss_sums(torch.randn(1, 3, 2, 2), torch.zeros(1, 2, 2).long(), torch.ones(3))
    assert [float(s) for s in sums] == [0.0, 0.0]


def test_a_class_without_training_pixels_has_no_weight_in_validation():
    weights = LossWeights.of([900, 100, 0])
    assert weights.training == tuple(class_weights([900, 100, 0]))
    assert weights.validation == (*weights.training[:2], 0.0)
