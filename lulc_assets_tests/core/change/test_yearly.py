"""Grades of change, from files of two years."""

from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.change.mapped_year import MappedYear
from lulc_assets.core.change.pair import Pair
from lulc_assets.core.change.trace import trace_change
from lulc_assets.core.change.yearly import map_change
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import InvalidProduct, InvalidProject, PointOutside
from lulc_assets.core.imagery.cog import read_raster, write_cog
from lulc_assets_tests.core.change.evidence_of import plain_evidence
from lulc_assets_tests.core.compositing.scenes import GRID, write_prediction

TREES, BARE, CROPS = 2, 8, 5
SAME = {"bundle": "b", "legend": "l", "weights": "w", "selection": "s"}
MONTHS = range(1, 13)


def year(folder: Path, number, mapped, seen_on, **identity) -> MappedYear:
    array = np.broadcast_to(np.asarray(mapped, np.uint8), GRID.shape)
    path = write_cog(
        folder / f"class_{number}.tif", np.ascontiguousarray(array), GRID, kind="class"
    )
    scenes = [
        write_prediction(folder, f"s{day}", classes, 230, date=day)
        for day, classes in seen_on.items()
    ]
    return MappedYear(number, path, scenes, {}, SAME | identity)


def monthly(number, classes):
    return {f"{number}-{month:02d}-10": seen for month, seen in zip(MONTHS, classes, strict=True)}


def graded(folder, former, current, **rule):
    return map_change(
        former, current, GRID, plain_evidence(), folder / "out", rule=GradeRule(**rule)
    )


def grade_of(found):
    (value,) = np.unique(read_raster(found.files["grade"]))
    return Grade(value)


