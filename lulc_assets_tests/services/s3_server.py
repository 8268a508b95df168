"""SeaweedFS as an S3 service of this machine, and a proxy before it that makes faults.

What belongs here: starting and killing it. What does not: what is kept in it.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lulc_assets.core.store.s3_access import S3Access
from lulc_assets_tests.system_programs import need

BUCKET, KEY_ID, SECRET = "lulc", "lulc-key", "lulc-planted-secret"
WAIT_S = 60
_OF_A_CONNECTION = {"content-length", "connection", "transfer-encoding", "date", "server"}
_GRPC = 10_000
"""SeaweedFS takes port + 10,000 for its own talk."""


def _ports(count: int) -> list[int]:
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
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    ports: list[int] = field(default_factory=lambda: _ports(7))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def access(self, endpoint: str = "", secret: str = SECRET, patience_s: float = 20) -> S3Access:
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
        program = Path(sys.executable).with_name("weed")
        need(program.is_file(), "SeaweedFS (extra `services`)")
        names = ("s3.port", "master.port", "volume.port", "filer.port", "s3.port.iceberg",
                 "s3.port.lance", "admin.port")  # fmt: skip
        ports = [f"-{name}={port}" for name, port in zip(names, self.ports, strict=True)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.with_suffix(".log")).open("ab") as log:
            self.process = subprocess.Popen(
                [program, "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                 "-admin.ui=false", "-webdav=false", "-s3.autoCreateBucket=false", *ports],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
                env={**os.environ, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
                     "S3_BUCKET": BUCKET},
            )  # fmt: skip
        self._wait()
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _wait(self) -> None:
        """Until an object can be put: volumes come later than the port."""
        from lulc_assets.core.errors import StoreError
        from lulc_assets.core.store.s3 import S3Store

        store = S3Store(f"s3://{BUCKET}/up", self.folder / ".up", self.access(patience_s=1))
        probe = self.folder.with_suffix(".probe")
        probe.write_bytes(str(time.monotonic()).encode())
        ends_at = time.monotonic() + WAIT_S
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
    server = S3Server(folder).start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Fault = Callable[[Request, Callable[[Request], Answer]], Answer | None]
"""Of a request and the way to the service; None drops the connection without an answer."""


@contextmanager
def faulty(server: S3Server, fault: Fault) -> Iterator[str]:
    """A proxy before the service; gives its endpoint."""

    def forward(request: Request) -> Answer:
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            # The signature is of the host that was asked: the service has to see the same.
            connection.putrequest(
                request.method, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), dict(answer.getheaders()))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = fault(
                Request(self.command, self.path, dict(self.headers.items()), body), forward
            )
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_A_CONNECTION:
                    self.send_header(name, value)
            if self.command == "HEAD":
                self.send_header("Content-Length", answer.headers.get("Content-Length", "0"))
            else:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any

        def log_message(self, *_: object) -> None:
            pass

    host = server.endpoint.removeprefix("http://")
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        proxy.server_close()
