import numpy as np
import pytest

from lulc_assets.core.accuracy.build import build_region_report, build_report
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.measures import AccuracySettings, estimate_figures
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.grid import owned_mask, pixel_areas_ha
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units, units_from_mask
from lulc_assets_tests.core.sampling.samples import (
    TILE,
    blocky_map,
    random_sample,
    sample_at,
    small_grid,
    with_errors,
)

CODES = [1, 2, 5, 7]


@pytest.fixture(scope="module")
def world():
    grid = small_grid()
    truth = blocky_map(grid, CODES)
    return grid, truth, with_errors(truth, 0.2, CODES)


def report_on(shown, grid, sample, **options):
    return build_report(
        scope=options.pop("scope", "tile"),
        key=TILE,
        year=options.pop("year", 2023),
        class_map=shown,
        owned=options.pop("owned", np.ones(grid.shape, bool)),
        pixel_areas_ha=pixel_areas_ha(grid),
        grid=grid,
        sample=sample,
        **options,
    )


def test_a_probability_sample_gives_estimates_near_the_truth(world):
    grid, truth, shown = world

    report = report_on(shown, grid, random_sample(grid, truth, 600))

    assert report.verdict == "estimated"
    assert report.overall.ci_low <= np.mean(truth == shown) <= report.overall.ci_high
    areas = pixel_areas_ha(grid)
    for figures in report.classes:
        true_ha = areas[truth == figures.code].sum()
        # Four standard errors: the interval itself may miss one class of nine.
        assert figures.area_ha.value == pytest.approx(true_ha, abs=4 * figures.area_ha.se + 1e-9)
        assert figures.mapped_area_ha == pytest.approx(areas[shown == figures.code].sum())
    assert sum(c.area_ha.value for c in report.classes) == pytest.approx(report.total_area_ha)
    assert report.agreement == pytest.approx(np.trace(report.matrix) / 600)
    assert report.matrix.sum() == report.n_units == 600


def test_a_systematic_sample_is_estimated_like_a_random_one_and_says_so(world):
    grid, truth, shown = world
    rows, cols = (axis.ravel() for axis in np.mgrid[3:100:6, 2:100:6])

    sample = sample_at(grid, rows, cols, truth[rows, cols], design="systematic")
    report = report_on(shown, grid, sample)

    assert report.verdict == "estimated"
    assert "those of a simple random sample, usually a bit too large" in report.verdict_reason


def test_neighbours_on_a_lattice_give_its_variance_on_request(world):
    grid, truth, _ = world
    shown = truth.copy()
    shown[:40] = 1
    rows, cols = (axis.ravel() for axis in np.mgrid[3:100:6, 2:100:6])
    sample = sample_at(grid, rows, cols, truth[rows, cols], design="systematic")

    plain, near = (
        report_on(shown, grid, sample, settings=AccuracySettings(systematic_variance=how))
        for how in ("random", "neighbours")
    )

    assert near.overall.value == plain.overall.value
    assert near.overall.se < plain.overall.se
    assert "differences of neighbours" in near.verdict_reason


def test_the_reference_crs_does_not_matter(world):
    grid, truth, shown = world
    sample = random_sample(grid, truth, 300)
    degrees = ReferenceSample(arrange_units(sample.units.to_crs(4326)), sample.design)

    first, second = report_on(shown, grid, sample), report_on(shown, grid, degrees)

    assert first.to_dict() == second.to_dict()


def test_no_data_leaves_the_population_and_its_units_are_counted(world):
    grid, truth, shown = world
    cut = shown.copy()
    cut[:50] = 0
    sample = random_sample(grid, truth, 400)
    on_hole = int((grid.cells(sample.units["x"], sample.units["y"])[0] < 50).sum())

    report = report_on(cut, grid, sample)

    areas = pixel_areas_ha(grid)
    assert report.n_unusable == on_hole
    assert report.n_units == 400 - on_hole
    assert report.no_data_area_ha == pytest.approx(areas[:50].sum())
    assert report.total_area_ha == pytest.approx(areas.sum())
    assert sum(c.area_ha.value for c in report.classes) == pytest.approx(areas[50:].sum())


def test_uninterpretable_units_are_unusable(world):
    grid, truth, shown = world
    sample = random_sample(grid, truth, 300)
    codes = sample.units["class_code"].to_numpy(copy=True)
    codes[:7], codes[7:10] = 0, 10
    blind = ReferenceSample(sample.units.assign(class_code=codes), sample.design)

    report = report_on(shown, grid, blind)

    assert (report.n_units, report.n_unusable) == (290, 10)


