"""Steps of the ladder on single pixels, through files as in a year."""

from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.alerts.pixels import read_alert_pixels, write_layers
from lulc_assets.core.alerts.update import judge_year
from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.symbols import land_classes
from lulc_assets.core.errors import InvalidProduct, InvalidProject, UnknownClass
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LegendClass
from lulc_assets_tests.core.alerts.cases import BARE, CROPS, GRASS, TREES, make_judge, views
from lulc_assets_tests.core.change.evidence_of import plain_evidence
from lulc_assets_tests.core.compositing.scenes import GRID, write_prediction

QUIET = {f"2022-0{month}-10": TREES for month in (1, 2, 3)}


def pixels_after(tmp_path, seen_on, classes=TREES, **settings):
    judge = make_judge(tmp_path, classes, **settings)
    judged = judge_year(judge, views(tmp_path, seen_on), tmp_path / "out")
    return read_alert_pixels(judged.states["latest"], judge.baseline, GRID, judge.settings)


def steps_of(pixels):
    return {Step(step).name for step in pixels.step}


def test_one_date_is_no_alert_however_sure(tmp_path):
    assert pixels_after(tmp_path, {**QUIET, "2022-05-01": BARE}).places.size == 0


def test_a_change_climbs_the_ladder_date_by_date(tmp_path):
    days = ("2022-05-01", "2022-05-06", "2022-05-11", "2022-05-16", "2022-05-21", "2022-05-26")
    found = []
    for count in range(1, 7):
        seen = {**QUIET, **dict.fromkeys(days[:count], BARE)}
        found.append(steps_of(pixels_after(tmp_path / str(count), seen)) or {"NONE"})
    ranks = [Step[step].value for (step,) in found]
    assert ranks == sorted(ranks) and ranks[0] == 0 and ranks[-1] == Step.CONFIRMED
    assert min(count for count, rank in enumerate(ranks, 1) if rank == Step.CONFIRMED) >= 3


def test_dates_and_classes_of_a_confirmed_change(tmp_path):
    days = ("2022-05-01", "2022-05-06", "2022-05-11", "2022-05-16", "2022-05-21", "2022-05-26")
    pixels = pixels_after(tmp_path, {**QUIET, **dict.fromkeys(days, BARE)})
    assert pixels.places.size == GRID.height * GRID.width
    assert set(pixels.first_on) == {day_number(days[0])}
    assert (pixels.possible_on <= pixels.likely_on).all()
    assert (pixels.likely_on <= pixels.confirmed_on).all()
    assert set(pixels.from_class) == {TREES} and set(pixels.to_class) == {BARE}
    assert (pixels.probability >= 0.975).all()


def test_a_turn_of_a_rotation_is_never_confirmed_and_another_change_of_a_field_is(tmp_path):
    days = [f"2022-05-{day:02d}" for day in range(1, 29, 3)]
    for seen_as, step in ((GRASS, "LIKELY"), (BARE, "CONFIRMED")):
        seen = {**dict.fromkeys(QUIET, CROPS), **dict.fromkeys(days, seen_as)}
        assert steps_of(pixels_after(tmp_path / step, seen, classes=CROPS)) == {step}
    fields = pixels_after(
        tmp_path / "off", {**dict.fromkeys(days, GRASS)}, classes=CROPS, rotating=()
    )
    assert steps_of(fields) == {"CONFIRMED"}


def test_fields_must_be_surer_and_larger_than_other_land():
    settings = AlertSettings()
    at = settings.confirmed_at() / 256
    assert at[TREES, BARE] == pytest.approx(np.log(9), abs=0.01)
    assert at[CROPS, BARE] == pytest.approx(np.log(99), abs=0.01)
    assert at[CROPS, GRASS] > 20 and at[GRASS, CROPS] > 20
    assert at[TREES, GRASS] == at[TREES, 0] == at[TREES, BARE]
    areas = settings.areas(Step.CONFIRMED)
    assert (areas[TREES], areas[CROPS], areas[GRASS]) == (20, 30, 30)
    assert set(settings.areas(Step.LIKELY)) == {10}


def test_what_looks_like_the_old_class_again_is_rejected(tmp_path):
    seen = {**QUIET, "2022-05-01": BARE, "2022-05-06": BARE}
    back = {f"2022-06-{day:02d}": TREES for day in (1, 6, 11, 16)}
    before, after = (
        pixels_after(tmp_path / name, s) for name, s in (("a", seen), ("b", {**seen, **back}))
    )
    assert before.live.all() and before.places.size
    assert steps_of(after) == {"REJECTED"}
    assert set(after.closed_on) <= {day_number(day) for day in back}
    assert set(after.first_on) == {0}


def test_what_is_never_confirmed_ends_after_ninety_days_of_the_clear_season(tmp_path):
    settings = {"confirmed_dates": 255}
    seen = {**QUIET, **{f"2022-05-{day:02d}": BARE for day in (1, 6, 11, 16)}}
    assert steps_of(pixels_after(tmp_path / "a", seen, **settings)) == {"LIKELY"}
    late = {**seen, "2022-08-05": BARE}
    assert steps_of(pixels_after(tmp_path / "b", late, **settings)) == {"REJECTED"}
    winter = {**settings, "clear_season": ("06-15", "11-15")}
    assert steps_of(pixels_after(tmp_path / "c", late, **winter)) == {"LIKELY"}


