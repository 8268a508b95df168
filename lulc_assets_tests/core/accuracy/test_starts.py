"""Systematic samples of several lattices, each with a random start."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.accuracy.build import build_report
from lulc_assets.core.accuracy.paired import change_on_sample, strata_as_drawn
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.compare import compare_maps
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.intervals import wilson_interval
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Starts, Strata
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.draw import draw_systematic
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.sampling.sample import read_sample, write_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map
from lulc_assets_tests.core.sampling.samples import blocky_map, sample_at, small_grid, with_errors

STEP, STARTS, SIDE = 20, 8, 100
ABOUT = {"region": "region", "year": 2023}


def one_stratum(of_unit, count, fraction=0.0):
    n = of_unit.size
    starts = Starts(of_unit, count, fraction)
    return Strata(("all",), np.zeros(n, np.int64), np.array([1.0]), np.zeros(1), starts=starts)


def lattices(seed, side=SIDE, step=STEP, starts=STARTS):
    """Rows, columns and the start of each unit."""
    places = np.random.default_rng(seed).choice(step * step, starts, replace=False)
    cells = [
        np.meshgrid(np.arange(r, side, step), np.arange(c, side, step), indexing="ij")
        for r, c in zip(*divmod(places, step), strict=True)
    ]
    rows, cols = (np.concatenate([one[i].ravel() for one in cells]) for i in (0, 1))
    return rows, cols, np.repeat(np.arange(starts), [one[0].size for one in cells])


def sample_of(grid, truth, seed=4, **fields):
    rows, cols, start = lattices(seed)
    return sample_at(
        grid,
        rows,
        cols,
        truth[rows, cols],
        design="systematic",
        chance=STARTS / STEP**2,
        primary=[f"start{one:02d}" for one in start],
        starts=STARTS,
        **fields,
    )


@pytest.fixture
def world():
    grid = small_grid(SIDE, SIDE)
    truth = blocky_map(grid, [1, 2, 5], block=5)
    return grid, truth, with_errors(truth, 0.2, [1, 2, 5])


def test_over_every_pair_of_starts_the_mean_variance_is_the_true_one():
    """Nine lattices of 3 × 3 pixels cover 9 × 9: all samples of two starts can be listed."""
    values = np.random.default_rng(3).normal(size=(9, 9)) + np.arange(9)
    of_start = [values[r::3, c::3].ravel() for r in range(3) for c in range(3)]
    means, variances = [], []
    for pair in combinations(of_start, 2):
        strata = one_stratum(np.repeat([0, 1], 9), 2, fraction=2 / 9)
        ratio = estimate_ratio(np.concatenate(pair), np.ones(18), strata)
        means.append(ratio.value)
        variances.append(ratio.se**2)

    assert np.mean(means) == pytest.approx(values.mean())
    assert np.mean(variances) == pytest.approx(np.var(means), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(0, 3))
def test_a_start_without_a_unit_counts_with_nothing(seed, count, empty):
    rng = np.random.default_rng(seed)
    of_unit = np.concatenate([np.arange(count), rng.integers(0, count, 40)])
    y = rng.integers(0, 2, of_unit.size).astype(float)

    ratio = estimate_ratio(y, np.ones(y.size), one_stratum(of_unit, count + empty))

    k = count + empty
    totals = np.bincount(of_unit, weights=y - y.mean(), minlength=k) / y.size
    expected = k / (k - 1) * np.sum(totals**2)
    assert ratio.se**2 == pytest.approx(expected, abs=1e-15)
    assert one_stratum(of_unit, k).degrees_of_freedom == k - 1


def test_post_strata_take_their_means_out_of_the_spread_between_starts():
    """Starts that differ only in how many units of a map class they meet show no spread."""
    mapped = np.array([1, 1, 1, 2, 1, 2, 2, 2, 1, 1, 2, 2])
    start = np.repeat([0, 1, 2], 4)
    plain = one_stratum(start, 3)
    post = replace(poststratify(mapped, np.array([5.0, 5.0])).strata, starts=plain.starts)
    reference = mapped == 1

    loose, tight = (
        estimate_ratio(reference.astype(float), np.ones(12), strata) for strata in (plain, post)
    )

    assert loose.se > 0.1
    assert tight.se == pytest.approx(0, abs=1e-12)


def test_one_start_has_no_spread():
    with pytest.raises(InvalidSample, match="no spread between starts"):
        Starts(np.zeros(4, np.int64), 1)


def test_a_report_says_how_many_lattices_and_uses_their_degrees_of_freedom(world):
    grid, truth, shown = world

    def report(sample, **options):
        return build_report(
            scope="region",
            key="region",
            year=2023,
            class_map=shown,
            owned=np.ones_like(shown, bool),
            pixel_areas_ha=pixel_areas_ha(grid),
            grid=grid,
            sample=sample,
            settings=AccuracySettings(**options),
        )

    found = report(sample_of(grid, truth))

    assert found.verdict == "estimated"
    assert found.starts == STARTS
    assert "8 lattices with random starts" in found.verdict_reason
    assert "7 degrees of freedom" in found.verdict_reason
    share, se = found.overall.value, found.overall.se
    units = share * (1 - share) / se**2
    expected = wilson_interval(share, units, 2.364624)  # t of 7
    assert (found.overall.ci_low, found.overall.ci_high) == pytest.approx(expected, rel=1e-6)
    assert found.overall.ci_low <= np.mean(shown == truth) <= found.overall.ci_high
    assert type(found).from_dict(found.to_dict()).starts == STARTS
    corrected = report(sample_of(grid, truth), finite_population=True)
    assert corrected.overall.se == pytest.approx(found.overall.se * np.sqrt(1 - 8 / 400))


def test_intervals_between_starts_hold_the_truth(world):
    """Overall accuracy, a user's accuracy and an area, over 400 draws of eight lattices."""
    _, truth, shown = world
    codes = [shown == truth, (shown == 2) & (truth == 2), truth == 2]
    sizes = np.array([np.sum(shown == c) for c in (1, 2, 3, 4, 5)], float)
    true = [codes[0].mean(), codes[1].sum() / (shown == 2).sum(), codes[2].mean()]
    values, variances = [], []
    for seed in range(400):
        rows, cols, start = lattices(seed)
        strata = poststratify(shown[rows, cols], sizes).strata
        strata = replace(strata, starts=Starts(start, STARTS, STARTS / STEP**2))
        x = [np.ones(rows.size), (shown == 2)[rows, cols], np.ones(rows.size)]
        found = [
            estimate_ratio(y[rows, cols].astype(float), of.astype(float), strata)
            for y, of in zip(codes, x, strict=True)
        ]
        values.append([one.value for one in found])
        variances.append([one.se**2 for one in found])

    values, variances = np.array(values), np.array(variances)
    covered = np.abs(values - true) <= 2.364624 * np.sqrt(variances)
    assert np.all(covered.mean(axis=0) > 0.91)
    # 400 draws know the ratio to about 8 %.
    assert variances.mean(axis=0) / values.var(axis=0) == pytest.approx(1.0, abs=0.25)


