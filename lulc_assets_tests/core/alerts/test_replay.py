"""Whatever way a set of scenes is reached, states are those of judging all from the start."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lulc_assets.core.alerts.replay import KeptState, plan_replay, withdrawn_scenes
from lulc_assets.core.alerts.update import judge_year
from lulc_assets.core.change.dates import observations_by_date
from lulc_assets.core.errors import InvalidProduct
from lulc_assets_tests.core.alerts.cases import BARE, TREES, make_judge, views
from lulc_assets_tests.core.compositing.scenes import LARGE, random_year, write_prediction


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Eleven scenes: nine passes, a datastrip and another orbit of the same day, a reprocessed
    twin."""
    folder = tmp_path_factory.mktemp("pool")
    scenes = random_year(folder, 9)
    strip = random_year(folder, 1, seed=8)[0]
    twin = random_year(folder, 1, seed=7)[0]
    return [
        *scenes,
        replace(strip, scene_id="s5b", datatake="other orbit", date=scenes[5].date),
        replace(twin, scene_id="s3", datatake="s3", date=scenes[3].date),
    ]


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return make_judge(tmp_path_factory.mktemp("judge"), TREES)


def sets_of(pool):
    """Any subset, with at most one of the two predictions of a scene."""
    chosen = st.lists(st.sampled_from(range(len(pool))), unique=True)
    return chosen.map(lambda ids: list({pool[k].scene_id: pool[k] for k in ids}.values()))


def bytes_of(judged):
    return {name: path.read_bytes() for name, path in judged.states.items()}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_way_to_a_set_of_scenes_gives_the_same_states(pool, judge, data):
    """Late scenes, retractions, reprocessed ones, in any order and any number of steps."""
    steps = data.draw(st.lists(sets_of(pool), min_size=1, max_size=4))
    with tempfile.TemporaryDirectory() as scratch:
        folder, kept = Path(scratch), None
        for number, scenes in enumerate(steps):
            judged = judge_year(judge, scenes, folder / str(number), kept=kept)
            kept = judged.states
        whole = judge_year(judge, list(reversed(steps[-1])), folder / "whole")
        assert bytes_of(judged) == bytes_of(whole)


def test_the_next_scene_is_all_that_is_judged(pool, judge, tmp_path):
    first = judge_year(judge, pool[:8], tmp_path / "a")
    assert judge_year(judge, pool[:9], tmp_path / "b", kept=first.states).judged == 1
    assert judge_year(judge, pool[:8], tmp_path / "c", kept=first.states).judged == 0


def test_a_late_scene_is_judged_with_what_came_after_it_in_its_quarter(pool, judge, tmp_path):
    late = pool[4]
    others = [scene for scene in pool[:9] if scene is not late]
    first = judge_year(judge, others, tmp_path / "a")
    again = judge_year(judge, pool[:9], tmp_path / "b", kept=first.states)
    ends = {day for day, _ in again.seen if day >= "2022-04-01"}
    assert again.judged == len(ends) < len(again.seen)


def test_scenes_of_one_day_are_one_observation(tmp_path, judge):
    seen = np.full((24, 40), BARE)
    one = [write_prediction(tmp_path, "a", seen, date="2022-06-01")]
    two = [*one, write_prediction(tmp_path, "b", seen, date="2022-06-01", datatake="orbit 2")]
    first, second = (judge_year(judge, s, tmp_path / str(len(s))) for s in (one, two))
    assert first.pixels_seen == second.pixels_seen == 24 * 40


def test_blocks_that_a_scene_does_not_see_are_copied_as_they_are(tmp_path):
    judge = make_judge(tmp_path, TREES, grid=LARGE)
    days = views(tmp_path, {"2022-06-01": BARE}, grid=LARGE)
    first = judge_year(judge, days, tmp_path / "a")
    corner = np.zeros(LARGE.shape, np.uint8)
    corner[515:, 515:] = BARE
    days += views(tmp_path, {"2022-06-06": corner}, grid=LARGE)
    second = judge_year(judge, days, tmp_path / "b", kept=first.states)
    assert second.pixels_seen == 5 * 15
    assert bytes_of(second) == bytes_of(judge_year(judge, days, tmp_path / "c"))


def test_scenes_of_another_year_are_refused_by_name(tmp_path, judge):
    old = views(tmp_path, {"2021-12-31": BARE})
    with pytest.raises(InvalidProduct, match="s2021-12-31 of 2021-12-31 is not of 2022"):
        judge_year(judge, old, tmp_path / "out")


def test_a_state_of_another_bundle_is_refused(tmp_path, judge):
    scenes = views(tmp_path, {"2022-06-01": BARE})
    first = judge_year(judge, scenes, tmp_path / "a")
    other = replace(judge, context={"bundle": "another"})
    with pytest.raises(InvalidProduct, match="another bundle"):
        judge_year(other, scenes, tmp_path / "b", kept=first.states)


def test_a_baseline_that_is_not_of_the_year_before_is_refused(tmp_path, judge):
    with pytest.raises(InvalidProduct, match="need the map of 2022"):
        judge_year(replace(judge, year=2023), [], tmp_path / "out")


def test_a_state_after_a_quarter_is_used_only_while_that_quarter_has_no_new_date(pool):
    dates = observations_by_date(pool[:9])
    seen = tuple((take.date, take.contents) for take in dates)
    ended = sum(day < "2022-04-01" for day, _ in seen)
    states = {"q1": KeptState(Path("q1"), seen[:ended])}
    plan = plan_replay(dates, states, 2022)
    assert plan.base == states["q1"] and set(plan.kept) == {"q1"}
    fewer = plan_replay(dates[:1], states, 2022)
    assert fewer.base is None


def test_withdrawn_scenes_are_named(pool):
    dates = observations_by_date(pool[:9])
    state = KeptState(Path("x"), tuple((take.date, take.contents) for take in dates))
    assert withdrawn_scenes([state], observations_by_date(pool[1:9])) == ["s0"]
    anew = [pool[10] if scene.scene_id == "s3" else scene for scene in pool[:9]]
    assert withdrawn_scenes([state], observations_by_date(anew)) == ["s3"]
