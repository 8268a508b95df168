"""A tile leaves the project while its run waits: the run says so, and nothing else is touched."""

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import TILE
from lulc_assets_tests.tiny_project import YEAR

GONE = "32TNS"
BATCH = {"ops": {"map_each": {"config": {"partitions": [f"{GONE}|{YEAR}"]}}}}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def tiles(*arguments):
    done = CliRunner().invoke(app, ["tiles", *arguments])
    assert done.exit_code == 0, done.output


@pytest.fixture
def home(project_file, tmp_path, monkeypatch):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.setenv("LULC_EXECUTOR", "in_process")
    tiles("add", GONE, "--project", str(project_file))
    return folder


def executed(instance, job, run):
    done = execute_run(InMemoryJob(job), run, instance)
    return [str(e.step_failure_data.error) for e in done.all_events if e.is_step_failure]


@pytest.mark.parametrize(("name", "config"), [("map_tile_year", {}), ("map_many", BATCH)])
def test_a_run_that_waited_names_the_tile_that_left(home, project_file, name, config):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert GONE in instance.get_dynamic_partitions(TILE)
        job = defs().resolve_job_def(name)
        tags = {} if config else {"dagster/partition": f"{GONE}|{YEAR}"}
        run = instance.create_run_for_job(job, run_config=config | QUIET, tags=tags)
        tiles("remove", GONE, "--project", str(project_file))
        assert GONE not in instance.get_dynamic_partitions(TILE)
        failed = executed(instance, job, run)
        assert failed
        assert any(f"tile {GONE} is not in project" in text for text in failed), failed
        assert not instance.get_materialized_partitions(dg.AssetKey("annual_map"))
