"""Accuracy of the year of change by tolerance."""

import numpy as np
import pytest

from lulc_assets.core.change.tolerance import TOLERANCES, accuracy_by_tolerance
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.strata import Strata


def strata_of(sizes, counts, **fields):
    return Strata(
        tuple(f"s{k}" for k in range(len(sizes))),
        np.repeat(np.arange(len(sizes)), counts).astype(np.int64),
        np.array(sizes, float),
        np.zeros(len(sizes)),
        **fields,
    )


def test_each_tolerance_counts_its_hits():
    mapped = np.array([2021, 2021, 2021, 2021, 2022, 0, 0, 0])
    true = np.array([2021, 2022, 2023, 0, 2022, 2022, 0, 0])
    found = accuracy_by_tolerance(mapped, true, strata_of([8], [8]))
    users = [found[name].users.value for name in TOLERANCES]
    producers = [found[name].producers.value for name in TOLERANCES]
    assert users == pytest.approx([2 / 5, 3 / 5, 4 / 5, 4 / 5])
    assert producers == pytest.approx([2 / 5, 3 / 5, 4 / 5, 4 / 5])


def test_strata_weigh_as_much_as_they_hold():
    """Omitted change in the large stratum of no change counts for its pixels."""
    mapped = np.array([2021] * 4 + [0] * 4)
    true = np.array([2021] * 4 + [2021, 0, 0, 0])
    found = accuracy_by_tolerance(mapped, true, strata_of([100, 900], [4, 4]))["exact"]
    assert found.users.value == 1.0 and found.users.ci_low < 1.0
    assert found.producers.value == pytest.approx(100 / (100 + 225))
    assert found.producers.ci_low < found.producers.value < found.producers.ci_high


def test_nothing_mapped_is_no_accuracy():
    none = np.zeros(4, int)
    found = accuracy_by_tolerance(none, none, strata_of([4], [4]))["ever"]
    assert np.isnan(found.users.value) and (found.users.ci_low, found.users.ci_high) == (0, 1)


def test_windows_count_as_windows():
    rng = np.random.default_rng(1)
    windows = np.repeat(np.arange(20), 10)
    true = np.where(np.repeat(rng.random(20) < 0.5, 10), 2021, 0)
    mapped = np.where(np.repeat(rng.random(20) < 0.8, 10), true, 0)
    plain, clustered = (
        accuracy_by_tolerance(mapped, true, strata_of([1000], [200], **fields))["exact"].producers
        for fields in ({}, {"primary": windows})
    )
    assert clustered.ci_high - clustered.ci_low > plain.ci_high - plain.ci_low


def test_years_must_be_those_of_the_sample():
    with pytest.raises(InvalidSample, match="sample of 4"):
        accuracy_by_tolerance(np.zeros(3, int), np.zeros(3, int), strata_of([4], [4]))
