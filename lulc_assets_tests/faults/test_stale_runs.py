"""Runs of processes that are gone end when the UI or the demo starts; their slots are free again.

Before: after a reboot a run stayed "started" for ever, and all later ones waited for its slot.
"""

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._daemon.types import DaemonHeartbeat

from lulc_assets.defs import stale
from lulc_assets.defs.stale import DEMO, dead_runs, end_stale_runs, several_daemons
from lulc_assets.running.home import prepare_home

STARTED, FAILURE = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE

WORK = """
import os, signal, sys
import dagster as dg

@dg.op(pool="gpu")
def work():
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("at work", flush=True)
    sys.stdin.read()

@dg.job
def long():
    work()

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    long.execute_in_process(instance=instance)
"""


@pytest.fixture
def instance(tmp_path):
    home = prepare_home(tmp_path / "home")
    with dg.DagsterInstance.from_config(str(home)) as found:
        yield found


def run_in_a_process(instance, what):
    home = str(Path(instance.root_directory))
    return subprocess.Popen(
        [sys.executable, "-c", WORK, home, what],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"},
    )  # fmt: skip


def slots_taken(instance):
    return len(instance.event_log_storage.get_concurrency_info("gpu").active_run_ids)


def test_a_killed_run_ends_and_gives_its_slot_back(instance):
    with run_in_a_process(instance, "die") as process:
        process.wait()
    (run,) = instance.get_runs()
    assert run.status == STARTED and slots_taken(instance) == 1
    assert end_stale_runs(instance) == [run.run_id]
    assert instance.get_run_by_id(run.run_id).status == FAILURE
    assert slots_taken(instance) == 0


def test_the_sensor_ends_them_on_one_machine_and_leaves_clusters_alone(instance, monkeypatch):
    with run_in_a_process(instance, "die") as process:
        process.wait()
    (run,) = instance.get_runs()
    with dg.build_sensor_context(instance=instance) as context:
        with monkeypatch.context() as patch:
            patch.setattr(stale, "DefaultRunLauncher", type("OfACluster", (), {}))
            assert "by itself" in dead_runs(context).skip_message
        assert instance.get_run_by_id(run.run_id).status == STARTED
        assert run.run_id in dead_runs(context).skip_message
        assert "none" in dead_runs(context).skip_message
    assert instance.get_run_by_id(run.run_id).status == FAILURE


def test_a_run_at_work_goes_on(instance):
    with run_in_a_process(instance, "live") as process:
        while process.stdout.readline().strip() != b"at work":
            assert process.poll() is None
        assert end_stale_runs(instance) == [] and slots_taken(instance) == 1
        process.stdin.close()
        process.wait()
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.SUCCESS


def test_another_process_of_the_same_number_is_not_the_runs(instance, monkeypatch):
    monkeypatch.setattr("psutil.Process.create_time", lambda self: float("inf"))
    with run_in_a_process(instance, "live") as process:
        while process.stdout.readline().strip() != b"at work":
            assert process.poll() is None
        assert len(end_stale_runs(instance)) == 1
        process.stdin.close()
        process.wait()


def test_unfinished_runs_of_a_demo_are_its_own_to_end(instance):
    run = dg.DagsterRun(
        "train", status=dg.DagsterRunStatus.STARTING, tags={DEMO: "true"}, run_id=str(uuid.uuid4())
    )
    instance.add_run(run)
    assert end_stale_runs(instance) == []
    assert end_stale_runs(instance, demo_is_ours=True) == [run.run_id]


def test_every_run_of_a_laptop_ends_some_time(instance):
    from lulc_assets.defs import jobs

    settings = yaml.safe_load((Path(instance.root_directory) / "dagster.yaml").read_text())
    queue = instance.get_concurrency_config().run_queue_config
    waits_s = queue.max_user_code_failure_retries * queue.user_code_failure_retry_delay
    assert waits_s >= 300, "runs wait for a code server that starts again"
    whole = settings["run_monitoring"]["max_runtime_seconds"]
    assert instance.run_monitoring_max_runtime_seconds == whole
    assert (
        instance.run_retries_max_retries == 2
        and not instance.run_retries_retry_on_asset_or_op_failure
    )
    named = ("training_data", "train", "reference", "map_tile_year", "seasons", "region", "metrics")
    for name in named:
        assert 0 < int(getattr(jobs, name).tags["dagster/max_runtime"]) <= whole


def heard(instance, kind, daemon, at):
    instance.add_daemon_heartbeat(DaemonHeartbeat(at, kind, daemon, []))


def test_a_second_daemon_is_named(instance):
    heard(instance, "SENSOR", "one", 1000.0)
    heard(instance, "BACKFILL", "one", 1010.0)
    assert several_daemons(instance, now=1020.0) == ""
    heard(instance, "BACKFILL", "two", 1015.0)
    assert "2 daemons work on this instance" in several_daemons(instance, now=1020.0)


def test_a_daemon_that_was_started_again_is_one(instance):
    heard(instance, "SENSOR", "before", 1000.0)
    heard(instance, "BACKFILL", "after", 1100.0)
    assert several_daemons(instance, now=1110.0) == ""


def test_the_sensor_says_so(instance):
    now = time.time()
    heard(instance, "SENSOR", "one", now)
    heard(instance, "BACKFILL", "two", now)
    with dg.build_sensor_context(instance=instance) as context:
        assert "stop one" in dead_runs(context).skip_message
