"""What Dagster itself costs on PostgreSQL, by the number of partition keys.

    python -m benchmarks.orchestration [--keys 1000 10000 100000] [--submit-s 30] [--json]
    python -m benchmarks.orchestration --keys --overhead

A PostgreSQL server, a webserver and a daemon of their own on loopback; no run is launched (the
queue takes none), so that only planning and submitting is measured. For each number of keys:
registering the tiles, the queries of an asset's page (the second time, as a person sees it),
creating a backfill of one year over all tiles, and how many of its runs the daemon submits in a
second.
Then ``map_many``: tile × years a second where a run has many. With ``--overhead`` two runs make a
small map, and what they take besides their steps is told (``overhead``). A tick of the sensor is
measured by ``benchmarks.sensor_scale``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import requests
import yaml

from benchmarks.orchestration.database import PostgresServer, free_port, postgres
from benchmarks.orchestration.overhead import overhead
from benchmarks.sensor_scale.__main__ import tiles_of_earth
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.backfills import request_year
from lulc_assets.defs.batches import map_many
from lulc_assets.defs.partitions import TILE, add_keys, years_of

_REPOSITORY = Path(__file__).resolve().parents[2]
_WAIT_S = 180
_BATCH = 100
_PAGE = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  partitionStats { numMaterialized numPartitions numFailed numMaterializing }
  assetPartitionStatuses { __typename }
  assetMaterializations(limit: 100) { partition timestamp } } } }"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--submit-s", type=float, default=30)
    parser.add_argument("--overhead", action="store_true", help="run a small map, too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures: dict[str, Any] = _load() | {"check_s": _check_s()}
    print(figures, file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="orchestration-") as folder:
        for keys in args.keys:
            with postgres() as server:
                figures[str(keys)] = measure(Path(folder) / str(keys), server, keys, args.submit_s)
            print(f"{keys} keys: {figures[str(keys)]}", file=sys.stderr, flush=True)
        if args.overhead:
            with postgres() as server:
                home = make_home(Path(folder) / "overhead")
                figures["overhead"] = overhead(home, server.variables)
    if args.json:
        print(json.dumps(figures, indent=2))
        return
    once = {name: figures.pop(name) for name in ("load_s", "load_cpu_s", "check_s")}
    figures = {"once": once} | figures
    for of, row in figures.items():
        print(f"{of}: " + ", ".join(f"{name} {value:.3f}" for name, value in row.items()))


def measure(home: Path, server: PostgresServer, keys: int, submit_s: float) -> dict[str, float]:
    """Figures of an instance with so many keys."""
    make_home(home)
    environment = {
        **os.environ, **server.variables, "DAGSTER_HOME": str(home), "PYTHONPATH": str(_REPOSITORY),
        "NO_PROXY": "127.0.0.1", "LULC_PROJECT": str(home / "none.toml"),
    }  # fmt: skip
    os.environ.update(environment)
    tiles = list(islice(tiles_of_earth(), keys // len(years_of(None).get_partition_keys())))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        began = time.perf_counter()
        add_keys(instance, TILE, tiles)
        found = {"register_s": time.perf_counter() - began}
        found |= _pages(environment, server)
        found |= _backfill(instance, tiles, environment, submit_s)
        found |= _batches(instance, tiles)
    return found


def make_home(home: Path) -> Path:
    """A new instance that launches no run from its queue."""
    home.mkdir(parents=True)
    settings = yaml.safe_load(
        (_REPOSITORY / "deploy/local/dagster-postgres.yaml").read_text("utf-8")
    )
    settings["concurrency"]["runs"]["max_concurrent_runs"] = 0
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings))
    return home


def _load() -> dict[str, float]:
    """Of a fresh process that loads the definitions, without Python's own start.

    Seconds, and those of a core, which hold better where other programs are at work.
    """
    code = (
        "import time; t, c = time.perf_counter(), time.process_time(); "
        "from lulc_assets.definitions import defs; defs(); "
        "print(time.perf_counter() - t, time.process_time() - c)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True,
        cwd=_REPOSITORY, env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
    )  # fmt: skip
    took, cpu = done.stdout.split()[-2:]
    return {"load_s": float(took), "load_cpu_s": float(cpu)}


def _check_s() -> float:
    began = time.perf_counter()
    prefix = Path(sys.executable).parents[1]
    subprocess.run(
        [Path(sys.executable).with_name("dg"), "check", "defs"], check=True, capture_output=True,
        cwd=_REPOSITORY, env={**os.environ, "VIRTUAL_ENV": str(prefix)},
    )  # fmt: skip
    return time.perf_counter() - began


@contextmanager
def _running(name: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", name, *arguments], cwd=_REPOSITORY, env=dict(environment),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pages(environment: Mapping[str, str], server: PostgresServer) -> dict[str, float]:
    """Seconds of the queries of an asset's page, the first and the best of three later ones.

    Also the best of a core, of webserver, code server and database together.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _running(
        "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", "workspace.yaml",
        environment=environment,
    ) as pid:  # fmt: skip
        _wait_for(f"{url}/server_info")
        times, of_a_core = [], []
        for _ in range(4):
            began, used = time.perf_counter(), _cpu_s(pid, server.pid)
            answer = requests.post(
                f"{url}/graphql",
                json={"query": _PAGE, "variables": {"key": {"path": ["annual_map"]}}},
                timeout=_WAIT_S,
            ).json()
            times.append(time.perf_counter() - began)
            of_a_core.append(_cpu_s(pid, server.pid) - used)
            assert "errors" not in answer, answer
    return {"page_first_s": times[0], "page_s": min(times[1:]), "page_cpu_s": min(of_a_core[1:])}