def test_lattices_are_drawn_without_replacement_and_go_on_across_tiles(tmp_path):
    paths = [
        patchy_map(tmp_path / f"{tile}.tif", size=120, holes=False, seed=i, tile=tile)
        for i, tile in enumerate(("33TVL", "33TWL"))
    ]
    maps = [open_map(path) for path, _, _ in paths]

    drawn = draw_systematic(maps, 9, starts=4, seed=3, **ABOUT)

    assert drawn.design.starts == 4
    assert drawn.design.extra["step_pixels"] == 18
    assert drawn.units["inclusion_probability"].unique() == pytest.approx([4 / 18**2])
    assert len(drawn.units) == pytest.approx(2 * 120**2 / 81, rel=0.1)
    points = drawn.units.geometry.to_crs(maps[0].grid.epsg)
    places = drawn.units.assign(
        east=(points.x // 10).astype(int) % 18, north=(points.y // 10).astype(int) % 18
    ).groupby("primary_unit")[["east", "north"]]
    assert (places.nunique() == 1).all(axis=None)
    assert len(places.first().drop_duplicates()) == 4


@pytest.mark.parametrize(
    ("step", "starts", "message"),
    [(1, 2, "1 × 1 pixels have 1 places"), (0, 4, "1 or more"), (9, 0, "1 or more"),
     (400, 2, "hits too few pixels")],
)  # fmt: skip
def test_lattices_that_cannot_be_drawn_are_refused(tmp_path, step, starts, message):
    path, _, _ = patchy_map(tmp_path / "map.tif", size=60)

    with pytest.raises(InvalidSample, match=message):
        draw_systematic([open_map(path)], step, starts=starts, seed=0, **ABOUT)


def test_the_starts_are_stored_with_the_sample(world, tmp_path):
    grid, truth, _ = world
    sample = sample_of(grid, truth)

    again = read_sample(write_sample(tmp_path / "sample.parquet", sample))

    assert again.design.starts == STARTS
    assert again.units["primary_unit"].nunique() == STARTS


def test_starts_that_contradict_the_units_are_refused(world):
    grid, truth, _ = world
    sample = sample_of(grid, truth)

    with pytest.raises(InvalidSample, match="says 3 starts, the column primary_unit names 8"):
        type(sample)(sample.units, replace(sample.design, starts=3))
    with pytest.raises(InvalidSample, match="primary_unit, the random start of each unit"):
        type(sample)(sample.units.drop(columns="primary_unit"), sample.design)
    with pytest.raises(InvalidSample, match="only a systematic sample has"):
        type(sample.design).from_dict({"design": "stratified", "starts": 4})


def test_two_maps_are_compared_by_the_spread_between_starts(world):
    grid, truth, shown = world
    sample = sample_of(grid, truth)
    other = with_errors(truth, 0.4, [1, 2, 5], seed=9)
    rows, cols = (a.astype(int) for a in grid.cells(sample.units["x"], sample.units["y"]))
    strata = strata_as_drawn(sample)

    difference = compare_maps(
        shown[rows, cols], other[rows, cols], truth[rows, cols], strata, n_classes=9
    ).overall

    better = (shown == truth)[rows, cols].astype(float) - (other == truth)[rows, cols]
    start = strata.starts.of_unit
    totals = np.bincount(start, weights=better - better.mean()) / better.size
    expected = np.sqrt(STARTS / (STARTS - 1) * np.sum(totals**2))
    assert difference.se == pytest.approx(expected)
    assert difference.ci_high - difference.value == pytest.approx(2.364624 * expected, rel=1e-5)


def test_change_knows_the_starts_of_the_units_that_are_left(world):
    grid, truth, _ = world
    before = sample_of(grid, truth)
    codes = before.units["class_code"].to_numpy(copy=True)
    codes[::3], codes[:12] = 5, 0
    after = type(before)(before.units.assign(class_code=codes), before.design)

    found = change_on_sample(
        before, after, area_ha=100.0, titles=[c.name for c in KARRA_10.land]
    ).changed

    named = codes > 0
    moved = (codes != before.units["class_code"].to_numpy())[named].astype(float)
    start = strata_as_drawn(before).starts.take(named).of_unit
    totals = np.bincount(start, weights=moved - moved.mean(), minlength=STARTS) / moved.size
    expected = 100 * np.sqrt(STARTS / (STARTS - 1) * np.sum(totals**2))
    assert found.value == pytest.approx(100 * moved.mean())
    assert found.se == pytest.approx(expected)


def test_neighbours_tell_the_variance_of_a_comparison_and_of_change_when_asked(world):
    grid, truth, _ = world
    shown = truth.copy()
    shown[:40] = 1
    rows, cols = (axis.ravel() for axis in np.mgrid[3:100:6, 2:100:6])
    sample = sample_at(grid, rows, cols, truth[rows, cols], design="systematic")
    later = sample.units.assign(class_code=shown[rows, cols])
    asked = AccuracySettings(systematic_variance="neighbours")

    plain, near = (
        change_on_sample(
            sample,
            type(sample)(later, sample.design),
            area_ha=1.0,
            titles=[c.name for c in KARRA_10.land],
            settings=settings,
        ).changed
        for settings in (None, asked)
    )

    assert near.value == plain.value
    assert near.se < 0.8 * plain.se
    assert strata_as_drawn(sample).neighbours is None
    assert len(strata_as_drawn(sample, asked).neighbours) > sample.units.shape[0]
