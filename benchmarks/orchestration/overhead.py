"""What Dagster takes of a run that makes a small map, beside the steps themselves.

What belongs here: a run through Dagster's own command, and its event log. What does not: many
keys, backfills (``__main__``).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg

from benchmarks.cloud_cost.__main__ import CORES, core_hours_of_a_tile
from benchmarks.simulated.small_project import make_small_project
from lulc_assets.project import load_project
from lulc_assets.running.bootstrap import bootstrap

EXECUTORS = ("in_process", "multiprocess")
TILE, YEAR = "33TUJ", 2024
SIZE_PX, SCENES = 256, 6
_REPOSITORY = Path(__file__).resolve().parents[2]
_ENDED = (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE)


def overhead(home: Path, variables: Mapping[str, str]) -> dict[str, float]:
    """Seconds of a run in which no step is at work, by executor.

    They do not grow with the size of a tile: the second figure is their share of the time that a
    tile of full size takes on the same cores (``benchmarks.cloud_cost``).

    Args:
        home: of an instance, with its ``dagster.yaml``.
        variables: that it finds its database by.

    Raises:
        SystemExit: a run failed.
    """
    found = {}
    full_s = core_hours_of_a_tile() / CORES * 3600
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        file = make_small_project(Path(folder), "small", [TILE], (YEAR,), SIZE_PX, SCENES)
        _register(home, variables, file)
        for name in EXECUTORS:
            took, worked, steps = _run(home, variables, file, name)
            found[f"{name}_overhead_s"] = took - worked
            found[f"{name}_steps"] = float(steps)
            found[f"{name}_share_of_full_size"] = (took - worked) / (took - worked + full_s)
    return found


def _register(home: Path, variables: Mapping[str, str], file: Path) -> None:
    os.environ.update({**variables, "DAGSTER_HOME": str(home), "LULC_PROJECT": str(file)})
    bootstrap(home, load_project(file), gpu=1)


def _run(
    home: Path, variables: Mapping[str, str], file: Path, executor: str
) -> tuple[float, float, int]:
    """Seconds of a run with the start of its process, seconds with a step at work, and steps."""
    tags = {"dagster/partition": f"{TILE}|{YEAR}", "dagster/partition/tile": TILE,
            "dagster/partition/year": str(YEAR)}  # fmt: skip
    environment = {
        **os.environ, **variables, "DAGSTER_HOME": str(home), "PYTHONPATH": str(_REPOSITORY),
        "LULC_PROJECT": str(file), "LULC_EXECUTOR": executor,
    }  # fmt: skip
    program = str(Path(sys.executable).with_name("dagster"))
    command = [program, "job", "execute", "-m", "lulc_assets.definitions", "-j", "map_tile_year",
               "--tags", json.dumps(tags)]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(
        command, env=environment, cwd=_REPOSITORY, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"a run failed: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.get_runs(limit=1)[0]
        spans = step_spans(instance, run.run_id)
    return took, covered(spans), len(spans)


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