def test_pixels_without_a_baseline_and_clouds_say_nothing(tmp_path):
    seen = dict.fromkeys([f"2022-05-{day:02d}" for day in range(1, 29, 3)], BARE)
    assert pixels_after(tmp_path / "a", seen, classes=0).places.size == 0
    clouds = dict.fromkeys(seen, 10)
    assert pixels_after(tmp_path / "b", clouds).places.size == 0


def test_masked_views_do_not_count(tmp_path):
    judge = make_judge(tmp_path, TREES)
    days = [f"2022-05-{day:02d}" for day in range(1, 29, 3)]
    scenes = [write_prediction(tmp_path, day, BARE, 230, 0, date=day) for day in days]
    judged = judge_year(judge, scenes, tmp_path / "out")
    assert judged.pixels_seen == 0


def test_only_watched_changes_are_alerts(tmp_path):
    seen = dict.fromkeys([f"2022-05-{day:02d}" for day in range(1, 29, 3)], BARE)
    assert pixels_after(tmp_path / "a", seen, to_classes=("bare_ground",)).places.size
    assert not pixels_after(tmp_path / "b", seen, to_classes=("built_area",)).places.size
    assert not pixels_after(tmp_path / "c", seen, from_classes=("crops",)).places.size


def test_layers_show_what_the_state_holds(tmp_path):
    classes = np.full(GRID.shape, TREES)
    days = [f"2022-05-{day:02d}" for day in range(1, 29, 3)]
    seen = np.full(GRID.shape, TREES)
    seen[:8, :9] = CROPS
    pixels = pixels_after(tmp_path, {**QUIET, **dict.fromkeys(days, seen)}, classes=classes)
    files = write_layers(pixels, GRID, tmp_path / "layers")
    step = read_raster(files["step"])
    assert (step[:7, :8] == Step.CONFIRMED).all()
    assert not step[8:].any() and not step[:, 9:].any()
    assert set(np.unique(read_raster(files["from_to"]))) == {0, 100 * TREES + CROPS}
    assert read_raster(files["probability"])[0, 0] > 240
    assert read_raster(files["first_on"])[0, 0] == day_number(days[0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"possible_pct": 90}, "likely_pct"),
        ({"floor_pct": 0}, "floor_pct"),
        ({"likely_dates": 4}, "likely_dates"),
        ({"support_ratio": 1}, "support_ratio"),
        ({"core_px": 2}, "odd"),
        ({"rotating_confirmed_pct": 80}, "rotating_confirmed_pct"),
        ({"confirmed_area_px": 5}, "min_area_px"),
        ({"clear_season": ("03-01", "11-31")}, "clear_season"),
        ({"hazard_pct_per_year": 0}, "hazard"),
    ],
)
def test_settings_that_make_no_ladder_are_refused(given, message):
    with pytest.raises(InvalidProject, match=message):
        AlertSettings(**given)


def test_classes_to_watch_must_be_in_the_legend():
    with pytest.raises(UnknownClass, match="forest"):
        AlertSettings(to_classes=("forest",)).watched()


def test_odds_rise_by_the_hazard_of_the_days_without_a_view():
    settings = AlertSettings()
    table = settings.hazard_table()
    start = 1 / (1 + np.exp(-settings.floor / 256))
    year = 1 / (1 + np.exp(-table[365, 0] / 256))
    assert year == pytest.approx(start + (1 - start) * 0.01, rel=0.01)
    assert (np.diff(table[:, 0]) >= 0).all()
    assert abs(table[5, -1] - 1024) <= 1


def test_a_legend_of_its_own_without_clouds_and_snow_has_the_same_ladder(tmp_path):
    classes = tuple(
        LegendClass(code, name, name.title(), f"#0000{code:02d}")
        for code, name in enumerate(("water", "forest", "fields"), 1)
    )
    legend = Legend("three", classes)
    judge = replace(make_judge(tmp_path, 2), evidence=plain_evidence(legend=legend))
    days = [f"2022-05-{day:02d}" for day in range(1, 29, 3)]
    judged = judge_year(judge, views(tmp_path, dict.fromkeys(days, 3)), tmp_path / "out")
    state = judged.states["latest"]
    pixels = read_alert_pixels(state, judge.baseline, GRID, judge.settings, legend)
    assert steps_of(pixels) == {"CONFIRMED"} and set(pixels.to_class) == {3}
    with pytest.raises(InvalidProduct, match="code 8"):
        judge_year(judge, views(tmp_path, {"2022-05-01": BARE}), tmp_path / "bare")


def test_a_legend_of_too_many_classes_is_refused_with_what_to_do():
    classes = tuple(LegendClass(n, f"c{n}", f"C {n}", f"#0000{n:02d}") for n in range(1, 17))
    with pytest.raises(InvalidProject, match="groups"):
        land_classes(Legend("many", classes))