def test_units_of_other_tiles_are_not_unusable_here(world):
    grid, truth, shown = world
    owned = np.zeros(grid.shape, bool)
    owned[:, :60] = True
    sample = random_sample(grid, truth, 400)
    here = int((grid.cells(sample.units["x"], sample.units["y"])[1] < 60).sum())

    tile = report_on(shown, grid, sample, owned=owned)
    region = report_on(shown, grid, sample, owned=owned, scope="region")

    assert (tile.n_units, tile.n_unusable) == (here, 0)
    assert (region.n_units, region.n_unusable) == (here, 400 - here)


def test_few_units_are_insufficient_but_agreement_is_shown(world):
    grid, truth, shown = world

    report = report_on(shown, grid, random_sample(grid, truth, 49))

    assert report.verdict == "insufficient"
    assert "49 usable sample units" in report.verdict_reason
    assert report.overall is None
    assert report.proportions is None
    assert report.agreement is not None
    assert all(c.area_ha is c.users is c.producers is None for c in report.classes)
    assert report.classes[0].mapped_area_ha > 0


def test_the_least_number_of_units_is_a_setting(world):
    grid, truth, shown = world
    settings = AccuracySettings(min_units=20)

    report = report_on(shown, grid, random_sample(grid, truth, 49), settings=settings)

    assert report.verdict == "estimated"


def test_a_speck_of_a_class_without_units_is_pooled_and_said(world):
    grid, truth, shown = world
    sample = random_sample(grid, truth, 300)
    rows, cols = grid.cells(sample.units["x"], sample.units["y"])
    free = np.ones(grid.shape, bool)
    free[rows, cols] = False
    speck = shown.copy()
    speck[tuple(np.argwhere(free)[0])] = 9

    report = report_on(speck, grid, sample)

    assert report.verdict == "estimated"
    assert "Snow / ice" in report.warnings[0]
    assert np.isnan(report.classes[8].users.value)
    assert sum(c.area_ha.value for c in report.classes) == pytest.approx(report.total_area_ha)


def test_a_large_class_without_units_is_insufficient(world):
    grid, truth, shown = world
    sample = random_sample(grid, truth, 300)
    rows, cols = grid.cells(sample.units["x"], sample.units["y"])
    hidden = np.where(np.arange(shown.size).reshape(shown.shape) % 2, shown, 9)
    hidden[rows, cols] = shown[rows, cols]

    report = report_on(hidden.astype(np.uint8), grid, sample)

    assert report.verdict == "insufficient"
    assert "Snow / ice" in report.verdict_reason


def test_polygons_give_agreement_without_any_interval(world):
    grid, truth, shown = world
    mask = np.where(np.arange(truth.size).reshape(truth.shape) % 3 == 0, truth, 0)

    report = report_on(shown, grid, units_from_mask(mask.astype(np.uint8), grid, year=2023))

    assert report.verdict == "agreement_only"
    assert "not a probability sample" in report.verdict_reason
    assert report.agreement == pytest.approx(np.mean((truth == shown)[mask > 0]))
    assert report.overall is None


def test_without_sample_only_mapped_areas_are_known(world):
    grid, truth, shown = world
    nothing = units_from_mask(np.zeros_like(truth), grid)

    for sample in (None, nothing):
        report = report_on(shown, grid, sample)
        assert report.verdict == "no_sample"
        assert report.agreement is None
        assert report.total_area_ha > 0


def test_an_empty_map_is_insufficient_not_perfect(world):
    grid, truth, shown = world

    report = report_on(np.zeros_like(shown), grid, random_sample(grid, truth, 100))

    assert report.verdict == "insufficient"
    assert (report.n_units, report.n_unusable) == (0, 100)
    assert report.no_data_area_ha == report.total_area_ha


def test_a_sample_of_another_year_is_refused(world):
    grid, truth, shown = world

    with pytest.raises(InvalidSample, match="describes 2023, the map 2022"):
        report_on(shown, grid, random_sample(grid, truth, 60), year=2022)


def stratified_sample(grid, truth, n=150):
    """Left half sampled six times as densely as the right."""
    rng = np.random.default_rng(4)
    rows = rng.permutation(grid.height * 3)[: 2 * n] % grid.height
    left = np.arange(2 * n) < n
    cols = np.where(left, rng.permutation(2 * n) % 20, 20 + rng.permutation(2 * n) % 80)
    places = np.unique(np.stack([rows, cols], axis=1), axis=0)
    strata = np.where(places[:, 1] < 20, "left", "right")
    count = {name: int((strata == name).sum()) for name in ("left", "right")}
    sizes = {"left": grid.height * 20, "right": grid.height * 80}
    chances = np.array([count[s] / sizes[s] for s in strata])
    return sample_at(
        grid,
        places[:, 0],
        places[:, 1],
        truth[places[:, 0], places[:, 1]],
        design="stratified",
        strata=strata,
        chance=chances,
        stratum_pixels=sizes,
    )


