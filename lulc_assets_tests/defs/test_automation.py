"""What runs by itself: the sensors of new scenes."""

import json
from pathlib import Path

import dagster as dg
import pytest

from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import new_scenes, scenes_compared
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.maps import make_annual_map
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work, predict_year


@pytest.fixture(params=[new_scenes, scenes_compared], ids=lambda sensor: sensor.name)
def sensor(request):
    return request.param


@pytest.fixture
def tick(sensor, project_file: Path, instance: dg.DagsterInstance):
    project_file.write_text(f"watch_years = [{YEAR}]\n" + project_file.read_text())

    def look() -> dg.SensorResult:
        resources = {"project": ProjectResource(project_file=str(project_file))}
        with dg.build_sensor_context(instance=instance, resources=resources) as context:
            return sensor(context)

    return look


def test_scenes_that_no_map_has_seen_request_a_run(tick):
    (request,) = tick().run_requests
    assert request.partition_key == f"{TILE}|{YEAR}"
    assert request.run_key.startswith(f"{TILE}|{YEAR}")
    assert request.tags["lulc/why"].startswith("6 new: ")


def test_once_mapped_the_same_scenes_request_nothing(tick, project_file):
    work = open_work(project_file)
    make_scene_catalog(work, KEY)
    predict_year(work)
    make_annual_map(work, KEY)
    assert tick().run_requests == []


def test_a_reprocessed_scene_requests_a_run_with_another_key(tick, project_file):
    (first,) = tick().run_requests
    item = next((project_file.parent / "archive" / "catalog").glob("*/*/S2*/S2*.json"))
    text = item.read_text()
    item.write_text(text.replace('"s2:generation_time": "20', '"s2:generation_time": "21'))
    changed = item.read_text() != text
    (second,) = tick().run_requests
    assert changed and second.run_key != first.run_key


def test_a_catalogue_that_cannot_be_read_skips_the_tile(tick, project_file):
    (project_file.parent / "archive" / "catalog" / "catalog.json").write_text("{")
    assert tick().run_requests == []


def test_tiles_that_the_project_does_not_have_are_passed_over(sensor, project_file):
    with dg.DagsterInstance.ephemeral() as instance:
        add_keys(instance, TILE_DIMENSION, ["32TNS"])
        resources = {"project": ProjectResource(project_file=str(project_file))}
        with dg.build_sensor_context(instance=instance, resources=resources) as context:
            found = sensor(context)
    assert found.skip_reason is not None


def test_an_empty_tick_says_what_it_looked_at(tick, sensor, project_file):
    work = open_work(project_file)
    make_scene_catalog(work, KEY)
    predict_year(work)
    make_annual_map(work, KEY)
    said = tick().skip_reason.skip_message
    assert ("6 items read" if sensor is new_scenes else f"compared {TILE} in {YEAR}") in said


def test_a_scene_that_vanished_is_told_apart_from_a_new_one(project_file, instance):
    resources = {"project": ProjectResource(project_file=str(project_file))}
    with dg.build_sensor_context(instance=instance, resources=resources) as context:
        first = new_scenes(context)
    catalog = project_file.parent / "archive" / "catalog"
    gone = next(catalog.glob("*/*/S2*/S2*.json"))
    listing = next(p for p in catalog.rglob("*.json") if f"/{gone.name}" in p.read_text())
    text = json.loads(listing.read_text())
    text["links"] = [one for one in text["links"] if gone.name not in one["href"]]
    listing.write_text(json.dumps(text))
    with dg.build_sensor_context(
        instance=instance, resources=resources, cursor=first.cursor
    ) as context:
        (request,) = new_scenes(context).run_requests
    assert request.tags["lulc/why"] == f"1 vanished: {gone.stem}"
