"""Alerts follow new scenes: ticks of the real asset's condition behind what the sensor requests."""

import dagster as dg
import pytest

from lulc_assets.defs.change import change_alerts
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.defs.partitions import TILE, add_keys, tile_years
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import new_scenes
from lulc_assets_tests.defs.test_conditions import Ticks

TILES = ("33TVL", "33TVM")
EVIDENCE = "change_evidence"


@pytest.fixture
def ticks():
    """Two tiles whose years 2021 and 2022 are mapped and predicted, with evidence and alerts."""
    specs = [
        dg.AssetSpec(name, partitions_def=tile_years())
        for name in ("scene_predictions", "annual_map")
    ]
    resources = {"project": ProjectResource(project_file="project.toml")}
    defs = dg.Definitions(
        assets=[*specs, dg.AssetSpec(EVIDENCE), *change_alerts().assets], resources=resources
    )
    found = Ticks(defs, "change_alerts")
    add_keys(found.instance, TILE, list(TILES))
    for tile in TILES:
        for year in (2021, 2022):
            found.report("scene_predictions", f"{tile}|{year}")
            found.report("annual_map", f"{tile}|{year}")
    found.report(EVIDENCE)
    found()
    yield found
    found.instance.dispose()


def test_the_sensor_requests_the_job_whose_predictions_the_alerts_follow(ticks):
    assert new_scenes.job_name == map_tile_year.name
    assert "scene_predictions" in str(map_tile_year.selection)
    ticks.report("scene_predictions", "33TVM|2022", "a new scene")
    assert ticks() == {"33TVM|2022"}
    assert ticks() == set(), "told once"


def test_predictions_that_came_out_the_same_start_no_alerts(ticks):
    ticks.report("scene_predictions", "33TVM|2022", "1")
    assert ticks() == set()


def test_a_year_whose_former_year_has_no_map_waits_for_it(ticks):
    ticks.report("scene_predictions", "33TVM|2024", "2")
    assert ticks() == set()
    ticks.report("annual_map", "33TVM|2023")
    assert ticks() == {"33TVM|2024"}


def test_another_former_map_starts_the_alerts_of_the_next_year_alone(ticks):
    ticks.report("annual_map", "33TVL|2021", "a late scene")
    assert ticks() == {"33TVL|2022"}


def test_other_evidence_starts_nothing_and_without_any_no_alert_is_started(ticks):
    ticks.report(EVIDENCE, version="learnt again")
    assert ticks() == set()
