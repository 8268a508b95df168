import geopandas
import numpy as np
import pandas as pd
import pytest

from lulc_assets.core.accuracy.build import build_report
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units
from lulc_assets_tests.core.sampling.samples import TILE, blocky_map, random_sample, small_grid

CODES = [1, 2, 5, 7]


@pytest.fixture(scope="module")
def world():
    grid = small_grid()
    return grid, blocky_map(grid, CODES)


def warnings_of(grid, shown, sample):
    ones = np.ones(grid.shape, bool)
    report = build_report(
        scope="tile",
        key=TILE,
        year=2023,
        class_map=shown,
        owned=ones,
        pixel_areas_ha=pixel_areas_ha(grid),
        grid=grid,
        sample=sample,
    )
    return " ".join(report.warnings)


def moved(sample, dx, dy):
    frame = sample.units.assign(geometry=sample.units.geometry.translate(dx, dy))
    return ReferenceSample(arrange_units(frame), sample.design)


def test_points_without_strata_that_are_all_off_by_half_a_pixel_are_said_to_be(world):
    grid, truth = world
    sample = random_sample(grid, truth, 200)

    assert "middle" not in warnings_of(grid, truth, sample)
    for dx, dy in ((5.0, -5.0), (-4.99, 5.01)):
        said = warnings_of(grid, truth, moved(sample, dx, dy))
        assert "units lie equally far from the middle" in said
        assert "0.50 columns and 0.50 rows" in said
    assert "0.00 columns and 0.30 rows" in warnings_of(grid, truth, moved(sample, 0.0, 3.0))


def test_points_at_random_places_and_rounded_degrees_are_not(world):
    grid, truth = world
    sample = random_sample(grid, truth, 200)
    rng = np.random.default_rng(0)

    points = sample.units.geometry
    places = geopandas.points_from_xy(
        points.x + rng.uniform(-5, 5, 200), points.y + rng.uniform(-5, 5, 200), crs=points.crs
    )
    frame = sample.units.assign(geometry=places)
    anywhere = ReferenceSample(arrange_units(frame), sample.design)
    rounded = sample.units.to_crs(4326)
    rounded["geometry"] = rounded.geometry.set_precision(1e-6)

    for other in (anywhere, ReferenceSample(arrange_units(rounded), sample.design)):
        assert "middle" not in warnings_of(grid, truth, other)


def test_a_whole_pixel_is_seen_by_the_strata(world):
    grid, truth = world
    sample = random_sample(grid, truth, 300)
    names = {1: "water", 2: "trees", 5: "crops", 7: "built_area"}
    of_stratum = sample.units["class_code"].map(names).astype(object)
    sizes = {name: int((truth == code).sum()) for code, name in names.items()}
    chances = of_stratum.map(of_stratum.value_counts() / pd.Series(sizes))
    units = sample.units.assign(stratum=of_stratum, inclusion_probability=chances.astype(float))
    design = type(sample.design)("stratified", year=2023, stratum_pixels=sizes)
    stratified = ReferenceSample(units, design)

    assert "another map class" not in warnings_of(grid, truth, stratified)
    assert "another map class" in warnings_of(grid, truth, moved(stratified, 10.0, 0.0))
