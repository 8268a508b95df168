import numpy as np
import pytest

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.draw import (
    draw_simple,
    draw_stratified,
    draw_systematic,
    draw_windows,
)
from lulc_assets.core.sampling.fieldwork import read_key, write_fieldwork
from lulc_assets.core.sampling.interpreters import complete_sample
from lulc_assets.core.sampling.map_file import open_map

from .map_files import patchy_map

ABOUT = {"region": "alps", "year": 2023}
EACH = {"trees": 2, "crops": 2, "water": 2, "built_area": 2}


@pytest.fixture
def world(tmp_path):
    """Two maps of tiles that overlap, their codes and grids."""
    made = [
        patchy_map(tmp_path / f"{tile}.tif", seed=i, tile=tile, offset=offset, size=120)
        for i, (tile, offset) in enumerate((("33TVL", 5000), ("33TWL", 5000)))
    ]
    maps = [open_map(path, tile=path.stem) for path, _, _ in made]
    return maps, [codes for _, codes, _ in made], [grid for _, _, grid in made]


def codes_under(sample, codes, grids):
    """Map class under each unit, looked up again from longitude and latitude."""
    found = np.zeros(len(sample.units), int)
    for array, grid in zip(codes, grids, strict=True):
        points = sample.units.geometry.to_crs(grid.epsg)
        rows, cols = grid.cells(points.x, points.y)
        inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
        found[inside] = array[rows[inside], cols[inside]]
    return [KARRA_10.by_code(code).name if code else "none" for code in found]


def test_stratified_units_lie_in_their_stratum_with_its_chance(world):
    maps, codes, grids = world

    sample = draw_stratified(
        maps, {"trees": 40, "crops": 25, "water": 5, "built_area": 2}, seed=1, **ABOUT
    )

    units = sample.units
    assert codes_under(sample, codes, grids) == units["stratum"].tolist()
    assert units["stratum"].value_counts().to_dict() == {
        "trees": 40,
        "crops": 25,
        "water": 5,
        "built_area": 2,
    }
    for name, group in units.groupby("stratum"):
        pixels = sum(int((c == KARRA_10.code_of(name)).sum()) for c in codes)
        assert sample.design.stratum_pixels[name] == pixels
        assert group["inclusion_probability"].to_numpy() == pytest.approx(len(group) / pixels)
    assert not units.geometry.duplicated().any()


def test_the_same_seed_draws_the_same_units_and_another_others(world):
    maps, _, _ = world
    first, again, other = (draw_simple(maps, 50, seed=s, **ABOUT).units for s in (5, 5, 6))

    assert first.geometry.equals(again.geometry)
    assert not first.geometry.equals(other.geometry)


def test_numbers_say_nothing_about_strata(world):
    maps, _, _ = world
    units = draw_stratified(
        maps, {"trees": 60, "crops": 56, "water": 2, "built_area": 2}, seed=2, **ABOUT
    ).units

    first_half = (units["stratum"].iloc[:60] == "trees").sum()

    assert units["unit_id"].is_monotonic_increasing
    assert 15 < first_half < 45


def test_every_pixel_has_the_same_chance(world):
    maps, codes, grids = world
    total = sum(int((c > 0).sum()) for c in codes)
    hits = np.zeros(2)
    for seed in range(60):
        names = draw_simple(maps, 100, seed=seed, **ABOUT).units
        inside = names.geometry.x < names.geometry.x.median()
        hits += [inside.sum(), (~inside).sum()]
    sample = draw_simple(maps, 100, seed=0, **ABOUT)

    assert sample.units["inclusion_probability"].iloc[0] == pytest.approx(100 / total)
    assert "none" not in codes_under(sample, codes, grids)


def test_a_systematic_sample_is_a_lattice(world):
    maps, _, grids = world

    sample = draw_systematic(maps[:1], 9, starts=1, seed=3, **ABOUT)

    points = sample.units.geometry.to_crs(grids[0].epsg)
    rows, cols = grids[0].cells(points.x, points.y)
    assert len(np.unique(rows % 9)) == len(np.unique(cols % 9)) == 1
    assert sample.units["inclusion_probability"].iloc[0] == pytest.approx(1 / 81)


@pytest.mark.parametrize("within", [None, 6])
def test_windows_hold_their_pixels_and_weights_sum_to_the_population(world, within):
    maps, codes, _ = world
    total = sum(int((c > 0).sum()) for c in codes)
    sums = []
    for seed in range(40):
        sample = draw_windows(maps, 30, size=8, within=within, seed=seed, **ABOUT)
        sums.append((1 / sample.units["inclusion_probability"]).sum())
    units = sample.units

    assert units["primary_unit"].nunique() == 30
    assert units.groupby("primary_unit").size().max() == (within or 64)
    # Windows that the hole cuts are smaller: only the mean of many draws is the population.
    assert np.mean(sums) == pytest.approx(total, rel=0.01)
    points = units.to_crs(maps[0].grid.epsg)
    here = points[points.geometry.x < maps[0].grid.bounds[2]]
    spread = here.groupby("primary_unit")["geometry"].apply(lambda g: np.ptp(g.x))
    assert spread.max() <= 70.01


def test_what_cannot_be_drawn_is_refused(world):
    maps, _, _ = world

    with pytest.raises(InvalidSample, match="class 'lava' is not in legend"):
        draw_stratified(maps, {"lava": 3}, seed=0, **ABOUT)
    with pytest.raises(InvalidSample, match="of 'snow_ice' asked for, the map has 0"):
        draw_stratified(maps, {**EACH, "snow_ice": 3}, seed=0, **ABOUT)
    for units in (0, 1):
        with pytest.raises(InvalidSample, match=f"{units} units of 'trees' asked for, of which"):
            draw_stratified(maps, {**EACH, "trees": units}, seed=0, **ABOUT)
    with pytest.raises(InvalidSample, match="10000000 units asked for"):
        draw_simple(maps, 10_000_000, seed=0, **ABOUT)
    with pytest.raises(InvalidSample, match="windows asked for"):
        draw_windows(maps, 1, size=8, seed=0, **ABOUT)
    with pytest.raises(InvalidSample, match="1 or more"):
        draw_systematic(maps, 0, seed=0, **ABOUT)


def test_a_map_without_any_class_is_refused(tmp_path):
    path, _, _ = patchy_map(tmp_path / "empty.tif", classes=(0,))

    with pytest.raises(InvalidSample, match="no owned pixel with a class"):
        draw_simple([open_map(path)], 5, seed=0, **ABOUT)


def test_a_missing_key_is_refused_with_the_reason(tmp_path):
    with pytest.raises(InvalidSample, match="give no area and no interval"):
        read_key(tmp_path)


def test_a_drawn_sample_becomes_a_reference_sample(world, tmp_path):
    maps, codes, grids = world
    for number, drawn in enumerate(
        (
            draw_stratified(
                maps, {"trees": 10, "crops": 9, "water": 3, "built_area": 4}, seed=1, **ABOUT
            ),
            draw_windows(maps, 5, size=8, within=4, seed=1, **ABOUT),
            draw_simple(maps, 12, seed=1, **ABOUT),
        )
    ):
        write_fieldwork(tmp_path / str(number), drawn)
        key = read_key(tmp_path / str(number))
        truth = [KARRA_10.code_of(n) for n in codes_under(drawn, codes, grids)]

        sample = complete_sample(key, drawn.units.set_index("unit_id").assign(c=truth)["c"])

        assert sample.design == drawn.design
        assert sample.units["class_code"].tolist() == truth
