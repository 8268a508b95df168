"""A PostgreSQL server on loopback for the time of a benchmark.

What belongs here: starting and stopping it. What does not: what Dagster keeps in it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PROGRAMS = Path("/usr/lib/postgresql")


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres() -> Iterator[Mapping[str, str]]:
    """Start a server that keeps its data only as long; gives the variables of dagster.yaml.

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
    control: list[str | Path] = [
        *user,
        programs / "pg_ctl",
        "-D",
        place / "data",
        "-w",
        "-l",
        place / "log",
    ]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {place}"
    subprocess.run([*control, "-o", options, "start"], check=True, cwd="/", capture_output=True)
    try:
        yield {
            "DAGSTER_PG_HOST": "127.0.0.1", "DAGSTER_PG_PORT": str(port),
            "DAGSTER_PG_USER": "postgres", "DAGSTER_PG_PASSWORD": "none",
            "DAGSTER_PG_DB": "postgres",
        }  # fmt: skip
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], check=True, cwd="/", capture_output=True)
        shutil.rmtree(place)
