import numpy as np
import pytest

from lulc_assets.core.accuracy.imputation import impute_second_look, with_alternates
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.settings import level_of_look
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets_tests.core.sampling.map_files import patchy_map
from lulc_assets_tests.core.sampling.samples import random_sample


@pytest.fixture
def world(tmp_path):
    """A map that is right, and interpreters who take a fifth of the trees (2) for crops (5)."""
    path, truth, grid = patchy_map(tmp_path / "map.tif", size=60, holes=False)
    sample = random_sample(grid, truth, 400)
    right = sample.units["class_code"].to_numpy(copy=True)
    rng = np.random.default_rng(5)
    first = np.where((right == 2) & (rng.random(right.size) < 0.2), 5, right)
    again = np.where(rng.random(right.size) < 0.4, right, 0)
    return [open_map(path)], with_codes(sample, first), with_codes(sample, again), right


def with_codes(sample, codes):
    units = sample.units.assign(class_code=np.asarray(codes, dtype=np.uint8))
    return ReferenceSample(units, sample.design)


def test_a_second_look_mends_areas_and_its_uncertainty_is_in_the_variance(world):
    maps, first, second, right = world

    found = impute_second_look(maps, first, second)

    shares = {code: np.mean(right == code) for code in (2, 5)}
    area = sum(one.value for one in found.areas_ha)
    labelled = np.mean(first.units["class_code"] == 2)
    told = found.areas_ha[1]
    assert abs(told.value / area - shares[2]) < abs(labelled - shares[2])
    assert told.ci_low / area < shares[2] < told.ci_high / area
    assert found.overall.value > 0.97
    assert 0 < found.missing_information[1] < 0.8
    assert found.missing_information[0] < 0.05
    assert found.twice > found.agreed


def test_where_every_unit_was_looked_at_twice_nothing_is_imputed(world):
    maps, first, _, right = world

    found = impute_second_look(maps, first, with_codes(first, right))

    assert found.overall.value == 1.0
    assert found.missing_information == (0.0,) * len(found.areas_ha)


def test_too_few_second_looks_are_refused(world):
    maps, first, second, _ = world
    few = np.where(np.arange(400) < 20, second.units["class_code"], 0)

    with pytest.raises(InvalidSample, match="have two interpretations; give at least 30"):
        impute_second_look(maps, first, with_codes(first, few))


def test_an_alternate_label_counts_only_where_the_map_shows_it(world):
    maps, first, _, right = world
    alternate = np.where(right == 2, 2, 0)

    either = with_alternates(first, with_codes(first, alternate), maps)

    assert (either.units["class_code"] == right).all()
    nothing = with_alternates(first, with_codes(first, np.full(400, 8)), maps)
    assert nothing.units["class_code"].equals(first.units["class_code"])


def test_planned_looks_share_the_error_among_them():
    assert level_of_look(0.95, 1) == 0.95
    assert level_of_look(0.90, 4) == pytest.approx(0.975)
    with pytest.raises(InvalidSample, match="0 looks"):
        level_of_look(0.95, 0)
