"""Small tile × years through the queue while everything is killed: is each made, exactly once?

    python -m benchmarks.soak [--tile-years 200] [--kills 40] [--seed 19] [--daemons 2] [--sqlite]

PostgreSQL, Dagster's code server and daemon, two runs at once. `lulc backfill` asks for all; the
process of a run, the daemon, the code server and PostgreSQL are killed at random moments (SIGKILL,
or a stop without a checkpoint) and started again, as a service manager does. In the end every map
must stand with its events, none may have replaced another one, no pool may hold a slot, no backfill
may be red, and the daemon and the code server may not have grown. With --daemons 2 a second daemon
runs on the same instance, by mistake; with --sqlite the instance is that of a laptop.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import yaml
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.orchestration.database import PostgresServer, free_port, postgres
from benchmarks.simulated.small_project import make_small_project
from benchmarks.soak.judged import Verdict, growth, judge
from benchmarks.soak.programs import (
    REPOSITORY,
    Programs,
    daemon_environment,
    kill_a_run,
    shorten_waits,
)
from lulc_assets.core.store.keys import TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.workbench import Workbench

YEARS = tuple(range(2016, 2026))
COLUMNS = "UVWX"
ROWS = "JKLMN"
VICTIMS = ("run", "run", "daemon", "code", "postgres")
"""Each once in a random order, and again. A run twice: there are two at once."""

AT_ONCE = 2
SIZE_PX, SCENES = 256, 6
_LOOKS_S = 2.0
_STILL_S = 900
"""Nothing ends for so long: the soak is given up."""


def main() -> None:
    """Print the figures; 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tile-years", type=int, default=200)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=19, help="of moments and victims")
    parser.add_argument("--daemons", type=int, default=1, help="on the one instance")
    parser.add_argument("--sqlite", action="store_true", help="instead of PostgreSQL")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        nullcontext() if asked.sqlite else postgres() as database,
    ):
        plan = Plan(asked.tile_years, asked.kills, asked.daemons, random.Random(asked.seed))
        figures, verdict = soak(Path(name), database, plan)
    figures |= {"passed": verdict.passed, **asdict(verdict)}
    if asked.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name}: {figure}" for name, figure in figures.items()))
    sys.exit(not verdict.passed)