def test_strata_of_the_design_are_kept_in_a_domain(world):
    grid, truth, shown = world
    sample = stratified_sample(grid, truth)
    owned = np.zeros(grid.shape, bool)
    owned[:70] = True

    report = report_on(shown, grid, sample, owned=owned)

    rows, cols = grid.cells(sample.units["x"], sample.units["y"])
    strata = Strata(
        ("left", "right"),
        (sample.units["stratum"] == "right").to_numpy(np.int64),
        np.array([2000.0, 8000.0]),
        np.zeros(2),
    )
    expected = estimate_figures(
        shown[rows, cols],
        truth[rows, cols],
        strata,
        area_ha=pixel_areas_ha(grid)[:70].sum(),
        titles=[c.title for c in report.classes],
        settings=AccuracySettings(),
        domain=rows < 70,
    )
    assert report.verdict == "estimated"
    assert report.overall == expected.overall
    assert report.overall.ci_low < np.mean((truth == shown)[:70]) < report.overall.ci_high
    assert report.classes[0].area_ha.value == pytest.approx(expected.areas_ha[0].value)


def test_a_stratum_with_one_unit_is_insufficient_and_named(world):
    grid, truth, shown = world
    sample = stratified_sample(grid, truth)
    units = sample.units.copy()
    units.loc[0, "stratum"] = "lonely"
    design = sample.design
    sizes = {**design.stratum_pixels, "lonely": round(1 / units["inclusion_probability"].iloc[0])}
    lone = ReferenceSample(units, type(design)("stratified", year=2023, stratum_pixels=sizes))

    report = report_on(shown, grid, lone)

    assert report.verdict == "insufficient"
    assert "lonely (1)" in report.verdict_reason


def zone_parts():
    """Two tiles in neighbouring UTM zones."""
    for tile, seed in (("33TVL", 1), ("32TPR", 2)):
        grid = small_grid(tile=tile)
        shown = with_errors(blocky_map(grid, CODES, seed), 0.2, CODES, seed)
        yield TilePart(tile, shown, owned_mask(tile, grid), pixel_areas_ha(grid), grid)


def test_a_region_across_utm_zones_sums_its_tiles():
    parts = list(zone_parts())
    frames = []
    for number, part in enumerate(parts):
        truth = blocky_map(part.grid, CODES, number + 1)
        units = random_sample(part.grid, truth, 200, seed=number).units.to_crs(4326)
        frames.append(units.assign(unit_id=part.tile + units["unit_id"]))
    merged = frames[0].merge(frames[1], how="outer")
    design = random_sample(parts[0].grid, truth, 2).design
    sample = ReferenceSample(arrange_units(merged), design)

    region = build_region_report(iter(parts), sample, key="alps", year=2023)
    tiles = [
        build_report(
            scope="tile",
            key=part.tile,
            year=2023,
            class_map=part.class_map,
            owned=part.owned,
            pixel_areas_ha=part.pixel_areas_ha,
            grid=part.grid,
            sample=sample,
        )
        for part in parts
    ]

    assert region.scope == "region"
    assert region.verdict == "estimated"
    assert region.total_area_ha == pytest.approx(sum(t.total_area_ha for t in tiles))
    assert region.n_units == sum(t.n_units for t in tiles) == 400
    assert np.array_equal(region.matrix, sum(t.matrix for t in tiles))
    assert region.overall.se < min(t.overall.se for t in tiles)


def blind(sample, n):
    """The same sample with its first units uninterpreted."""
    codes = sample.units["class_code"].to_numpy(copy=True)
    codes[:n] = 0
    return ReferenceSample(sample.units.assign(class_code=codes), sample.design)


def test_units_without_class_bound_the_figures(world):
    grid, truth, shown = world
    sample = random_sample(grid, truth, 400)

    whole, report = (report_on(shown, grid, s) for s in (sample, blind(sample, 40)))

    bounds = report.missing
    assert bounds.n == 40
    assert bounds.share == pytest.approx(0.1, abs=0.02)
    assert bounds.overall_high - bounds.overall_low == pytest.approx(bounds.share)
    # Whatever the lost units are, the figures that they would have given lie between.
    assert bounds.overall_low <= whole.overall.value <= bounds.overall_high
    for figures, low, high in zip(
        whole.classes, bounds.areas_low_ha, bounds.areas_high_ha, strict=True
    ):
        assert low - 1e-9 <= figures.area_ha.value <= high + 1e-9
    assert "40 without class" in report.warnings[0]
    assert whole.missing is None


