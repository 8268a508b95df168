"""``lulc trace`` in words and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets_tests.steps.test_pixels import point_of
from lulc_assets_tests.tiny_project import (
    TILE,
    YEAR,
    make_tiny_project,
    map_tiny_year,
    open_work,
    train_tiny_model,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    file = make_tiny_project(tmp_path_factory.mktemp("trace"))
    place = open_work(file)
    train_tiny_model(place)
    map_tiny_year(place)
    return file


def run(project, *arguments):
    return CliRunner().invoke(app, ["trace", "--project", str(project), *arguments])


def test_the_votes_are_told_in_words(project):
    lon, lat = point_of(open_work(project), 100, 100)
    done = run(project, "--at", f"{lon},{lat}", "--year", str(YEAR))

    assert done.exit_code == 0, done.stderr
    assert f"{TILE} {YEAR}, row 100, column 100" in done.stdout
    assert "Counted again, the votes give exactly this." in " ".join(done.stdout.split())


def test_json_holds_every_date(project):
    lon, lat = point_of(open_work(project), 100, 100)
    found = json.loads(run(project, "--at", f"{lon},{lat}", "--year", str(YEAR), "--json").stdout)

    assert found["agrees"] is True
    assert found["stored"] == found["recomputed"]
    assert len(found["dates"]) == len({date["scene_id"] for date in found["dates"]}) > 0


@pytest.mark.parametrize(
    ("at", "message"),
    [("14.5", "LON,LAT"), ("a,b", "LON,LAT"), ("0,0", "in no tile"), ("46.0,214", "not on the")],
)
def test_a_place_that_cannot_be_is_one_clear_line(project, at, message):
    done = run(project, "--at", at, "--year", str(YEAR))

    assert done.exit_code == 1
    assert message in " ".join(done.stderr.split())
