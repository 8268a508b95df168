"""The command line: help that teaches, errors as one line."""

import errno
import tomllib
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.demo.projects import write_slovenian_project
from lulc_assets.simulation.archive import write as archive

REPOSITORY = Path(__file__).resolve().parents[2]
runner = CliRunner()


@pytest.mark.parametrize("command", [[], ["demo"], ["demo-real"], ["ui"], ["tiles"]])
def test_every_command_has_help(command):
    result = runner.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_the_version_is_that_of_the_project_file():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    result = runner.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output == f"{project['version']}\n"
    citation = (REPOSITORY / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\n## [{project['version']}]" in (REPOSITORY / "CHANGELOG.md").read_text("utf-8")


def test_an_error_of_the_domain_is_one_line_and_exit_1(tmp_path):
    result = runner.invoke(app, ["tiles", "list", "--project", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert "InvalidProject" in result.stderr and "none.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_ui_without_a_demo_says_what_to_run(tmp_path):
    result = runner.invoke(app, ["ui", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "lulc demo" in result.stderr


@pytest.mark.parametrize("home", [None, "dagster", "/no/such/folder"])
def test_registering_without_an_instance_says_what_to_set(tmp_path, monkeypatch, home):
    project = write_slovenian_project(tmp_path, tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    if home:
        monkeypatch.setenv("DAGSTER_HOME", home)
    result = runner.invoke(app, ["tiles", "register", "--project", str(project)])
    assert result.exit_code == 1
    assert "DAGSTER_HOME" in result.stderr and "dagster.yaml" in result.stderr


def test_a_place_that_cannot_be_written_is_one_line_with_its_name(tmp_path):
    (tmp_path / "file").write_text("no folder")
    place = tmp_path / "file" / "archive"
    result = runner.invoke(app, ["simulate", "--out", str(place), "--size", "64", "--sample", "9"])
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr.replace("\n", "")
    assert "check that the place exists" in result.stderr


def test_a_full_disk_is_one_line_that_says_to_make_room(tmp_path, monkeypatch):
    def fill(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive, "write_archive", fill)
    result = runner.invoke(app, ["simulate", "--out", str(tmp_path / "a"), "--size", "64"])
    assert result.exit_code == 1
    assert "No space left on device; make room" in result.stderr


def test_tiles_are_listed_and_registered(tmp_path, monkeypatch):
    project = write_slovenian_project(tmp_path, tmp_path)
    listed = runner.invoke(app, ["tiles", "list", "--project", str(project)])
    assert "33TVL" in listed.output and "slovenia" in listed.output
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    registered = runner.invoke(app, ["tiles", "register", "--project", str(project)])
    assert registered.exit_code == 0, registered.output
    with dg.DagsterInstance.get() as instance:
        assert list(instance.get_dynamic_partitions("tile")) == ["33TVL"]
        assert list(instance.get_dynamic_partitions("region")) == ["slovenia"]