def test_a_change_that_stays_is_sustained_and_dated(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    current = year(tmp_path, 2022, BARE, monthly(2022, [TREES] * 4 + [BARE] * 8))
    found = graded(tmp_path, former, current)
    assert grade_of(found) == Grade.SUSTAINED
    assert set(read_raster(found.files["from_to"]).ravel()) == {100 * TREES + BARE}
    assert set(read_raster(found.files["changed_on"]).ravel()) == {day_number("2022-05-10")}
    assert read_raster(found.files["posterior"]).min() >= 0.95 * 255
    assert found.matrix[TREES, BARE] == found.pixels(Grade.SUSTAINED) == 24 * 40


def test_a_change_that_turns_back_is_flicker(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    seen = [BARE] * 8 + [TREES] * 4
    found = graded(tmp_path, former, year(tmp_path, 2022, BARE, monthly(2022, seen)))
    assert grade_of(found) == Grade.FLICKER


def test_two_classes_that_take_turns_are_flicker_whatever_the_maps_say(tmp_path):
    turns = [TREES, BARE] * 6
    former = year(tmp_path, 2021, TREES, monthly(2021, turns))
    found = graded(tmp_path, former, year(tmp_path, 2022, BARE, monthly(2022, turns)))
    assert grade_of(found) == Grade.FLICKER


def test_a_map_that_was_wrong_is_no_change(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [BARE] * 12))
    found = graded(tmp_path, former, year(tmp_path, 2022, BARE, monthly(2022, [BARE] * 12)))
    assert grade_of(found) == Grade.FLICKER


def test_a_change_without_follow_up_is_recent(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    current = year(tmp_path, 2022, BARE, monthly(2022, [TREES] * 10 + [BARE] * 2))
    assert grade_of(graded(tmp_path, former, current)) == Grade.RECENT


def test_a_year_with_two_clear_dates_is_insufficient_everywhere(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    two = {"2022-05-10": BARE, "2022-06-10": BARE, "2022-07-10": 10}
    found = graded(tmp_path, former, year(tmp_path, 2022, BARE, two))
    assert grade_of(found) == Grade.INSUFFICIENT
    assert not read_raster(found.files["posterior"]).any()


def test_only_matching_seasons_are_compared(tmp_path):
    """Summers of one year against winters of the other say nothing about change."""
    summer = {f"2021-{m:02d}-{d:02d}": TREES for m in (7, 8, 9) for d in (5, 15, 25)}
    winter = {f"2022-{m:02d}-{d:02d}": BARE for m in (1, 2, 3) for d in (5, 15, 25)}
    former, current = year(tmp_path, 2021, TREES, summer), year(tmp_path, 2022, BARE, winter)
    assert grade_of(graded(tmp_path, former, current)) == Grade.INSUFFICIENT


def test_small_patches_and_pixels_without_data_are_no_change(tmp_path):
    mapped, seen = np.full(GRID.shape, TREES), np.full(GRID.shape, TREES)
    for place in (np.s_[2:4, 2:4], np.s_[10:13, 10:13]):
        mapped[place] = seen[place] = BARE
    mapped[20] = 0
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    current = year(tmp_path, 2022, mapped, monthly(2022, [TREES] * 4 + [seen] * 8))
    found = graded(tmp_path, former, current)
    assert found.sieved_pixels == 4 and found.pixels(Grade.SUSTAINED) == 9
    from_to = read_raster(found.files["from_to"])
    assert from_to[2, 2] == 101 * TREES and from_to[10, 10] == 100 * TREES + BARE
    assert not from_to[20].any()
    assert found.matrix[TREES, BARE] == 13


@pytest.mark.parametrize(("around", "grade"), [(BARE, Grade.SUSTAINED), (TREES, Grade.FLICKER)])
def test_a_pixel_is_graded_with_those_around_it_that_changed_alike(tmp_path, around, grade):
    """Half of its dates show the old class: noise within a clearing, a mixed pixel alone."""
    mapped, clear = np.full(GRID.shape, around), np.full(GRID.shape, around)
    mapped[10, 10] = clear[10, 10] = BARE
    noisy = clear.copy()
    noisy[10, 10] = TREES
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    seen = [TREES] * 4 + [clear, noisy] * 4
    current = year(tmp_path, 2022, mapped, monthly(2022, seen))
    found = graded(tmp_path, former, current, min_mapping_unit_px=1)
    assert read_raster(found.files["grade"])[10, 10] == grade


@pytest.mark.parametrize("name", sorted(SAME))
def test_years_that_were_mapped_differently_are_refused_by_name(tmp_path, name):
    former = year(tmp_path, 2021, TREES, {})
    current = year(tmp_path, 2022, BARE, {}, **{name: "other"})
    with pytest.raises(InvalidProduct, match=f"{name}: '.' in 2021, 'other' in 2022"):
        graded(tmp_path, former, current)


def test_years_that_do_not_follow_each_other_are_refused(tmp_path):
    former, current = year(tmp_path, 2020, TREES, {}), year(tmp_path, 2022, BARE, {})
    with pytest.raises(InvalidProduct, match="2020"):
        graded(tmp_path, former, current)


def test_the_same_files_give_the_same_bytes_in_any_order_and_number_of_threads(tmp_path):
    rng = np.random.default_rng(4)
    seen = {
        number: monthly(number, list(rng.choice([TREES, BARE, CROPS, 10], (12, *GRID.shape))))
        for number in (2021, 2022)
    }
    former = year(tmp_path, 2021, rng.choice([0, TREES, BARE], GRID.shape), seen[2021])
    current = year(tmp_path, 2022, rng.choice([0, CROPS, BARE], GRID.shape), seen[2022])
    turned = MappedYear(
        2022, current.class_map, list(reversed(current.scenes)), {}, current.identity
    )
    results = [
        map_change(former, now, GRID, plain_evidence(), tmp_path / str(n), threads=n)
        for n, now in ((1, current), (3, turned))
    ]
    for name in results[0].files:
        one, other = (result.files[name].read_bytes() for result in results)
        assert one == other
    assert sum(m.sum() for m in results[0].graded.values()) == GRID.height * GRID.width


@pytest.mark.parametrize(
    "given",
    [{"sustained_pct": 40}, {"min_dates": 0}, {"contrary_ratio": 0.5}, {"hazard_pct_per_year": 0}],
)
def test_rules_that_make_no_sense_are_refused(given):
    with pytest.raises(InvalidProject):
        GradeRule(**given)


def test_every_pixel_is_traced_to_what_its_layers_hold(tmp_path):
    rng = np.random.default_rng(4)
    codes = [TREES, BARE, CROPS, 10]
    former, current = (
        year(tmp_path, number, rng.choice([0, TREES, BARE], GRID.shape),
             monthly(number, list(rng.choice(codes, (12, *GRID.shape)))))
        for number in (2021, 2022)
    )  # fmt: skip
    found = graded(tmp_path, former, current)
    pair = Pair(former, current, plain_evidence(), GradeRule(), CompositeSettings())
    grades = read_raster(found.files["grade"])
    traced = [
        trace_change(pair, GRID, found.files, row, col)
        for row, col in np.argwhere(grades)[::40].tolist()
    ]
    assert traced and all(one.agrees and not one.sieved for one in traced)
    assert all(trace_change(pair, GRID, found.files, *at).agrees for at in ((0, 0), (23, 39)))
    assert {one.stored.grade_name for one in traced} >= {"flicker"}
    assert all(len(one.dates) == 24 for one in traced)
    for one in traced:
        counted = [date.posterior for date in one.dates if date.counted]
        if one.stored.grade:
            assert counted[-1] == pytest.approx(one.stored.posterior / 255, abs=1e-3)
    sieved = [
        trace_change(pair, GRID, found.files, row, col)
        for row, col in np.argwhere((read_raster(former.class_map) == TREES)
                                    & (read_raster(current.class_map) == BARE) & (grades == 0))[:3]
    ]  # fmt: skip
    assert sieved and all(one.agrees and one.sieved for one in sieved)
    with pytest.raises(PointOutside, match="outside 24 × 40"):
        trace_change(pair, GRID, found.files, 24, 0)


def test_a_change_map_of_other_scenes_does_not_agree(tmp_path):
    former = year(tmp_path, 2021, TREES, monthly(2021, [TREES] * 12))
    current = year(tmp_path, 2022, BARE, monthly(2022, [TREES] * 4 + [BARE] * 8))
    found = graded(tmp_path, former, current)
    fewer = MappedYear(2022, current.class_map, current.scenes[:6], {}, current.identity)
    pair = Pair(former, fewer, plain_evidence(), GradeRule(), CompositeSettings())
    assert not trace_change(pair, GRID, found.files, 5, 5).agrees
