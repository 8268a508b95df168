"""A Ray cluster of two nodes on this machine: 127.0.0.2 and 127.0.0.3.

What belongs here: starting nodes and killing one. What does not: what runs on them. On 127.0.0.1 a
second node cannot be told from the first.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil
import requests

from lulc_assets_tests.system_programs import need

HEAD, SECOND = "127.0.0.2", "127.0.0.3"
PORT, DASHBOARD = 6399, 8365
WAIT_S = 90


@dataclass
class RayCluster:
    """Nodes with one CPU and one GPU slot each.

    Attributes:
        folder: of Ray's sessions; short, since sockets lie in it.
        environment: of every node, and so of the steps that run on it.
    """

    folder: Path
    environment: Mapping[str, str]
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://{HEAD}:{DASHBOARD}"

    def start(self, node: str) -> None:
        role = ["--head", f"--port={PORT}", f"--dashboard-host={HEAD}",
                f"--dashboard-port={DASHBOARD}", f"--temp-dir={self.folder}"]  # fmt: skip
        if node != HEAD:
            role = [f"--address={HEAD}:{PORT}"]
        with (self.folder / f"{node}.log").open("ab") as log:
            self.nodes[node] = subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", *role, "--block",
                 f"--node-ip-address={node}", "--num-cpus=1", "--num-gpus=1",
                 "--object-store-memory=100000000", "--disable-usage-stats"],
                # A step is the command `dagster`, which each node looks for on its own PATH.
                env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                     **self.environment}, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self._wait(len(self.nodes))

    def kill(self, node: str) -> None:
        """End a node as a power cut would: all that ``ray start`` began there, at once."""
        process = self.nodes.pop(node)
        family = [*psutil.Process(process.pid).children(recursive=True), process]
        for member in family:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                member.send_signal(signal.SIGKILL)
        process.wait()

    def _wait(self, nodes: int) -> None:
        ends_at = time.monotonic() + WAIT_S
        found = 0
        while time.monotonic() < ends_at:
            with suppress(requests.RequestException, KeyError, ValueError):
                answer = requests.get(f"{self.address}/api/v0/nodes", timeout=5).json()
                told = answer["data"]["result"]["result"]
                found = sum(node["state"] == "ALIVE" for node in told)
                if found >= nodes:
                    return
            time.sleep(0.5)
        logs = "\n".join(p.read_text()[-2000:] for p in self.folder.glob("*.log"))
        raise AssertionError(f"{found} of {nodes} nodes are there: {logs}")


@contextmanager
def ray_serving(environment: Mapping[str, str]) -> Iterator[RayCluster]:
    need(find_spec("dagster_ray"), "dagster-ray (extra `ray`)")
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    cluster = RayCluster(folder, environment)
    try:
        cluster.start(HEAD)
        yield cluster
    finally:
        for node in list(cluster.nodes):
            cluster.kill(node)
        shutil.rmtree(folder, ignore_errors=True)