def test_units_outside_and_on_no_data_are_told_apart(world):
    grid, truth, shown = world
    hole = shown.copy()
    hole[:30] = 0
    owned = np.ones(grid.shape, bool)
    owned[:, 80:] = False
    sample = random_sample(grid, truth, 400)
    rows, cols = grid.cells(sample.units["x"], sample.units["y"])

    warning = report_on(hole, grid, sample, owned=owned, scope="region").warnings[0]

    assert f"{int((cols >= 80).sum())} outside every tile" in warning
    assert f"{int(((rows < 30) & (cols < 80)).sum())} on no data" in warning


def window_sample(grid, truth, windows=16, size=6, seed=8):
    """All pixels of windows drawn at random from a lattice."""
    rng = np.random.default_rng(seed)
    across = grid.width // size
    drawn = rng.choice(across * across, windows, replace=False)
    rows = (drawn // across * size)[:, None] + np.repeat(np.arange(size), size)
    cols = (drawn % across * size)[:, None] + np.tile(np.arange(size), size)
    sample = sample_at(
        grid,
        rows.ravel(),
        cols.ravel(),
        truth[rows.ravel(), cols.ravel()],
        design="cluster",
        chance=windows / across**2,
        primary=np.repeat([f"w{i}" for i in drawn], size * size),
    )
    return sample


def test_a_sample_of_windows_is_estimated_from_the_spread_between_windows(world):
    grid, truth, shown = world
    sample = window_sample(grid, truth)
    naive = sample_at(
        grid,
        *grid.cells(sample.units["x"], sample.units["y"]),
        sample.units["class_code"],
        chance=0.05,
    )

    report, pretended = report_on(shown, grid, sample), report_on(shown, grid, naive)

    assert report.verdict == "estimated"
    assert report.design == "cluster"
    assert "16 windows" in report.verdict_reason
    assert "15 degrees of freedom" in report.verdict_reason
    # Classes come in blocks of ten pixels, so a window holds few of them.
    widths = [
        r.classes[0].area_ha.ci_high - r.classes[0].area_ha.ci_low for r in (report, pretended)
    ]
    assert widths[0] > 2 * widths[1]
    assert report.design_effect == pytest.approx(
        report.overall.se**2 / (report.overall.value * (1 - report.overall.value) / 575)
    )


def test_strata_are_merged_only_on_request(world):
    grid, truth, shown = world
    sample = stratified_sample(grid, truth)
    units = sample.units.copy()
    units.loc[0, "stratum"] = "lonely"
    lonely = round(1 / units["inclusion_probability"].iloc[0])
    sizes = {**sample.design.stratum_pixels, "lonely": lonely}
    lone = ReferenceSample(
        units, type(sample.design)("stratified", year=2023, stratum_pixels=sizes)
    )
    settings = AccuracySettings(merge_strata=(("lonely", "left"),))

    refused, merged = report_on(shown, grid, lone), report_on(shown, grid, lone, settings=settings)

    assert refused.verdict == "insufficient"
    assert merged.verdict == "estimated"
    assert "merged into one on request" in merged.warnings[0]
    unknown = AccuracySettings(merge_strata=(("lonely", "leftt"),))
    assert "'leftt'" in report_on(shown, grid, lone, settings=unknown).verdict_reason


def test_a_stratum_of_the_design_without_any_unit_is_named(world):
    grid, truth, shown = world
    sample = stratified_sample(grid, truth)
    sizes = {**sample.design.stratum_pixels, "forgotten": 500}
    design = type(sample.design)("stratified", year=2023, stratum_pixels=sizes)

    report = report_on(shown, grid, ReferenceSample(sample.units, design))

    assert report.verdict == "insufficient"
    assert "forgotten (0)" in report.verdict_reason


def test_a_sample_that_leaves_a_part_of_the_population_out_is_insufficient(world):
    grid, truth, shown = world
    sample = stratified_sample(grid, truth)
    fields = {"stratum_pixels": sample.design.stratum_pixels, "population_pixels": 12_500}
    partial = ReferenceSample(sample.units, type(sample.design)("stratified", **fields))

    report = report_on(shown, grid, partial)

    assert report.verdict == "insufficient"
    assert "20.0% of the population lies in no stratum" in report.verdict_reason
