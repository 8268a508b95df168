import json

import numpy as np
import pytest
import torch

from lulc_assets.core.errors import NotFinite, NoTrainingChips
from lulc_assets.core.judging.evaluate import Evaluation, evaluate_model, predict_some
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.calibration import Calibration
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips


class AlwaysClass:
    """A model that sees one class everywhere."""

    legend = KARRA_10

    def __init__(self, code, logit=1.0, bias=(0.0,) * 10):
        self.code, self.logit = code, logit
        self.calibration = Calibration(bias, 1.0)

    def network(self):
        code, logit = self.code, self.logit

        class Constant(torch.nn.Module):
            def forward(self, x):
                logits = torch.zeros(x.shape[0], 10, *x.shape[2:])
                logits[:, code - 1] = logit
                return logits

        return Constant()


def test_rows_are_predictions_and_columns_labels():
    chips = two_class_chips()
    evaluation = evaluate_model(AlwaysClass(8), [chips])
    gold = chips.masks[-2:]
    assert evaluation.matrix[7, 0] == (gold == 1).sum()
    assert evaluation.matrix[7, 7] == (gold == 8).sum()
    assert evaluation.n_pixels == (gold > 0).sum()
    assert evaluation.n_chips == 2
    assert evaluation.overall == pytest.approx((gold == 8).sum() / (gold > 0).sum())


def test_f1_is_that_of_the_definition_and_none_where_a_class_is_on_neither_side():
    chips = two_class_chips()
    evaluation = evaluate_model(AlwaysClass(8), [chips])
    precision, recall = evaluation.overall, 1.0
    expected = 2 * precision * recall / (precision + recall)
    assert evaluation.f1["bare_ground"] == pytest.approx(expected)
    assert evaluation.f1["water"] == 0.0
    assert evaluation.f1["trees"] is None


def test_the_calibrated_class_is_judged_not_the_bare_one():
    chips = two_class_chips()
    trees_after_all = (0.0, 2.0, *[0.0] * 8)
    evaluation = evaluate_model(AlwaysClass(8, bias=trees_after_all), [chips])
    assert evaluation.matrix[1].sum() == evaluation.n_pixels


def test_an_evaluation_survives_its_spelling_in_a_record():
    evaluation = evaluate_model(AlwaysClass(1), [two_class_chips()])
    data = json.loads(json.dumps(evaluation.to_dict()))
    again = Evaluation.from_dict(data)
    np.testing.assert_array_equal(again.matrix, evaluation.matrix)
    assert again.to_dict() == evaluation.to_dict()


def test_windows_share_out_the_pixels_of_the_matrix():
    chips = two_class_chips(n_gold=3)
    evaluation = evaluate_model(AlwaysClass(8), [chips])
    gold = chips.masks[-3:]
    assert evaluation.window_pixels.tolist() == (gold > 0).sum((1, 2)).tolist()
    assert evaluation.window_correct.tolist() == (gold == 8).sum((1, 2)).tolist()


def test_both_probabilities_are_judged_the_raw_and_the_calibrated():
    chips = two_class_chips()
    model = AlwaysClass(8, logit=0.0, bias=(0.0,) * 7 + (9.0, 0.0, 0.0))
    evaluation = evaluate_model(model, [chips])
    share = evaluation.overall
    assert evaluation.calibrated.expected_calibration_error == pytest.approx(1 - share, abs=0.01)
    assert evaluation.raw.confidence.sum() / evaluation.n_pixels == pytest.approx(0.1)


def test_some_chips_are_shown_with_their_labels_and_predictions():
    chips = two_class_chips(n_gold=18)
    shown = predict_some(AlwaysClass(3), [chips])
    assert shown.images.shape == (6, 6, 32, 32)
    assert (shown.predicted == 3).all()
    for image, mask in zip(shown.images, shown.masks, strict=True):
        (row,) = [i for i in range(len(chips.images)) if (chips.images[i] == image).all()]
        assert (chips.masks[row] == mask).all()


def test_the_reference_digest_changes_with_the_labels_only():
    chips = two_class_chips()
    digest = evaluate_model(AlwaysClass(1), [chips]).reference_digest
    chips.images[:] = 1
    assert evaluate_model(AlwaysClass(8), [chips]).reference_digest == digest
    chips.masks[-1, 0, 0] = 1 if chips.masks[-1, 0, 0] != 1 else 8
    assert evaluate_model(AlwaysClass(1), [chips]).reference_digest != digest


def test_no_gold_chip_is_an_error_not_an_accuracy_of_zero():
    with pytest.raises(NoTrainingChips, match="gold"):
        evaluate_model(AlwaysClass(1), [two_class_chips(n_gold=0)])


def test_a_network_that_gives_nan_is_refused():
    with pytest.raises(NotFinite, match="batch 1"):
        evaluate_model(AlwaysClass(1, logit=float("nan")), [two_class_chips()])


def test_a_candidate_on_disk_can_be_judged(trained, chips):
    evaluation = evaluate_model(trained, [chips], "val")
    assert evaluation.split == "val"
    assert evaluation.classes == KARRA_10.names
