"""The running year on real parts, while they are killed: items come one by one, maps follow.

A STAC API on PostgreSQL, its files behind nginx, Dagster's code server and daemon with PostgreSQL
storage. The API, the code server, the daemon and the process of a run are killed at random moments
(SIGKILL) and started again, as a service manager does. LULC_KILLS=10 kills more often.
"""

import json
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.soak.programs import REPOSITORY, Programs, kill_a_run, shorten_waits
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.watching import mapped_catalog
from lulc_assets_tests.services.conftest import free_port, nginx_serving, pypgstac, wait_for
from lulc_assets_tests.services.test_postgres_instance import PASSWORD, tool
from lulc_assets_tests.services.test_stac_api import COLLECTION, make_collection
from lulc_assets_tests.tiny_project import KEY, open_work, predict_year

pytestmark = pytest.mark.services

KILLS = int(os.environ.get("LULC_KILLS", "3"))
ITEMS, WAIT_S, TICK_S = 4, 420, 5
VICTIMS = ("api", "code", "daemon", "run")
STAMP = "2024-01-01T00:{:02d}:00.000000Z"
WORKSPACE = """
load_from:
  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: lulc_assets}}
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture
def environment(postgres: int, tmp_path: Path, trained_project: Path) -> dict[str, str]:
    import psycopg2

    connection = psycopg2.connect(f"postgresql://postgres@127.0.0.1:{postgres}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS running_year")
        cursor.execute("CREATE DATABASE running_year")
    connection.close()
    (tmp_path / "home").mkdir()
    return {
        **os.environ, "DAGSTER_HOME": str(tmp_path / "home"), "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_PORT": str(postgres), "DAGSTER_PG_USER": "postgres",
        "DAGSTER_PG_PASSWORD": PASSWORD, "DAGSTER_PG_DB": "running_year",
        "LULC_PROJECT": str(trained_project), "LULC_EXECUTOR": "in_process",
        "LULC_WATCH_SECONDS": str(TICK_S), "PYTHONPATH": str(REPOSITORY),
        "PGUSER": "postgres", "PGPASSWORD": "none", "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres), "PGDATABASE": "postgres",
    }  # fmt: skip


@pytest.fixture
def items(trained_project: Path, tmp_path: Path, stack: ExitStack) -> list[dict]:
    """The project's scenes, their files behind nginx, with change stamps in their order."""
    catalog, place = trained_project.parent / "archive" / "catalog", tmp_path / "nginx"
    place.mkdir()
    web = stack.enter_context(nginx_serving(catalog, place))
    found = []
    for number, path in enumerate(sorted(catalog.rglob("*/*/*/*.json"))[:ITEMS]):
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            file = (path.parent / asset["href"]).resolve().relative_to(catalog.resolve())
            asset["href"] = f"{web}/{file}"
        item["properties"]["s2:generation_time"] = STAMP.format(number)
        found.append({**item, "collection": COLLECTION, "links": []})
    return found


@pytest.fixture
def publish(pgstac: str, tmp_path: Path):
    def load(kind: str, document: dict) -> None:
        path = tmp_path / f"{kind}.ndjson"
        path.write_text(json.dumps(document))
        pypgstac("load", pgstac, kind, path, "--method", "upsert")

    load("collections", make_collection())
    return lambda item: load("items", item)


