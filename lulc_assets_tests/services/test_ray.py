"""A tile × year on a Ray cluster of two nodes: same bytes, and one node may die."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
import psutil
import pytest

from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_PREDICTIONS
from lulc_assets_tests.services.ray_nodes import SECOND, RayCluster, ray_serving
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]
WAIT_S = 1500


@pytest.fixture(scope="module")
def settings(trained_here: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of runs and nodes, on a trained project whose batches are of one scene each."""
    folder = tmp_path_factory.mktemp("ray")
    shutil.copytree(trained_here.parent, folder / "trained")
    project = folder / "trained" / "project.toml"
    text = project.read_text("utf-8")
    assert "batch_scenes" not in text
    project.write_text(f"batch_scenes = 1\n{text}", "utf-8")
    return {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "LULC_BASE": str(folder)}


@pytest.fixture(scope="module")
def cluster(settings: dict[str, str]) -> Iterator[RayCluster]:
    with ray_serving(settings) as made:
        yield made


class Run:
    """``map_tile_year`` in a process of its own, on a copy of the trained project."""

    def __init__(self, settings: dict[str, str], name: str, executor: str, address: str) -> None:
        base = Path(settings["LULC_BASE"])
        shutil.copytree(base / "trained", base / name)
        self.project, self.home = base / name / "project.toml", base / f"home-{name}"
        self.home.mkdir()
        self.environment = {
            **os.environ, **settings, "LULC_EXECUTOR": executor, "LULC_PROJECT": str(self.project),
            "DAGSTER_HOME": str(self.home), "RAY_API_SERVER_ADDRESS": address,
        }  # fmt: skip
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            add_keys(instance, TILE_DIMENSION, [TILE])
        tags = {"dagster/partition": KEY.partition, "dagster/partition/tile": TILE,
                "dagster/partition/year": str(YEAR)}  # fmt: skip
        self.began = time.monotonic()
        with (self.home / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dagster", "job", "execute", "-m",
                 "lulc_assets.definitions", "-j", "map_tile_year", "--tags", json.dumps(tags)],
                cwd=REPOSITORY, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def log(self) -> str:
        return (self.home / "log").read_text("utf-8")

    def wait(self) -> float:
        """Seconds until it ended well."""
        try:
            code = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.terminate()  # its jobs would keep the nodes from the next test
            raise
        assert code == 0, self.log()[-6000:]
        return time.monotonic() - self.began

    def events(self) -> list[dg.EventLogEntry]:
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            (run,) = instance.get_runs()
            return list(instance.all_logs(run.run_id))

    def records(self) -> list[str]:
        work = open_work(self.project)
        return [work.read(product, KEY).digest for product in (SCENE_PREDICTIONS, ANNUAL_MAP)]


@pytest.fixture(scope="module")
def here(settings: dict[str, str]) -> list[str]:
    """Digests of what this machine makes without Ray."""
    run = Run(settings, "here", "in_process", "")
    run.wait()
    return run.records()


def test_one_node_and_two_make_the_bytes_of_this_machine(settings, cluster, here, capsys):
    alone = Run(settings, "one", "ray", cluster.address)
    one_s = alone.wait()
    cluster.start(SECOND)
    together = Run(settings, "two", "ray", cluster.address)
    two_s = together.wait()
    assert alone.records() == here
    assert together.records() == here
    jobs = [e.message for e in together.events() if "in Ray job" in (e.message or "")]
    assert len([m for m in jobs if "predict_scene_batch" in m]) > 2
    with capsys.disabled():
        print(f"\none node {one_s:.0f} s, two {two_s:.0f} s: {one_s / two_s:.2f} times as fast")


def test_a_run_goes_on_when_a_node_dies_under_its_step(settings, cluster, here):
    if SECOND not in cluster.nodes:
        cluster.start(SECOND)
    run = Run(settings, "killed", "ray", cluster.address)
    ends_at = time.monotonic() + WAIT_S
    while not _is_predicting_on(SECOND, cluster):
        assert run.process.poll() is None, run.log()[-3000:]
        assert time.monotonic() < ends_at
        time.sleep(0.2)
    cluster.kill(SECOND)
    run.wait()
    assert run.records() == here
    told = [e.dagster_event_type for e in run.events()]
    assert dg.DagsterEventType.STEP_UP_FOR_RETRY in told


def test_a_run_says_that_no_node_is_large_enough(settings, cluster):
    run = Run({**settings, "LULC_RAY_CPUS": "64"}, "large", "ray", cluster.address)
    ends_at = time.monotonic() + WAIT_S
    try:
        while "No node of the Ray cluster has 64 CPU" not in run.log():
            assert run.process.poll() is None, run.log()[-3000:]
            assert time.monotonic() < ends_at
            time.sleep(0.5)
    finally:
        run.process.terminate()
        run.process.wait(60)


def _is_predicting_on(node: str, cluster: RayCluster) -> bool:
    """Whether a step that predicts runs on a node."""
    with suppress(psutil.NoSuchProcess):
        return any(
            "execute_step" in " ".join(process.cmdline())
            and "predict" in process.environ().get("DAGSTER_RUN_STEP_KEY", "")
            for process in psutil.Process(cluster.nodes[node].pid).children(recursive=True)
        )
    return False
