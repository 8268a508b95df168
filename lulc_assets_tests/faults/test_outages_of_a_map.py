"""An outage leaves the map that stands, and is asked about again.

Before: a run whose images were away committed a catalogue without scenes, or a map of the one
scene that could be read, green; and nothing ever asked again.
"""

import dataclasses
import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lulc_assets.core.errors import (
    AllScenesFailed,
    ImageryUnreachable,
    ScenesUnreachable,
    UnreadableRaster,
)
from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import MOST_ATTEMPTS, SCENES, next_attempt, scenes_compared
from lulc_assets.steps import imagery, predicted_scenes, predictions
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_CATALOG, SCENE_PREDICTIONS
from lulc_assets_tests.tiny_project import (
    KEY,
    TILE,
    YEAR,
    make_tiny_project,
    open_work,
    predict_year,
    train_tiny_model,
)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory) -> Path:
    """Project file of a tiny project with a map of a year. Read only."""
    file = make_tiny_project(tmp_path_factory.mktemp("mapped"))
    file.write_text(f"watch_years = [{YEAR}]\n" + file.read_text())
    work = open_work(file)
    train_tiny_model(work)
    predict_year(work)
    make_annual_map(work, KEY)
    return file


@pytest.fixture
def work(mapped, tmp_path):
    shutil.copytree(mapped.parent, tmp_path / "project")
    return open_work(tmp_path / "project" / "project.toml")


def results_of(work):
    return [
        predicted_scenes.predict_batch(work, b) for b in predicted_scenes.plan_batches(work, KEY)
    ]


def without(results, scenes, *, unreachable):
    """The results as if scenes could not be predicted."""
    kind = ImageryUnreachable if unreachable else UnreadableRaster

    def change(outcome):
        if outcome.scene_id not in scenes:
            return outcome
        return predicted_scenes.Outcome(outcome.scene_id, "", f"{kind.__name__}: x", unreachable)

    return [dataclasses.replace(r, outcomes=tuple(map(change, r.outcomes))) for r in results]


def ids_of(results):
    return [o.scene_id for r in results for o in r.outcomes]


def ask(work):
    with dg.DagsterInstance.ephemeral() as instance:
        add_keys(instance, TILE_DIMENSION, [TILE])
        file = str(work.project.folder / "project.toml")
        resources = {"project": ProjectResource(project_file=file)}
        with dg.build_sensor_context(instance=instance, resources=resources) as context:
            return scenes_compared(context).run_requests


def touch_an_item(work):
    item = next((work.project.folder / "archive" / "catalog").glob("*/*/S2*/S2*.json"))
    text = item.read_text()
    item.write_text(text.replace('"s2:generation_time": "20', '"s2:generation_time": "21'))
    assert item.read_text() != text


def test_a_catalogue_of_an_outage_is_not_committed_and_the_sensor_asks_again(work, monkeypatch):
    touch_an_item(work)
    before = work.read(SCENE_CATALOG, KEY)
    sound = imagery.select_scenes

    def away(*args, **options):
        table = sound(*args, **options)
        gone = table["scene_id"] == table["scene_id"].iloc[0]
        table.loc[gone, ["selected", "order", "reason"]] = [
            False,
            None,
            "unreachable: host is away",
        ]
        return table

    monkeypatch.setattr(imagery, "select_scenes", away)
    with pytest.raises(ScenesUnreachable, match=rf"{TILE} {YEAR}: 1 of \d+ candidates"):
        imagery.make_scene_catalog(work, KEY)
    assert work.read(SCENE_CATALOG, KEY) == before
    assert len(ask(work)) == 1
    monkeypatch.undo()
    assert imagery.make_scene_catalog(work, KEY) != before


def test_a_map_that_would_lose_scenes_to_an_outage_is_refused(work):
    results = results_of(work)
    before, ids = work.read(SCENE_PREDICTIONS, KEY), ids_of(results)
    assert len(ids) >= 3
    with pytest.raises(ScenesUnreachable, match=f"2 of the {len(ids)} selected scenes"):
        predictions.commit_predictions(work, KEY, without(results, ids[:2], unreachable=True))
    assert work.read(SCENE_PREDICTIONS, KEY) == before


