"""What Dagster takes of a run that makes a small map, beside the steps themselves.

What belongs here: a run through Dagster's own command, and its event log. What does not: many
keys, backfills (``__main__``).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg

from benchmarks.cloud_cost.__main__ import core_hours_of_a_tile
from benchmarks.simulated.small_project import make_small_project
from lulc_assets.project import load_project
from lulc_assets.running.bootstrap import bootstrap

EXECUTORS = ("in_process", "multiprocess")
TILE, YEAR = "33TUJ", 2024
SIZE_PX, SCENES = 256, 6
_REPOSITORY = Path(__file__).resolve().parents[2]
_ENDED = (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE)


def overhead(home: Path, variables: Mapping[str, str]) -> dict[str, float]:
    """What a run takes beside its steps, by executor; it does not grow with the size of a tile.

    A map is made, and then the run again, in which each step finds its product and does nothing.

    Args:
        home: of an instance, with its ``dagster.yaml``.
        variables: that it finds its database by.

    Returns:
        Seconds without a step at work (``_s``), those of a core that the whole run took
        (``_cpu_s``), and their share of those of a tile of full size (``benchmarks.cloud_cost``).

    Raises:
        SystemExit: a run failed.
    """
    found = {}
    full_s = core_hours_of_a_tile() * 3600
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        file = make_small_project(Path(folder), "small", [TILE], (YEAR,), SIZE_PX, SCENES)
        _register(home, variables, file)
        _run(home, variables, file, EXECUTORS[0])
        for name in EXECUTORS:
            took, of_a_core, spans = _run(home, variables, file, name)
            found[f"{name}_steps"] = float(len(spans))
            found[f"{name}_s"] = took - covered(spans)
            found[f"{name}_cpu_s"] = of_a_core
            found[f"{name}_share_of_full_size"] = of_a_core / (of_a_core + full_s)
    return found


def _register(home: Path, variables: Mapping[str, str], file: Path) -> None:
    os.environ.update({**variables, "DAGSTER_HOME": str(home), "LULC_PROJECT": str(file)})
    bootstrap(home, load_project(file), gpu=1)


def _run(
    home: Path, variables: Mapping[str, str], file: Path, executor: str
) -> tuple[float, float, list[tuple[float, float]]]:
    """Seconds of a run with the start of its process, those of a core, and its steps."""
    tags = {"dagster/partition": f"{TILE}|{YEAR}", "dagster/partition/tile": TILE,
            "dagster/partition/year": str(YEAR)}  # fmt: skip
    environment = {
        **os.environ, **variables, "DAGSTER_HOME": str(home), "PYTHONPATH": str(_REPOSITORY),
        "LULC_PROJECT": str(file), "LULC_EXECUTOR": executor,
    }  # fmt: skip
    program = str(Path(sys.executable).with_name("dagster"))
    command = [program, "job", "execute", "-m", "lulc_assets.definitions", "-j", "map_tile_year",
               "--tags", json.dumps(tags)]  # fmt: skip
    began, used = time.perf_counter(), _children_s()
    done = subprocess.run(
        command, env=environment, cwd=_REPOSITORY, capture_output=True, text=True, check=False
    )
    took, of_a_core = time.perf_counter() - began, _children_s() - used
    if done.returncode != 0:
        raise SystemExit(f"a run failed: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.get_runs(limit=1)[0]
        return took, of_a_core, step_spans(instance, run.run_id)


def _children_s() -> float:
    """Seconds of a core of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def step_spans(instance: dg.DagsterInstance, run_id: str) -> list[tuple[float, float]]:
    """Begin and end of each step of a run, s since 1970."""
    began: dict[str, float] = {}
    found = []
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None or event.step_key is None:
            continue
        if event.event_type == dg.DagsterEventType.STEP_START:
            began[event.step_key] = entry.timestamp
        elif event.event_type in _ENDED and event.step_key in began:
            found.append((began[event.step_key], entry.timestamp))
    return found


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds that lie in at least one span."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total
