"""A tile × year through daemon and queue of an instance on PostgreSQL."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets_tests.services.conftest import running
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]
WAIT_S = 300
PASSWORD = "lulc-planted-password"


def tool(name: str, *arguments: str, env: dict[str, str], check: bool = True) -> str:
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture
def environment(postgres: int, trained_project: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of all programs of an instance on a database of its own."""
    import psycopg2

    address = f"postgresql://postgres@127.0.0.1:{postgres}/postgres"
    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE dagster")
    connection.close()
    home = tmp_path / "home"
    home.mkdir()
    yield {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_PORT": str(postgres),
        "DAGSTER_PG_USER": "postgres",
        "DAGSTER_PG_PASSWORD": PASSWORD,
        "DAGSTER_PG_DB": "dagster",
        "LULC_PROJECT": str(trained_project),
        "LULC_EXECUTOR": "in_process",
        "PYTHONPATH": str(REPOSITORY),
    }


def wait_for_run(instance: dg.DagsterInstance, log: Path) -> dg.DagsterRun:
    ends_at = time.monotonic() + WAIT_S
    while time.monotonic() < ends_at:
        found = instance.get_runs()
        if found and found[0].is_finished:
            return found[0]
        time.sleep(0.5)
    pytest.fail(f"no run was finished: {log.read_text()[-3000:]}")


def test_a_tile_and_year_goes_through_daemon_and_queue(environment, trained_project, tmp_path,
                                                       monkeypatch):  # fmt: skip
    said = tool("lulc", "instance", "bootstrap", "--postgres", "--gpu", "2", env=environment)
    assert "storage: PostgresEventLogStorage" in said
    assert "pool gpu: 2, pool metrics: 1" in said
    assert "lacks" not in said
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "daemon.log"
    daemon = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", "workspace.yaml"]
    tags = {"dagster/partition": f"{TILE}|{YEAR}", "dagster/partition/tile": TILE,
            "dagster/partition/year": str(YEAR)}  # fmt: skip
    with (
        running(daemon, log, cwd=REPOSITORY, env=environment),
        dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance,
    ):
        tool("dagster", "job", "launch", "-w", "workspace.yaml", "-j", "map_tile_year",
             "--tags", json.dumps(tags), env=environment)  # fmt: skip
        run = wait_for_run(instance, log)
        events = instance.all_logs(run.run_id)
        assert run.status == dg.DagsterRunStatus.SUCCESS, log.read_text()[-3000:]
        assert any(e.dagster_event_type == dg.DagsterEventType.RUN_ENQUEUED for e in events)
        assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 0
        told = instance.get_latest_data_version_record(dg.AssetKey("annual_map"))
        assert told is not None
        assert PASSWORD not in "".join(e.to_json() for e in events)
    assert open_work(trained_project).read(ANNUAL_MAP, KEY)
    assert PASSWORD not in log.read_text()
