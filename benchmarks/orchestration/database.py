"""A PostgreSQL server on loopback for the time of a benchmark.

What belongs here: starting, crashing and stopping it. What does not: what Dagster keeps in it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = Path("/usr/lib/postgresql")


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs.

    Attributes:
        control: the command that starts and stops it, without what it is to do.
        port: on 127.0.0.1.
        options: of the server.
    """

    control: tuple[str, ...]
    port: int
    options: str

    @property
    def variables(self) -> Mapping[str, str]:
        """What ``dagster.yaml`` finds it by."""
        return {
            "DAGSTER_PG_HOST": "127.0.0.1", "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_USER": "postgres", "DAGSTER_PG_PASSWORD": "none",
            "DAGSTER_PG_DB": "postgres",
        }  # fmt: skip

    @property
    def pid(self) -> int:
        """Of its first process; the others are its children."""
        folder = self.control[self.control.index("-D") + 1]
        return int(Path(folder, "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start it; after a crash it recovers first."""
        self._call("-o", self.options, "start")

    def crash(self) -> None:
        """End all its processes at once, without a checkpoint, and start it again."""
        self._call("-m", "immediate", "stop")
        self.start()

    def stop(self) -> None:
        """End it; connections are cut."""
        self._call("-m", "fast", "stop")

    def _call(self, *arguments: str) -> None:
        # Into nothing: a pipe would be held open by the server that is started.
        subprocess.run(
            [*self.control, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Start a server that keeps its data only as long.

    Raises:
        SystemExit: PostgreSQL is not installed.
    """
    folders = sorted(_PROGRAMS.glob("*/bin"))
    if not folders:
        raise SystemExit(f"no PostgreSQL under {_PROGRAMS}: install postgresql")
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    place = Path(tempfile.mkdtemp(prefix="lulc-orchestration-"))
    if user:
        shutil.chown(place, "postgres")
    port, programs = free_port(), folders[-1]
    subprocess.run(
        [*user, programs / "initdb", "--auth=trust", "--username=postgres", place / "data"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    control = (
        *user, str(programs / "pg_ctl"), "-D", str(place / "data"), "-w", "-l", str(place / "log")
    )  # fmt: skip
    server = PostgresServer(control, port, f"-p {port} -c listen_addresses=127.0.0.1 -k {place}")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(place)
