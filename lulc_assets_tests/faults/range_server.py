"""A small HTTP server on loopback that serves a folder by ranges, and fails as it is told.

It counts: ``requests`` holds (path, range, status) of everything that was asked.
"""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = str
FAULTS = ("503", "429", "drop", "truncate", "short range", "range ignored", "slow", "drip",
          "wrong range", "no range header", "404", "500", "redirect", "replaced")  # fmt: skip


@dataclass
class RangeServer:
    """What is served and how it fails.

    Attributes:
        folder: files are served from here.
        fault: what goes wrong, or empty.
        times: how often it goes wrong before it stops; large: for ever.
        only: path suffix to which the fault is limited.
        retry_after: value of the header where the fault is 503 or 429.
        location: where a redirect leads.
    """

    folder: Path
    fault: Fault = ""
    times: int = 10**9
    only: str = ""
    retry_after: str = ""
    location: str = ""
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, path: str) -> Fault:
        """The fault of this request, counted down."""
        with self.lock:
            if self.fault and path.endswith(self.only) and self.times > 0:
                self.times -= 1
                return self.fault
        return ""

    def count(self, suffix: str = "") -> int:
        """Number of requests whose path ends so."""
        return sum(path.endswith(suffix) for path, _, _ in self.requests)


@contextmanager
def serving(folder: Path) -> Iterator[RangeServer]:
    state = RangeServer(folder)

    class Handler(_Handler):
        server_state = state

    server = _QuietServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that the client gave up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: RangeServer

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        state, asked = self.server_state, self.headers.get("Range", "")
        path, _, query = self.path.partition("?")
        state.tokens.append(query)
        state.credentials.append(self.headers.get("Authorization"))
        fault = state.takes(path)
        answer: Callable[[bytes, int, int], None] = self._partial
        if fault in ("503", "429", "403", "404", "500"):
            return self._refuse(path, asked, int(fault))
        if fault == "redirect":
            return self._redirect(path, asked)
        if fault == "drop":
            state.requests.append((path, asked, 0))
            # A reset, not an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self._close()
        file = state.folder / path.lstrip("/")
        if not file.is_file():
            return self._refuse(path, asked, 404)
        data = file.read_bytes()
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
        if match is None or fault == "range ignored":
            answer, start, stop = self._whole, 0, len(data)
        else:
            start, stop = int(match[1]), min(int(match[2]) + 1, len(data))
        self.fault = fault
        state.requests.append((path, asked, 200 if answer == self._whole else 206))
        return answer(data, start, stop)

    def _whole(self, data: bytes, start: int, stop: int) -> None:
        self._head(200, {"Content-Length": str(len(data))})
        self._write(data)

    def _partial(self, data: bytes, start: int, stop: int) -> None:
        if self.fault == "short range":
            stop -= (stop - start) // 2
        shift = 1 if self.fault == "wrong range" else 0
        headers = {
            "Content-Range": f"bytes {start + shift}-{stop - 1 + shift}/{len(data)}",
            "Content-Length": str(stop - start),
            "ETag": f'"{time.monotonic_ns() if self.fault == "replaced" else "1"}"',
        }
        if self.fault == "no range header":
            headers.pop("Content-Range")
        self._head(206, headers)
        body = data[start:stop]
        if self.fault == "truncate":
            self._write(body[: len(body) // 2])
            return self._close()
        if self.fault == "slow":
            time.sleep(0.5)
        if self.fault == "drip":
            for position in range(len(body)):
                if not self._write(body[position : position + 1]):
                    return None
                time.sleep(0.1)
            return None
        self._write(body)
        return None

    def _refuse(self, path: str, asked: str, status: int) -> None:
        self.server_state.requests.append((path, asked, status))
        headers = {"Content-Length": "0"}
        if self.server_state.retry_after:
            headers["Retry-After"] = self.server_state.retry_after
        self._head(status, headers)

    def _redirect(self, path: str, asked: str) -> None:
        self.server_state.requests.append((path, asked, 302))
        self._head(302, {"Location": self.server_state.location, "Content-Length": "0"})

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, body: bytes) -> bool:
        try:
            if self.command != "HEAD":
                self.wfile.write(body)
                self.wfile.flush()
        except OSError:
            self.close_connection = True
            return False
        return True

    def _close(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    def log_message(self, *args: object) -> None:
        pass
