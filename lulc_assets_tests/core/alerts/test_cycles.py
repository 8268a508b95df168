"""What a pixel was seen as at this season of last year is no news."""

from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.pixels import read_alert_pixels
from lulc_assets.core.alerts.update import judge_year
from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.symbols import BINS, LEVELS
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets_tests.core.alerts.cases import BARE, CROPS, make_judge, views
from lulc_assets_tests.core.change.evidence_of import plain_evidence
from lulc_assets_tests.core.compositing.scenes import GRID

QUARTERS = CompositeSettings(seasons="quarters")
AUTUMN = [f"2022-10-{day:02d}" for day in range(1, 29, 4)]


def cyclic_evidence() -> Evidence:
    """Fields are bare on every second date where they were so in the season before."""
    counts = plain_evidence().counts
    crops, bare = CROPS - 1, LEVELS * ((BARE - 1) * BINS + 2) + 2
    pairs = counts.pairs.copy()
    pairs[crops, :, :, bare] = pairs[crops].sum(-1)
    familiar = counts.familiar.copy()
    familiar[crops, :, BARE - 1] = [10, 0, 90]
    return Evidence(LetterCounts(pairs, counts.changed, familiar, pairs.sum((2, 3))))


@pytest.fixture
def last_year(tmp_path):
    """A field that is green until autumn in its left half; the right half is never bare."""
    half = np.full(GRID.shape, CROPS)
    half[:, :20] = BARE
    green = {f"2021-{month:02d}-10": CROPS for month in range(1, 10)}
    autumn = {f"2021-10-{day:02d}": half for day in (3, 9, 15, 21)}
    scenes = views(tmp_path, {**green, **autumn})
    return compose_year(scenes, GRID, QUARTERS, tmp_path / "map")


def test_a_field_that_was_bare_last_autumn_is_no_alert_this_autumn(tmp_path, last_year):
    judge = make_judge(tmp_path, CROPS, sums=last_year.sums)
    judge = replace(judge, evidence=cyclic_evidence())
    scenes = views(tmp_path, {"2022-08-10": CROPS, **dict.fromkeys(AUTUMN, BARE)})
    judged = judge_year(judge, scenes, tmp_path / "out")
    pixels = read_alert_pixels(judged.states["latest"], judge.baseline, GRID, judge.settings)
    cols = pixels.places % GRID.width
    assert set(range(22, 40)) <= set(cols) <= set(range(20, 40))


def test_a_class_is_familiar_in_its_season_with_some_slack(tmp_path, last_year):
    judge = make_judge(tmp_path, CROPS, sums=last_year.sums)
    with BaselineFile(judge.baseline, GRID) as baseline:
        (window,) = GRID.blocks(512)
        block = baseline.read(window)
    bare = (block.familiar >> (BARE - 1)) & 1
    assert bare[3, :, :20].all() and not bare[3, :, 20:].any()
    assert not bare[:3].any()
    assert bare[4, :, :20].all() and not bare[4, :, 20:].any()
    assert baseline.year == 2021 and len(baseline.parts) == 4