def test_scenes_that_the_map_that_stands_has_count_too(work):
    """Few of many selected ones, but all that the former manifest was made of."""
    results = results_of(work)
    ids = ids_of(results)
    predictions.commit_predictions(work, KEY, without(results, ids[1:], unreachable=False))
    project = work.project.model_copy(update={"min_reached": 1 - 1 / len(ids)})
    lenient = dataclasses.replace(work, project=project)
    with pytest.raises(ScenesUnreachable, match="1 of the 1 scenes of the map that stands"):
        predictions.commit_predictions(lenient, KEY, without(results, ids[:1], unreachable=True))


def test_scenes_that_were_judged_bad_are_no_reason_to_keep_an_old_map(work):
    results = results_of(work)
    ids = ids_of(results)
    made = predictions.commit_predictions(work, KEY, without(results, ids[1:], unreachable=False))
    assert len(made.properties.scenes) == 1 and made.properties.unreachable == ()
    make_annual_map(work, KEY)
    assert ask(work) == []
    with pytest.raises(AllScenesFailed):
        predictions.commit_predictions(work, KEY, without(results, ids, unreachable=False))


def test_a_map_that_lacks_a_scene_by_an_outage_is_asked_for_again(work):
    results = results_of(work)
    ids = ids_of(results)
    project = work.project.model_copy(update={"min_reached": 0.5})
    lenient = dataclasses.replace(work, project=project)
    predictions.commit_predictions(lenient, KEY, without(results, ids[:1], unreachable=True))
    made = make_annual_map(work, KEY)
    assert made.properties.unreachable == (ids[0],)
    (request,) = ask(work)
    assert request.tags["lulc/why"] == f"not reached by the last run: {ids[0]}"
    predictions.commit_predictions(work, KEY, results)
    make_annual_map(work, KEY)
    assert work.read(ANNUAL_MAP, KEY).properties.unreachable == ()
    assert ask(work) == []


def test_an_image_host_that_is_away_is_told_from_a_broken_file(work, monkeypatch):
    def away(self, recipe):
        kind = ImageryUnreachable if recipe.id == first else UnreadableRaster
        raise kind(f"{recipe.id} x")

    (batch, *_) = predicted_scenes.plan_batches(work, KEY)
    first = batch.scenes[0]
    monkeypatch.setattr(predicted_scenes._Predicting, "predict", away)
    found = predicted_scenes.predict_batch(work, batch).outcomes
    assert [o.unreachable for o in found] == [o.scene_id == first for o in found]


# --- attempts ----------------------------------------------------------------------------


def test_a_failed_run_is_tried_again_later_with_another_key():
    place = ("x", "abc")
    tags = {SCENES: "abc", "dagster/partition": "x"}
    with dg.DagsterInstance.ephemeral() as instance:
        assert next_attempt(instance, *place) == 0

        def add(status):
            instance.add_run(
                dg.DagsterRun("map_tile_year", status=status, tags=tags, run_id=str(uuid.uuid4()))
            )

        add(dg.DagsterRunStatus.FAILURE)
        later = datetime.now(UTC)
        assert next_attempt(instance, *place, later + timedelta(minutes=50)) is None
        assert next_attempt(instance, *place, later + timedelta(minutes=70)) == 1
        add(dg.DagsterRunStatus.FAILURE)
        assert next_attempt(instance, *place, later + timedelta(minutes=70)) is None
        assert next_attempt(instance, *place, later + timedelta(hours=3)) == 2
        add(dg.DagsterRunStatus.STARTED)
        assert next_attempt(instance, *place, later + timedelta(days=9)) is None


def test_attempts_for_the_same_scenes_end():
    tags = {SCENES: "abc", "dagster/partition": "x"}
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(MOST_ATTEMPTS):
            instance.add_run(
                dg.DagsterRun(
                    "map_tile_year", status=dg.DagsterRunStatus.FAILURE, tags=tags,
                    run_id=str(uuid.uuid4()),
                )
            )  # fmt: skip
        later = datetime.now(UTC) + timedelta(days=99)
        assert next_attempt(instance, "x", "abc", later) is None
        assert next_attempt(instance, "x", "other", later) == 0
