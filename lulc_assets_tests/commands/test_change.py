"""``lulc change`` and ``lulc alerts`` on a project of two years."""

import json

import geopandas as gpd
import pytest
from pyproj import Transformer
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.project import load_project
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.products import CHANGE_MAP
from lulc_assets.steps.properties import ChangeProperties
from lulc_assets.steps.workbench import Made, Workbench
from lulc_assets_tests.steps.two_years import CLEARED, KEY, TILE, two_years

YEAR = str(KEY.year)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Project file of two years with change map and alerts."""
    folder = tmp_path_factory.mktemp("two_years")
    work = two_years(folder)
    make_change_map(work, KEY)
    make_change_alerts(work, KEY)
    return folder / "project.toml"


def lulc(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_change_is_shown_exported_and_put_together(project, tmp_path):
    shown = lulc("change", "show", TILE, YEAR, "--project", project)
    assert "trees → bare_ground" in shown.stdout and "no estimate" in shown.stdout
    found = json.loads(lulc("change", "show", TILE, YEAR, "--project", project, "--json").stdout)
    assert found["transitions"][0]["sustained"] == 12 * 14
    assert found["stories_px"]["forest_loss"]["sustained"] == 12 * 14
    done = lulc("change", "export", TILE, YEAR, "--out", tmp_path, "--project", project)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "transitions.csv").read_text().splitlines()[1].startswith("trees,bare_")
    assert (tmp_path / "item.json").is_file()
    assert lulc("change", "years", TILE, "--out", tmp_path, "--project", project).exit_code == 0
    layer = read_raster(tmp_path / "year_of_change.tif")
    assert set(layer[CLEARED].ravel()) == {KEY.year} and not layer[0].any()


def test_alerts_are_shown_exported_and_delivered(project, tmp_path):
    shown = lulc("alerts", "show", TILE, YEAR, "--project", project)
    assert "confirmed" in shown.stdout
    asked = ("alerts", "show", TILE, YEAR, "--step", "confirmed", "--json", "--project", project)
    (alert,) = json.loads(lulc(*asked).stdout)["alerts"]
    assert alert["from_class"] == "trees" and alert["confirmed_on"] > alert["first_on"]
    assert "not one of possible" in lulc(*asked[:5], "sure", "--project", project).output
    done = lulc("alerts", "export", TILE, YEAR, "--out", tmp_path, "--project", project)
    assert done.exit_code == 0, done.output
    assert list(gpd.read_file(tmp_path / "alerts.gpkg")["alert_id"]) == [alert["alert_id"]]
    refused = lulc("alerts", "deliver", TILE, YEAR, "--dry-run", "--project", project)
    assert refused.exit_code == 1 and "[delivery]" in refused.output


def test_a_year_without_a_baseline_is_shown_as_such(tmp_path):
    work = two_years(tmp_path)
    grid = work.grid(TILE)
    properties = ChangeProperties("", "no baseline: nothing is mapped", "b", "l", grid)
    work.step(CHANGE_MAP, KEY.former).make("none", lambda _: Made({}, properties))
    where = ("--project", tmp_path / "project.toml")
    shown = lulc("change", "show", TILE, KEY.former.year, *where)
    assert shown.exit_code == 0 and "no baseline" in shown.stdout
    refused = lulc("change", "export", TILE, KEY.former.year, "--out", tmp_path / "x", *where)
    assert refused.exit_code == 1 and "has no files" in refused.output


def test_a_point_is_traced_to_the_dates_behind_its_alert(project):
    work = Workbench.of(load_project(project))
    grid = work.grid(TILE)
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    for row, col, step in ((4, 6, "none"), (0, 0, "none"), (9, 12, "confirmed")):
        lon, lat = to_degrees.transform(grid.x0 + 10 * col + 5, grid.y0 - 10 * row - 5)
        asked = ("trace", "--alerts", "--at", f"{lon},{lat}", "--year", YEAR, "--project", project)
        found = json.loads(lulc(*asked, "--json").stdout)
        assert found["agrees"] and found["from_class"] == "trees" and len(found["dates"]) == 12
        assert (found["row"], found["col"]) == (row, col)
        assert found["dates"][-1]["step"] == step  # at its corners most neighbours are trees
    clearing = found["dates"][4:]
    assert {one["class"] for one in clearing} == {"bare_ground"}
    assert clearing[0]["moved"] > 0 and clearing[-1]["supports"] >= 3
    shown = lulc(*asked)
    assert "give exactly what is stored" in shown.stdout.replace("\n", " ")


def test_a_point_is_traced_to_the_dates_behind_its_grade(project):
    work = Workbench.of(load_project(project))
    grid = work.grid(TILE)
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    for row, col, grade in ((0, 0, "none"), (9, 12, "sustained")):
        lon, lat = to_degrees.transform(grid.x0 + 10 * col + 5, grid.y0 - 10 * row - 5)
        asked = ("trace", "--change", "--at", f"{lon},{lat}", "--year", YEAR, "--project", project)
        done = lulc(*asked, "--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert found["agrees"] and not found["sieved"]
        assert found["stored"] == found["recomputed"] and found["stored"]["grade"] == grade
    assert found["stored"]["from_class"] == "trees"
    assert found["stored"]["to_class"] == "bare_ground"
    (first,) = (one for one in found["dates"] if one["date"] == found["stored"]["changed_on"])
    assert first["class"] == "bare_ground" and first["ratio"] > 0
    assert found["dates"][0]["ratio"] < 0 and found["dates"][0]["posterior"] < 0.5
    assert found["dates"][-1]["posterior"] == found["stored"]["posterior"]
    shown = " ".join(lulc(*asked).stdout.split())
    assert "Trees, then Bare ground: sustained" in shown and "exactly what is stored" in shown
    both = lulc(*asked, "--alerts")
    assert both.exit_code == 2 and "one at a time" in both.output
