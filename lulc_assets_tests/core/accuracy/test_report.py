import dataclasses
import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.accuracy.build import build_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.estimation.estimate import Estimate, MissingReference
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets_tests.core.sampling.samples import TILE, blocky_map, random_sample, small_grid


def report_of(sample_size, design="simple_random"):
    grid = small_grid()
    truth = blocky_map(grid, [1, 2])
    sample = random_sample(grid, truth, sample_size, design=design) if sample_size else None
    return build_report(
        scope="tile",
        key=TILE,
        year=2023,
        class_map=truth,
        owned=np.ones(grid.shape, bool),
        pixel_areas_ha=pixel_areas_ha(grid),
        grid=grid,
        sample=sample,
    )


def test_a_report_survives_json_without_nan():
    for report in (report_of(200), report_of(10), report_of(0), report_of(30, "none")):
        text = json.dumps(report.to_dict(), allow_nan=False)
        again = AccuracyReport.from_dict(json.loads(text))

        assert again.to_dict() == report.to_dict()
        assert again.matrix.dtype == np.int64
        assert again.classes[0].color == report.classes[0].color


def test_what_cannot_be_estimated_comes_back_as_nan():
    estimate = Estimate(math.nan, math.nan, math.nan, math.nan, 0)

    assert estimate.to_dict()["value"] is None
    assert math.isnan(Estimate.from_dict(estimate.to_dict()).value)


@given(numbers=st.lists(st.floats(0, 1e9), min_size=4, max_size=4), n=st.integers(0, 10**6))
def test_an_estimate_survives_json_exactly(numbers, n):
    estimate = Estimate(*numbers, n)

    assert Estimate.from_dict(json.loads(json.dumps(estimate.to_dict()))) == estimate


def test_bounds_and_design_effect_survive_json():
    report = report_of(200)
    bounds = MissingReference(3, 0.02, 0.9, 0.92, (1.0,) * 9, (2.0,) * 9)
    full = dataclasses.replace(report, missing=bounds)

    again = AccuracyReport.from_dict(json.loads(json.dumps(full.to_dict(), allow_nan=False)))

    assert again.missing == bounds
    assert again.classes[1].f1 == full.classes[1].f1


def test_a_report_of_an_older_version_is_still_read():
    old = report_of(200).to_dict()
    for key in ("design_effect", "missing"):
        del old[key]
    for row in old["classes"]:
        del row["f1"]

    assert AccuracyReport.from_dict(old).classes[0].f1 is None
