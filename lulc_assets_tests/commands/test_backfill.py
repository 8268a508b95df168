"""`lulc backfill` asks back where it is dear, and the same name is the same backfill."""

import dagster as dg
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.defs.partitions import TILE, add_keys
from lulc_assets_tests.steps.predicted_year import open_project


@pytest.fixture
def place(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    work = open_project(tmp_path / "project")
    file = work.project.folder / "project.toml"
    file.write_text("years = [2022, 2023]\n" + file.read_text())
    with dg.DagsterInstance.get() as instance:
        add_keys(instance, TILE, list(work.project.tiles))
        yield instance, file


def call(file, *arguments, said=""):
    command = ["backfill", "--years", "2022-2023", "--project", str(file), *arguments]
    return CliRunner().invoke(app, command, input=said)


def names(instance):
    return sorted(b.backfill_id for b in instance.get_backfills())


def test_a_backfill_a_year_and_once(place):
    instance, file = place
    done = call(file)
    assert done.exit_code == 0, done.output
    assert "backfill by-hand-2022-1 over 1 tile × years" in done.output
    assert "there already" in call(file).output
    assert names(instance) == ["by-hand-2022-1", "by-hand-2023-1"]


def test_what_is_dear_is_asked_back(place):
    instance, file = place
    file.write_text(file.read_text() + "\n[prices]\ncore_hour = 1.0\nconfirm_above = 10\n")
    refused = call(file, said="n\n")
    assert refused.exit_code != 0 and "Go on?" in refused.output
    assert names(instance) == []
    assert call(file, said="y\n").exit_code == 0
    assert names(instance) == ["by-hand-2022-1", "by-hand-2023-1"]
    again = call(file, "--name", "other", "--yes")
    assert again.exit_code == 0 and "Go on?" not in again.output


def test_a_year_that_is_not_the_projects_is_refused_by_name(place):
    instance, file = place
    done = call(file, "--years", "2023-2024")
    assert done.exit_code == 1 and "2024 is not a year of the project (2022, 2023)" in done.output
    assert names(instance) == []


@pytest.mark.parametrize("tile", ["../../etc", "narnia", "33TVM'; drop table runs; --", "9" * 5000])
def test_absurd_tiles_are_refused_by_name(place, tile):
    instance, file = place
    done = call(file, "--tiles", tile)
    assert done.exit_code == 1 and "InvalidTileKey" in done.output
    assert names(instance) == []
