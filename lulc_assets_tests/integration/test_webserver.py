"""A webserver and a daemon on the workspace file make a tile × year asked for through GraphQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lulc_assets.defs.partitions import REGION as REGION_DIMENSION
from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.running.home import prepare_home
from lulc_assets_tests.tiny_project import (
    REGION,
    TILE,
    YEAR,
    make_tiny_project,
    open_work,
    train_tiny_model,
)

pytestmark = pytest.mark.loopback

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 900
"""A machine that runs other tests beside takes minutes to start a webserver; it is asked again and
again, so a quick one loses nothing."""

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
STATUS = "query S($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
MATERIALIZED = """
query M($key: AssetKeyInput!) {
  assetOrError(assetKey: $key) {
    ... on Asset { assetMaterializations(limit: 1) {
      partition metadataEntries { label ... on MarkdownMetadataEntry { mdStr } } } }
  }
}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the GraphQL API of a webserver that serves a tiny project."""
    folder = tmp_path_factory.mktemp("served")
    project_file = make_tiny_project(folder)
    train_tiny_model(open_work(project_file))
    home = prepare_home(folder / "dagster")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        add_keys(instance, TILE_DIMENSION, [TILE])
        add_keys(instance, REGION_DIMENSION, [REGION])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "DAGSTER_HOME": str(home), "LULC_PROJECT": str(project_file)}
    where = ["-w", "workspace.yaml"]
    commands = [
        ["dagster-webserver", *where, "-h", "127.0.0.1", "-p", str(port)],
        ["dagster-daemon", "run", *where],
    ]
    with (folder / "services.log").open("w") as log:
        processes = [
            subprocess.Popen(
                [str(Path(sys.executable).parent / program), *arguments],
                cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True,
            )
            for program, *arguments in commands
        ]  # fmt: skip
        try:
            _wait_for(port, processes[0], folder / "services.log")
            yield f"http://127.0.0.1:{port}/graphql"
        finally:
            for process in processes:
                os.killpg(process.pid, signal.SIGTERM)
            for process in processes:
                process.wait(PATIENCE_S)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the webserver did not start:\n{log.read_text()}")


def ask(url: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    assert "errors" not in found, found
    return found["data"]


@pytest.mark.enable_socket
def test_a_tile_year_is_materialized_through_graphql(server):
    key = f"{TILE}|{YEAR}"
    params = {
        "selector": {
            "repositoryLocationName": "lulc_assets",
            "repositoryName": "__repository__",
            "jobName": "map_tile_year",
        },
        "mode": "default",
        "runConfigData": {},
        "executionMetadata": {"tags": [
            {"key": "dagster/partition", "value": key},
            {"key": "dagster/partition/tile", "value": TILE},
            {"key": "dagster/partition/year", "value": str(YEAR)},
        ]},
    }  # fmt: skip
    launched = ask(server, LAUNCH, {"params": params})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    until = time.monotonic() + PATIENCE_S
    status = ""
    while status not in ("SUCCESS", "FAILURE", "CANCELED") and time.monotonic() < until:
        time.sleep(1)
        status = ask(server, STATUS, {"id": run})["runOrError"]["status"]
    assert status == "SUCCESS"
    asset = ask(server, MATERIALIZED, {"key": {"path": ["annual_map"]}})["assetOrError"]
    (made,) = asset["assetMaterializations"]
    assert made["partition"] == key
    pictures = {e["label"] for e in made["metadataEntries"] if "mdStr" in e}
    assert {"picture_map", "picture_classes"} <= pictures