def _cpu_s(*pids: int) -> float:
    """Seconds of a core that processes and what they started have used so far."""
    roots = [psutil.Process(pid) for pid in pids]
    used = 0.0
    for process in (*roots, *(child for root in roots for child in root.children(recursive=True))):
        with suppress(psutil.NoSuchProcess):
            used += sum(process.cpu_times()[:4])
    return used


def _wait_for(url: str) -> None:
    ends_at = time.monotonic() + _WAIT_S
    while time.monotonic() < ends_at:
        with suppress(requests.RequestException):
            requests.get(url, timeout=5)
            return
        time.sleep(0.3)
    raise SystemExit(f"{url} does not answer")


def _backfill(
    instance: dg.DagsterInstance, tiles: list[str], environment: Mapping[str, str], submit_s: float
) -> dict[str, float]:
    """Seconds to create a backfill, and runs of it that the daemon submits a second."""
    from lulc_assets.definitions import defs

    graph = defs().get_repository_def().asset_graph
    began = time.perf_counter()
    request_year(instance, graph, [TileYear(tile, 2023) for tile in tiles], "bench", {})
    created = time.perf_counter() - began
    with _running("dagster._daemon", "run", "-w", "workspace.yaml", environment=environment):
        ends_at = time.monotonic() + _WAIT_S
        while instance.get_runs_count() == 0 and time.monotonic() < ends_at:
            time.sleep(0.2)
        first, began = instance.get_runs_count(), time.perf_counter()
        while instance.get_runs_count() < len(tiles) and time.perf_counter() - began < submit_s:
            time.sleep(0.2)
        submitted = instance.get_runs_count() - first
        took = time.perf_counter() - began
    return {"create_s": created, "submitted": submitted, "runs_per_s": submitted / took}


def _batches(instance: dg.DagsterInstance, tiles: list[str], runs: int = 10) -> dict[str, float]:
    """Tile × years a second where a run of ``map_many`` has a hundred."""
    began = time.perf_counter()
    for number in range(runs):
        partitions = [f"{tile}|2023" for tile in islice(tiles, number * _BATCH % len(tiles), None)]
        config = {"ops": {"map_each": {"config": {"partitions": partitions[:_BATCH]}}}}
        instance.create_run_for_job(map_many, run_config=config)
    return {"batched_per_s": runs * _BATCH / (time.perf_counter() - began)}


if __name__ == "__main__":
    main()
