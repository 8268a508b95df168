import numpy as np
import pytest

from lulc_assets.core.accuracy.paired import compare_on_sample
from lulc_assets.core.accuracy.where_apart import compare_where_they_differ
from lulc_assets.core.errors import InvalidProduct, InvalidSample
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets_tests.core.sampling.map_files import patchy_map, small_grid, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, sample_at, with_errors


@pytest.fixture
def world(tmp_path):
    """Truth, its grid, and a good and a worse map of it that differ on few pixels."""
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=200, holes=False)
    shown = [
        with_errors(truth, share, [1, 2, 5, 7], seed=int(100 * share)) for share in (0.05, 0.1)
    ]
    maps = [
        [open_map(write_map(tmp_path / f"{i}.tif", codes, grid))] for i, codes in enumerate(shown)
    ]
    return truth, grid, shown, maps


def drawn_there(world, n=150, seed=4, pixels=0):
    truth, grid, (good, worse), _ = world
    rows, cols = np.nonzero(good != worse)
    picked = np.random.default_rng(seed).choice(rows.size, n, replace=False)
    pixels = pixels or rows.size
    at = rows[picked], cols[picked]
    return sample_at(grid, *at, truth[at], chance=n / pixels, population_pixels=pixels)


def test_the_difference_of_the_region_comes_from_the_places_where_maps_differ(world):
    truth, grid, (good, worse), maps = world

    apart = compare_where_they_differ(*maps, drawn_there(world))
    whole, _ = compare_on_sample(*maps, random_sample(grid, truth, 150))

    true = np.mean(good == truth) - np.mean(worse == truth)
    assert apart.n == 150
    # Pixels of one grid differ in area by parts in a thousand.
    assert apart.share == pytest.approx(np.mean(good != worse), rel=1e-3)
    assert apart.overall.ci_low < true < apart.overall.ci_high
    # About 1 / sqrt(share) times as precise as as many units from everywhere.
    narrower = whole.overall.se / apart.overall.se
    assert 0.6 < narrower * np.sqrt(apart.share) < 1.7


def test_units_from_places_where_the_maps_agree_are_refused(world):
    truth, grid, _, maps = world

    with pytest.raises(InvalidSample, match="not drawn only where the maps differ"):
        compare_where_they_differ(*maps, random_sample(grid, truth, 150))


def test_a_sample_of_other_differences_is_refused_by_its_size(world):
    with pytest.raises(InvalidSample, match="drawn from 200 pixels, and these maps differ on"):
        compare_where_they_differ(*world[3], drawn_there(world, pixels=200))


def test_a_sample_of_differences_is_not_taken_for_one_of_the_region(world):
    with pytest.raises(InvalidSample, match="--where-they-differ"):
        compare_on_sample(*world[3], drawn_there(world))


def test_maps_of_other_grids_are_refused(world, tmp_path):
    truth, _, _, (good, _) = world
    elsewhere = small_grid(200, 200, offset=4000)
    other = [open_map(write_map(tmp_path / "other.tif", truth, elsewhere))]

    with pytest.raises(InvalidProduct, match="different grids"):
        compare_where_they_differ(good, other, drawn_there(world))
