"""Whether a map was looked at lately is judged per partition."""

import time
from datetime import UTC, datetime

import dagster as dg
import pytest

from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs import freshness
from lulc_assets.defs.freshness import age_of, old_maps
from lulc_assets.defs.partitions import TILE, add_keys
from lulc_assets.defs.resources import ProjectResource
from lulc_assets_tests.steps.predicted_year import open_project

MAP, DAY_S = dg.AssetKey("annual_map"), 86400.0
RUNNING = datetime.now(UTC).year


@pytest.fixture
def tile(tmp_path, instance):
    work = open_project(tmp_path)
    be_running(tmp_path / "project.toml")
    (name,) = work.project.tiles
    add_keys(instance, TILE, [name])
    return name


@pytest.fixture
def tick(tmp_path, instance, monkeypatch):
    """The sensor so many days from now: partition → run key of what it asks for."""
    resources = {"project": ProjectResource(project_file=str(tmp_path / "project.toml"))}

    def at(days):
        now = time.time() + days * DAY_S
        with monkeypatch.context() as patch:
            patch.setattr(freshness.time, "time", lambda: now)
            with dg.build_sensor_context(instance=instance, resources=resources) as context:
                found = old_maps(context)
        assert found.run_requests or "none is too old" in found.skip_reason.skip_message
        assert all("nobody looked lately" in r.tags["lulc/why"] for r in found.run_requests)
        return {request.partition_key: request.run_key for request in found.run_requests}

    return at


def be_running(file):
    file.write_text("running = true\n" + file.read_text())


def mapped(instance, tile, year):
    event = dg.AssetMaterialization(MAP, partition=f"{tile}|{year}")
    instance.report_runless_asset_event(event)


def test_an_old_year_that_is_made_does_not_make_the_running_one_fresh(instance, tile, tick):
    mapped(instance, tile, RUNNING)
    assert tick(9) == {}
    mapped(instance, tile, 2020)  # which nobody watches
    assert set(tick(11)) == {f"{tile}|{RUNNING}"}


def test_a_map_is_asked_for_once_until_it_is_looked_at_again(instance, tile, tick):
    mapped(instance, tile, RUNNING)
    first = tick(11)
    assert first == tick(12) != {}  # the instance skips a run key that it had
    mapped(instance, tile, RUNNING)
    again = tick(20)
    assert again.keys() == first.keys() and again != first


def test_a_map_that_never_was_is_missing_and_not_old(instance, tile, tick):
    assert tick(400) == {}
    age, at = age_of(instance, TileYear(tile, RUNNING), 10, now=time.time())
    assert not age.is_fresh and age.says == "there is no map yet" and at == 0


def test_the_limit_is_the_projects(tmp_path, instance, tile, tick):
    file = tmp_path / "project.toml"
    file.write_text(file.read_text() + "\n[watch]\nfresh_days = 30\n")
    mapped(instance, tile, RUNNING)
    assert tick(29) == {} and tick(31)


def test_a_project_that_is_not_running_says_that_no_year_is_watched(tmp_path, instance):
    open_project(tmp_path)
    resources = {"project": ProjectResource(project_file=str(tmp_path / "project.toml"))}
    with dg.build_sensor_context(instance=instance, resources=resources) as context:
        skipped = old_maps(context).skip_reason.skip_message
    assert "no year is watched: the years of the project are 2022" in skipped
