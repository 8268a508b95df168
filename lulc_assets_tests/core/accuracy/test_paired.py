import numpy as np
import pytest

from lulc_assets.core.accuracy.paired import change_on_sample, compare_on_sample, strata_as_drawn
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.sampling.sample import ReferenceSample, units_from_mask
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, with_errors

TITLES = [c.name for c in KARRA_10.land]


@pytest.fixture
def world(tmp_path):
    """Truth, and a good and a worse map of it."""
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=200, holes=False)
    maps = []
    for name, share in (("good", 0.1), ("worse", 0.3)):
        codes = with_errors(truth, share, [1, 2, 5, 7], seed=len(name))
        maps.append([open_map(write_map(tmp_path / f"{name}.tif", codes, grid))])
    return truth, grid, maps


def test_the_better_map_is_found_on_one_sample(world):
    truth, grid, (good, worse) = world
    sample = random_sample(grid, truth, 500, population_pixels=truth.size)

    comparison, n = compare_on_sample(good, worse, sample)

    assert n == 500
    assert comparison.overall.ci_low > 0
    shown = [next(m[0].strips()).codes for m in (good, worse)]
    true = np.mean(shown[0] == truth) - np.mean(shown[1] == truth)
    assert comparison.overall.value == pytest.approx(true, abs=4 * comparison.overall.se)


def test_points_that_somebody_chose_have_no_standard_error(world):
    truth, grid, (good, worse) = world

    with pytest.raises(InvalidSample, match="not a probability sample"):
        compare_on_sample(good, worse, units_from_mask(truth, grid))


def test_maps_that_never_meet_the_sample_are_refused(world, tmp_path):
    truth, grid, (good, _) = world
    empty = [open_map(write_map(tmp_path / "empty.tif", np.zeros_like(truth), grid))]

    with pytest.raises(InvalidSample, match="on both maps"):
        compare_on_sample(good, empty, random_sample(grid, truth, 60))


def interpreted(sample, codes):
    return ReferenceSample(sample.units.assign(class_code=codes.astype(np.uint8)), sample.design)


def test_change_between_two_interpretations_of_the_same_units(world):
    truth, grid, _ = world
    before = random_sample(grid, truth, 400)
    old = before.units["class_code"].to_numpy()
    new = np.where((old == 2) & (np.arange(400) % 3 == 0), 5, old)
    unknown = new.copy()
    unknown[:40] = 0

    whole = change_on_sample(before, interpreted(before, new), area_ha=400.0, titles=TITLES)
    partial = change_on_sample(before, interpreted(before, unknown), area_ha=400.0, titles=TITLES)

    share = np.mean(new != old)
    assert whole.changed.value == pytest.approx(400 * share)
    assert whole.transitions.keys() == {(2, 5)}
    assert partial.changed.value == pytest.approx(400 * np.mean((new != old)[40:]))
    assert strata_as_drawn(before).names == ("all",)


def test_change_needs_the_same_units(world):
    truth, grid, _ = world
    before, after = (random_sample(grid, truth, n) for n in (100, 101))

    with pytest.raises(InvalidSample, match="not of the same units"):
        change_on_sample(before, after, area_ha=1.0, titles=TITLES)
    other = ReferenceSample(before.units.assign(inclusion_probability=0.5), before.design)
    with pytest.raises(InvalidSample, match="differ in inclusion_probability"):
        change_on_sample(before, other, area_ha=1.0, titles=TITLES)
