import numpy as np
import pytest

from lulc_assets.core.model.evaluate import Evaluation
from lulc_assets.core.model.promotion import PromotionSettings, decide_promotion

SETTINGS = PromotionSettings(min_overall=0.6, tolerance=0.01)


def judged(overall_permille, reference="gold-1"):
    matrix = np.array([[overall_permille, 1000 - overall_permille], [0, 0]])
    return Evaluation("gold", ("a", "b"), matrix, 3, reference)


@pytest.mark.parametrize(
    ("candidate", "promoted", "expected"),
    [
        (700, None, True),
        (599, None, False),
        (600, None, True),
        (800, 700, True),
        (695, 700, True),
        (690, 700, True),
        (689, 700, False),
        (550, 500, False),
    ],
)
def test_a_candidate_must_be_good_enough_and_not_worse(candidate, promoted, expected):
    other = None if promoted is None else judged(promoted)
    assert decide_promotion(judged(candidate), other, SETTINGS).promote is expected


def test_the_reason_has_both_figures():
    reason = decide_promotion(judged(650), judged(900), SETTINGS).reason
    assert "0.6500" in reason
    assert "0.9000" in reason
    assert "worse" in reason


def test_figures_from_different_windows_are_not_compared():
    verdict = decide_promotion(judged(900), judged(700, "gold-2"), SETTINGS)
    assert not verdict.promote
    assert "other windows" in verdict.reason
