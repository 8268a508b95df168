"""Real services on loopback, started by the tests: PostgreSQL, a STAC API, nginx, S3.

They need the packages ``postgresql-15-postgis-3`` and ``nginx-light`` of the system and the
``services`` extra. Without them the tests are skipped, but fail where CI=true.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from benchmarks.killed_store.server import PROGRAM, S3Server, s3_serving
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import make_tiny_project, open_work, train_tiny_model

WAIT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], log: Path, **options: object) -> Iterator[subprocess.Popen]:
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    ends_at = time.monotonic() + WAIT_S
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            requests.get(url, timeout=2)
            return
        except requests.RequestException:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session", autouse=True)
def no_proxy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[int]:
    """A PostgreSQL server of its own with PostGIS; gives its port."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    need(folders, "PostgreSQL")
    postgis = Path("/usr/share/postgresql", folders[-1].parent.name, "extension/postgis.control")
    need(postgis.is_file(), "PostGIS")
    binaries = folders[-1]
    # PostgreSQL refuses to run as root, and pytest's folders are closed to others.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    place = Path(tempfile.mkdtemp(prefix="lulc-postgres-"))
    if user:
        shutil.chown(place, "postgres")
    data, port = place / "data", free_port()
    subprocess.run(
        [*user, binaries / "initdb", "--auth=trust", "--username=postgres", "--no-sync", data],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {place} -c fsync=off"
    control = [*user, binaries / "pg_ctl", "-D", data, "-w", "-l", place / "log"]
    subprocess.run(
        [*control, "-o", settings, "start"], check=True, cwd="/", stdout=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        subprocess.run(
            [*control, "-m", "fast", "stop"], check=True, cwd="/", stdout=subprocess.DEVNULL
        )
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 service with an empty bucket."""
    need(PROGRAM.is_file(), "SeaweedFS (extra `services`)")
    with s3_serving(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def trained_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project file of a tiny project that has a promoted model and no map. Read only."""
    project = make_tiny_project(tmp_path_factory.mktemp("trained") / "project")
    train_tiny_model(open_work(project))
    return project


@pytest.fixture
def trained_project(trained_here: Path, tmp_path: Path) -> Path:
    """A copy to work in."""
    shutil.copytree(trained_here.parent, tmp_path / "project")
    return tmp_path / "project" / "project.toml"


@pytest.fixture(scope="session")
def pgstac(postgres: int) -> Iterator[str]:
    """A database with the pgstac schema; gives its address."""
    need(find_spec("pypgstac"), "pypgstac (extra `services`)")
    address = f"postgresql://postgres@127.0.0.1:{postgres}/postgres"
    pypgstac("migrate", address)
    yield address


def pypgstac(*arguments: str | Path) -> None:
    command, *rest = map(str, arguments)
    tool = Path(sys.executable).with_name("pypgstac")
    address = rest.pop(0)
    done = subprocess.run(
        [tool, command, *rest, "--dsn", address], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="session")
def stac_api(pgstac: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A STAC API over that database; gives its root."""
    need(find_spec("stac_fastapi.pgstac"), "stac-fastapi-pgstac (extra `services`)")
    port, log = free_port(), tmp_path_factory.mktemp("api") / "log"
    settings = {
        "PGUSER": "postgres", "PGPASSWORD": "none", "PGHOST": "127.0.0.1",
        "PGPORT": pgstac.rpartition(":")[2].partition("/")[0], "PGDATABASE": "postgres",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app",
               "--port", str(port), "--host", "127.0.0.1"]  # fmt: skip
    root = f"http://127.0.0.1:{port}"
    with running(command, log, env={**os.environ, **settings}, cwd=log.parent) as process:
        wait_for(root, process, log)
        yield root


NGINX = """
daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
events {{ }}
http {{
  access_log {place}/access.log;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@contextmanager
def nginx_serving(folder: Path, place: Path) -> Iterator[str]:
    """The folder over HTTP with byte ranges; gives its root."""
    need(shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"), "nginx")
    port = free_port()
    config = place / "nginx.conf"
    config.write_text(NGINX.format(place=place, port=port, folder=folder))
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    root = f"http://127.0.0.1:{port}"
    with running([str(binary), "-c", str(config), "-p", str(place)], place / "out") as process:
        wait_for(root, process, place / "out")
        yield root
