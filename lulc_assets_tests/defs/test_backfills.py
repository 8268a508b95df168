"""The yearly backfill: one, visible as a backfill, asked for again where it failed."""

from datetime import UTC, datetime
from threading import Thread

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.backfill import BulkActionStatus

from lulc_assets.core.store.keys import TileYear
from lulc_assets.definitions import defs
from lulc_assets.defs.backfills import MOST_ATTEMPTS, request_year
from lulc_assets.defs.partitions import TILE, add_keys
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.schedules import (
    last_years_maps,
    late_scenes_of_last_year,
    running_year_refreshed,
)
from lulc_assets_tests.steps.predicted_year import open_project

TILES = ["33TVM", "33TWM"]
KEYS = [TileYear(tile, 2023) for tile in TILES]
STATUS = BulkActionStatus


@pytest.fixture(scope="module")
def graph():
    return defs().resolve_asset_graph()


@pytest.fixture
def instance(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as found:
        add_keys(found, TILE, TILES)
        yield found


@pytest.fixture
def running(tmp_path):
    """Resources of a project that maps each new year."""
    open_project(tmp_path)
    file = tmp_path / "project.toml"
    file.write_text("running = true\n" + file.read_text())
    return {"project": ProjectResource(project_file=str(file))}


def ask(instance, graph, **options):
    return request_year(instance, graph, KEYS, "year-2023", {"a": "b"}, now=1.7e9, **options)


def end(instance, number, status):
    (found,) = [b for b in instance.get_backfills() if b.backfill_id == f"year-2023-{number}"]
    instance.update_backfill(found.with_status(status))


def test_it_is_an_asset_backfill_over_all_tiles_and_there_is_one(instance, graph):
    assert "over 2 tile × years" in ask(instance, graph)
    assert ask(instance, graph) == ""
    (backfill,) = instance.get_backfills()
    assert backfill.is_asset_backfill and backfill.title == "year-2023"
    data = backfill.asset_backfill_data
    assert {key.to_user_string() for key in backfill.asset_selection} == {
        "scene_catalog", "scene_predictions", "annual_map", "accuracy_area_report"
    }  # fmt: skip
    assert data.target_subset.num_partitions_and_non_partitioned_assets == 2 * 4


def test_how_often_keys_are_asked_for_does_not_grow_with_the_tiles(instance, graph, monkeypatch):
    asked, ask_for = [], type(instance).get_dynamic_partitions

    def counted(self, name):
        asked.append(name)
        return ask_for(self, name)

    monkeypatch.setattr(type(instance), "get_dynamic_partitions", counted)
    ask(instance, graph)
    few = len(asked)
    many = [f"33T{column}{row}" for column in "UVWX" for row in "KLM"]
    add_keys(instance, TILE, many)
    asked.clear()
    keys = [TileYear(tile, 2023) for tile in many]
    assert "over 12 tile" in request_year(instance, graph, keys, "many", {}, now=1.7e9)
    assert len(asked) <= few


def test_two_processes_at_once_create_one(instance, graph, monkeypatch):
    monkeypatch.setattr(type(instance), "get_backfill", lambda *_: None)
    said = []
    threads = [Thread(target=lambda: said.append(ask(instance, graph))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, said)) == [False, False, False, True]
    monkeypatch.undo()
    assert len(instance.get_backfills()) == 1


def test_what_failed_is_asked_for_again_without_what_has_a_map_and_not_for_ever(instance, graph):
    ask(instance, graph)
    instance.report_runless_asset_event(
        dg.AssetMaterialization("annual_map", partition="33TVM|2023")
    )
    for number in range(1, MOST_ATTEMPTS + 1):
        assert ask(instance, graph) == ""
        end(instance, number, STATUS.COMPLETED_FAILED)
        again = ask(instance, graph)
        assert ("over 1 tile × years" in again) == (number < MOST_ATTEMPTS)
    assert len(instance.get_backfills()) == MOST_ATTEMPTS


@pytest.mark.parametrize("status", [STATUS.CANCELED, STATUS.COMPLETED_SUCCESS, STATUS.CANCELING])
def test_what_succeeded_or_was_stopped_is_left_alone(instance, graph, status):
    ask(instance, graph)
    end(instance, 1, status)
    assert ask(instance, graph) == ""


@pytest.mark.parametrize(
    ("schedule", "day", "year", "name"),
    [
        (last_years_maps, datetime(2024, 1, 15, 6, tzinfo=UTC), 2023, "year-2023"),
        (running_year_refreshed, datetime(2024, 12, 30, 4, tzinfo=UTC), 2024, "refresh-2025-W01"),
        (late_scenes_of_last_year, datetime(2024, 3, 3, 5, tzinfo=UTC), 2023, "late-2023-2024-03"),
    ],
)
def test_the_calendar_asks_for_a_year_by_name(schedule, day, year, name, running):
    with dg.build_schedule_context(scheduled_execution_time=day, resources=running) as context:
        request = schedule(context)
    config = request.run_config["ops"]["ask_for_a_year"]["config"]
    assert (config["year"], config["name"]) == (year, name)
    assert len(f"{name}-9") <= 32  # the instance takes no longer id


def test_the_calendar_asks_for_no_year_that_is_not_the_projects(tmp_path):
    open_project(tmp_path)  # of 2022 alone
    resources = {"project": ProjectResource(project_file=str(tmp_path / "project.toml"))}
    for schedule, year in ((last_years_maps, 2023), (running_year_refreshed, 2024)):
        day = datetime(2024, 1, 15, 6, tzinfo=UTC)
        with dg.build_schedule_context(scheduled_execution_time=day, resources=resources) as one:
            skipped = schedule(one)
        assert f"{year} is not a year of the project (2022)" in skipped.skip_message


def test_a_year_that_is_not_the_projects_is_refused_by_name(project_file, instance):
    config = {"ops": {"ask_for_a_year": {"config": {"year": 2019, "name": "year-2019"}}}}
    job = defs().resolve_job_def("whole_year")
    done = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    (failure,) = [e for e in done.all_events if e.is_step_failure]
    told = failure.step_failure_data.user_failure_data.description
    assert "2019 is not a year of the project (2022)" in told and "`years`" in told
    assert instance.get_backfills() == []


def test_a_january_that_failed_is_asked_for_again_on_the_next_day(running):
    keys = set()
    for day in (15, 16):
        with dg.build_schedule_context(
            scheduled_execution_time=datetime(2024, 1, day, 6, tzinfo=UTC), resources=running
        ) as context:
            keys.add(last_years_maps(context).run_key)
    assert len(keys) == 2


def test_the_job_creates_it_and_a_second_run_finds_it(project_file, instance):
    config = {"ops": {"ask_for_a_year": {"config": {"year": 2022, "name": "year-2022"}}}}
    location = ReconstructableRepository.for_module("lulc_assets.definitions", "defs")
    job = location.get_reconstructable_job("whole_year")
    for _ in range(2):
        with dg.execute_job(job, instance=instance, run_config=config) as done:
            assert done.success
    assert len(instance.get_backfills()) == 1
