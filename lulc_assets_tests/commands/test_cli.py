"""The command line: help that teaches, errors as one line."""

import dagster as dg
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.demo.projects import write_slovenian_project

runner = CliRunner()


@pytest.mark.parametrize("command", [[], ["demo"], ["demo-real"], ["ui"], ["tiles"]])
def test_every_command_has_help(command):
    result = runner.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_error_of_the_domain_is_one_line_and_exit_1(tmp_path):
    result = runner.invoke(app, ["tiles", "list", "--project", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert "InvalidProject" in result.stderr and "none.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_ui_without_a_demo_says_what_to_run(tmp_path):
    result = runner.invoke(app, ["ui", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "lulc demo" in result.stderr


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