@pytest.fixture
def services(environment, trained_project, tmp_path, stack, publish, monkeypatch) -> Programs:
    """Everything at work, with the sensors turned on."""
    found = Programs(environment, tmp_path)
    stack.callback(found.end)
    api, code = free_port(), free_port()
    text = trained_project.read_text()
    start, end = text.index("[catalog]"), text.index("[tiles.")
    text = (
        f'{text[:start]}[catalog]\nlocation = "http://127.0.0.1:{api}"\nallow_private = true\n\n'
        f"[watch]\nfirst_days = 40000\n\n{text[end:]}"
    )
    trained_project.write_text(text)
    tool("lulc", "instance", "bootstrap", "--postgres", "--project", str(trained_project),
         env=environment)  # fmt: skip
    shorten_waits(tmp_path / "home" / "dagster.yaml")
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(port=code))
    beside = Path(sys.executable)
    found.start("api", sys.executable, "-m", "uvicorn", "--factory",
                "stac_fastapi.pgstac.app:create_app", "--host", "127.0.0.1",
                "--port", str(api))  # fmt: skip
    found.start("code", str(beside.with_name("dagster")), "code-server", "start", "-h",
                "127.0.0.1", "-p", str(code), "-m", "lulc_assets.definitions",
                "--location-name", "lulc_assets")  # fmt: skip
    wait_for(f"http://127.0.0.1:{api}", found.processes["api"], tmp_path / "api.log")
    wait_until(lambda: "Started Dagster code server" in found.said("code"), found)
    for sensor in ("new_scenes", "dead_runs"):
        tool("dagster", "sensor", "start", sensor, "-w", str(workspace), env=environment)
    found.start("daemon", str(beside.with_name("dagster-daemon")), "run", "-w", str(workspace))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return found


def wait_until(is_so, services: Programs) -> None:
    services.wait_until(is_so, WAIT_S)


def mapped(project: Path) -> set[str]:
    """Ids of the scenes that the map that stands knows of; empty without a map."""
    seen = mapped_catalog(open_work(project), KEY)
    return set() if seen is None else {scene.id for scene in seen.scenes}


def kill(victim: str, services: Programs, instance: dg.DagsterInstance) -> str:
    """Kill one of the victims; where no run is at work, the daemon instead of a run."""
    if victim == "run" and kill_a_run(instance):
        return victim
    victim = "daemon" if victim == "run" else victim
    services.kill(victim)
    return victim


def is_quiet(instance: dg.DagsterInstance) -> bool:
    return all(run.is_finished for run in instance.get_runs())


def test_every_item_is_mapped_once_whatever_is_killed(
    services, items, publish, trained_project, environment, tmp_path
):
    chance, killed = random.Random(17), []
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        published: set[str] = set()
        for number, item in enumerate(items):
            publish(item)
            published.add(item["id"])
            share = KILLS * (number + 1) // ITEMS - KILLS * number // ITEMS
            for _ in range(share):
                time.sleep(chance.uniform(0, 12))
                killed.append(kill(chance.choice(VICTIMS), services, instance))
            wait_until(lambda: mapped(trained_project) >= published, services)
        assert len(killed) == KILLS

        again = replace_baseline(items[0])
        publish(again)
        wait_until(lambda: again["id"] in mapped(trained_project), services)
        made = open_work(trained_project).read(ANNUAL_MAP, KEY)
        assert items[0]["id"] not in made.properties.scenes
        assert again["id"] in made.properties.scenes

        wait_until(lambda: is_quiet(instance), services)
        runs = len(instance.get_runs())
        time.sleep(3 * TICK_S)
        assert len(instance.get_runs()) == runs, "a run although nothing was new"
        done = [r for r in instance.get_runs() if r.status == dg.DagsterRunStatus.SUCCESS]
        keys = [r.tags["dagster/run_key"] for r in done if "dagster/run_key" in r.tags]
        assert len(keys) == len(set(keys)), "the same news was mapped twice"
    assert files_of(made) == anew(trained_project, tmp_path / "anew"), killed


def replace_baseline(item: dict) -> dict:
    """The same acquisition, processed again: another id, a later stamp."""
    properties = {**item["properties"], "s2:processing_baseline": "05.11",
                  "s2:generation_time": STAMP.format(40)}  # fmt: skip
    return {**item, "id": item["id"][:-15] + "20240101T004000", "properties": properties}


def files_of(record) -> dict[str, str]:
    return {name: file.sha256 for name, file in record.files.items() if not name.endswith(".png")}


def anew(project: Path, place: Path) -> dict[str, str]:
    """Hashes of the files of the map of the same catalogue, made at once and undisturbed."""
    shutil.copytree(project.parent, place)
    for name in ("scene_catalog", "predicted_scene", "scene_predictions", "annual_map"):
        shutil.rmtree(place / "store" / name)
    work = open_work(place / project.name)
    make_scene_catalog(work, KEY)
    predict_year(work)
    return files_of(make_annual_map(work, KEY))
