"""What is learnt from counts, and how it is kept."""

import json

import numpy as np
import pytest

from lulc_assets.core.change.counting import UNKNOWN, LetterCounts, count_letters
from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.evidence import Evidence, likely_next
from lulc_assets.core.change.odds import LOG_ONE, RATIO_LIMIT
from lulc_assets.core.change.symbols import BINS, LEVELS
from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.seasons import Part
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets_tests.core.change.evidence_of import plain_evidence

TREES, BARE = 2, 8
YEAR = (Part("0101", (1, 1)),)


def letter(code, place=2, level=0):
    return LEVELS * ((code - 1) * BINS + place) + level


def counts_of(classes, days, changed_on=0, probability=230, mask=1):
    classes = np.asarray(classes, np.uint8).reshape(-1, 1, 1)
    stack = Stack(
        classes, np.full_like(classes, probability),
        np.broadcast_to(np.asarray(mask, np.uint8).reshape(-1, 1, 1), classes.shape).copy(),
    )  # fmt: skip
    return count_letters(
        stack, days, np.full((1, 1), TREES, np.uint8), np.zeros((2, 1, 1), np.uint16), YEAR,
        np.full((1, 1), changed_on, np.uint16), 9,
    )  # fmt: skip


def test_views_are_counted_after_the_last_clear_view_of_land():
    days = ["2022-05-01", "2022-05-06", "2022-05-11", "2022-05-16", "2022-05-21"]
    counts = counts_of([TREES, 10, BARE, TREES, TREES], days, mask=[1, 1, 1, 0, 1])
    q2 = counts.pairs[TREES - 1, 1]
    assert q2[0, letter(TREES)] == q2[letter(TREES) + 1, letter(BARE)] == 1
    assert q2[letter(BARE) + 1, letter(TREES)] == 1 and counts.pairs.sum() == 3
    assert counts.views.sum() == 3 and not counts.changed.any()


def test_after_two_months_the_last_view_is_forgotten():
    counts = counts_of([TREES, TREES], ["2022-05-01", "2022-07-10"])
    assert counts.pairs[TREES - 1, 2, 0, letter(TREES)] == 1


def test_views_after_a_dated_change_are_counted_apart_and_begin_anew():
    days = ["2022-05-01", "2022-05-06", "2022-05-11"]
    counts = counts_of([TREES, BARE, BARE], days, changed_on=day_number("2022-05-04"))
    after = counts.changed[TREES - 1, 1]
    assert after[0, letter(BARE)] == 1 and after[letter(BARE) + 1, letter(BARE)] == 1
    assert counts.pairs.sum() == 1 and counts.changed.sum() == 2


def test_pixels_of_unknown_history_are_left_out():
    counts = counts_of([TREES], ["2022-05-01"], changed_on=UNKNOWN)
    assert not counts.pairs.any() and not counts.views.any()


def test_ratios_speak_for_change_within_their_limit():
    ratios = plain_evidence().ratios[TREES - 1, 1]
    limit = round(LOG_ONE * np.log(RATIO_LIMIT))
    assert 0 < ratios[0, letter(BARE)] <= limit
    assert -limit <= ratios[0, letter(TREES)] < 0
    assert ratios.min() >= -limit and ratios.max() <= limit


def test_a_second_view_that_errors_repeat_says_less_than_the_first():
    counts = plain_evidence().counts
    pairs = counts.pairs.copy()
    pairs[TREES - 1, :, letter(BARE) + 1, letter(BARE)] += 60_000
    sticky = Evidence(LetterCounts(pairs, counts.changed, counts.familiar, pairs.sum((2, 3))))
    first, again = (sticky.ratios[TREES - 1, 1, at, letter(BARE)] for at in (0, letter(BARE) + 1))
    assert again < 0.2 * LOG_ONE < first


def test_what_dated_changes_look_like_is_learnt():
    """Felled forest that is called crops half of the time."""
    counts = plain_evidence().counts
    changed = counts.changed.copy()
    changed[TREES - 1, 1, 0, letter(TREES)] = 4000
    learnt = Evidence(LetterCounts(counts.pairs, changed, counts.familiar, counts.views))
    at = (TREES - 1, 1, letter(TREES) + 1, letter(TREES))
    assert learnt.ratios[at] > plain_evidence().ratios[at]


def test_snow_is_neither_left_nor_reached():
    weights = likely_next()
    assert not weights[8].any() and not weights[:, 8].any()
    ratios = plain_evidence().ratios
    assert not ratios[8].any() and not ratios[..., letter(9)].any()
    np.testing.assert_allclose(weights[:8].sum(1), 1)


def test_likelihoods_are_probabilities():
    logs = plain_evidence().likelihoods / LOG_ONE
    np.testing.assert_allclose(np.exp(logs).sum(-1), 1, atol=0.02)


def test_evidence_needs_something_to_learn_from():
    with pytest.raises(InvalidProduct, match="no observation"):
        Evidence(LetterCounts.empty(9))


def test_evidence_is_kept_as_it_is(tmp_path):
    evidence = plain_evidence()
    path = evidence.write(tmp_path / "evidence.json")
    again = Evidence.read(path)
    assert again.digest == evidence.digest and again.origin == evidence.origin
    assert again.write(tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1}', "[]"])
def test_a_file_that_holds_no_evidence_is_refused_by_name(tmp_path, text):
    path = tmp_path / "evidence.json"
    path.write_text(text)
    with pytest.raises(ProductCorrupt, match=r"evidence\.json"):
        Evidence.read(path)


def test_evidence_of_another_legend_is_refused(tmp_path):
    path = plain_evidence().write(tmp_path / "evidence.json")
    data = json.loads(path.read_text()) | {"legend": "other"}
    path.write_text(json.dumps(data))
    with pytest.raises(ProductCorrupt, match="legend"):
        Evidence.read(path)