def keys_of(count: int) -> list[TileYear]:
    """So many tile × years of as few years as make it."""
    years = YEARS[-min(len(YEARS), max(1, -(-count // (len(COLUMNS) * len(ROWS))))) :]
    tiles = [f"33T{column}{row}" for column, row in product(COLUMNS, ROWS)]
    return [TileYear(tile, year) for tile, year in product(tiles, years)][:count]


@dataclass(frozen=True)
class Plan:
    """How long, and how hard.

    Attributes:
        count: tile × years.
        kills: over the whole time.
        daemons: on the one instance.
        chance: of moments and victims.
    """

    count: int
    kills: int
    daemons: int
    chance: random.Random


def soak(
    folder: Path, database: PostgresServer | None, plan: Plan
) -> tuple[dict[str, Any], Verdict]:
    """Make so many maps under so many kills, and judge what stands."""
    keys = keys_of(plan.count)
    years, tiles = sorted({key.year for key in keys}), sorted({key.tile for key in keys})
    file = make_small_project(folder, "soak", tiles, tuple(years), SIZE_PX, SCENES)
    environment = {
        **os.environ, **(database.variables if database else {}),
        "DAGSTER_HOME": str(folder / "home"),
        "LULC_PROJECT": str(file), "LULC_EXECUTOR": "in_process", "PYTHONPATH": str(REPOSITORY),
        **daemon_environment(),
    }  # fmt: skip
    os.environ |= environment
    programs = Programs(environment, folder)
    try:
        start_all(programs, folder, file, () if database is None else ("--postgres",))
        daemons = ["daemon", *(f"daemon{n}" for n in range(2, plan.daemons + 1))]
        for name in daemons[1:]:
            programs.start(name, *programs.commands["daemon"])
        with dg.DagsterInstance.from_config(str(folder / "home")) as instance:
            began = time.monotonic()
            for year in years:
                named = ",".join(key.tile for key in keys if key.year == year)
                call("lulc", "backfill", "--years", str(year), "--tiles", named,
                     "--name", "soak", env=environment)  # fmt: skip
            victims = {
                "daemon": lambda: programs.kill(plan.chance.choice(daemons)),
                "code": lambda: programs.kill("code"),
                "run": lambda: kill_a_run(instance),
            }
            if database is not None:
                victims["postgres"] = database.crash
            killed, memory = kill_until_done(programs, instance, victims, plan)
            took = time.monotonic() - began
            verdict = judge(instance, Workbench.of(load_project(file)), keys, memory)
            if not verdict.passed:
                print(programs.errors(), file=sys.stderr)
            failed = len(instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])))
            figures = {
                "tile_years": plan.count, "daemons": plan.daemons, "seconds": round(took),
                "killed": dict(killed),
                "runs": instance.get_runs_count(), "failed_runs": failed,
                "growth": {name: round(growth(seen), 2) for name, seen in memory.items()},
                "memory_mb": {name: round(max(seen)) for name, seen in memory.items()},
            }  # fmt: skip
    finally:
        programs.end()
    return figures, verdict


def start_all(programs: Programs, folder: Path, file: Path, settings: Sequence[str]) -> None:
    """An instance, its code server and its daemon, with the sensor that finds dead runs."""
    home, port = folder / "home", free_port()
    home.mkdir()
    call("lulc", "instance", "bootstrap", *settings, "--project", str(file),
         env=programs.environment)  # fmt: skip
    shorten_waits(home / "dagster.yaml", AT_ONCE)
    workspace = folder / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": port, "location_name": "lulc_assets"}
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    beside = Path(sys.executable)
    programs.start("code", str(beside.with_name("dagster")), "code-server", "start", "-h",
                   "127.0.0.1", "-p", str(port), "-m", "lulc_assets.definitions",
                   "--location-name", "lulc_assets")  # fmt: skip
    programs.wait_until(lambda: is_served(programs, 1), 300)
    call("dagster", "sensor", "start", "dead_runs", "-w", str(workspace), env=programs.environment)
    programs.start("daemon", str(beside.with_name("dagster-daemon")), "run", "-w", str(workspace))


def call(name: str, *arguments: str, env: dict[str, str]) -> None:
    """Run a command of this environment; its words are shown where it fails."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(f"{name} {' '.join(arguments)}: {done.stdout}{done.stderr[-3000:]}")


def kill_until_done(
    programs: Programs,
    instance: dg.DagsterInstance,
    victims: Mapping[str, Callable[[], Any]],
    plan: Plan,
) -> tuple[Counter[str], dict[str, list[float]]]:
    """Kill at random until all was made, about evenly over the runs that succeed.

    Returns:
        How often each was killed, and the memory that the programs had, MB.

    Raises:
        TimeoutError: nothing ends any more.
    """
    killed: Counter[str] = Counter()
    memory: dict[str, list[float]] = defaultdict(list)
    chance = plan.chance
    due = sorted(chance.uniform(0, plan.count) for _ in range(plan.kills))
    names = [name for name in VICTIMS if name in victims]
    bag: list[str] = []
    made, still_since = 0, time.monotonic()
    while time.monotonic() < still_since + _STILL_S:
        time.sleep(_LOOKS_S)
        for name in ("daemon", "code"):
            memory[name].append(memory_mb(programs.processes[name].pid))
        with suppress(SQLAlchemyError):  # PostgreSQL recovers
            if is_over(instance):
                return killed, memory
            now = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
            if now > made:
                made, still_since = now, time.monotonic()
            if due and due[0] <= made + 1 and is_served(programs, killed["code"] + 1):
                time.sleep(chance.uniform(0, 5))
                bag = bag or chance.sample(names, len(names))
                if victims[bag[-1]]() is not False:
                    due.pop(0)
                    killed[bag.pop()] += 1
    raise TimeoutError("\n".join(f"{n}: {programs.said(n)}" for n in programs.processes))


def is_served(programs: Programs, starts: int) -> bool:
    """Whether the code server is up after so many starts.

    Nothing is killed before: a run that dies while it starts is not tried again by Dagster.
    """
    said = (programs.place / "code.log").read_text()
    return said.count("Started Dagster code server") >= starts


def is_over(instance: dg.DagsterInstance) -> bool:
    """Whether every backfill and every run has ended, and no run is about to be tried again."""
    if any(b.status.value in ("REQUESTED", "FAILING") for b in instance.get_backfills()):
        return False
    return all(run.is_finished for run in instance.get_runs())


def memory_mb(pid: int) -> float:
    """Of a program with its server of definitions, without the runs that it started, MB."""
    found = 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        served = [one for one in process.children() if "grpc" in one.cmdline()]
        found = sum(one.memory_info().rss for one in (process, *served)) / 1e6
    return found


if __name__ == "__main__":
    main()
