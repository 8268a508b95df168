"""The metrics database of 20 tiles × 5 years, and again when one map came.

Run: ``python -m benchmarks.metrics_store [--json] [--tiles 20] [--years 5] [--candidates 60]``.

Reports, maps and catalogues of every tile and year are committed (figures drawn at random; files
and records as the steps write them), with an event of each in a Dagster instance. Then the assets
``metric_tables`` and ``dbt_metrics`` are materialized as the job does: first of all maps but one,
then again when that one came. Aims: 60 s and 15 s.

A machine that does other things takes longer, so seconds of the processors are counted beside
those of the clock: an idle machine needs no more than those. And the same assets are also
materialized for a project without any map: what dbt, Dagster and the tests of the models take.
Rows are counted by the table with every figure; a map that is missing there ends the run.
"""

import argparse
import json
import os
import tempfile
import time
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.metrics_store.committed import commit_map, open_project
from benchmarks.sensor_scale.__main__ import tiles_of_earth
from lulc_assets.core.metrics.query import ask
from lulc_assets.core.store.keys import TileYear
from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import register_partitions

MOST_ALL_S, MOST_ONE_S = 60.0, 15.0
FIRST_YEAR = 2018
IN_MAP = 20
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def measure(folder: Path, tiles: int, years: int, candidates: int) -> dict[str, Any]:
    """Seconds of each build."""
    warnings.simplefilter("ignore")
    names = [tile for tile, _ in zip(tiles_of_earth(), range(tiles), strict=False)]
    keys = [TileYear(t, y) for t, y in product(names, range(FIRST_YEAR, FIRST_YEAR + years))]
    work = open_project(folder, names)
    os.environ |= {
        "LULC_PROJECT": str(work.project.folder / "project.toml"),
        "LULC_EXECUTOR": "in_process",
    }
    database = Path(work.project.path_of(work.project.metrics))
    (folder / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(folder / "home")) as instance:
        register_partitions(instance, work.project)
        _build(instance)  # loads and parses what later runs find
        nothing = _build(instance)
        for key in keys[:-1]:
            commit_map(instance, work, key, candidates, IN_MAP)
        every = _build(instance)
        _require(database, len(keys) - 1)
        commit_map(instance, work, keys[-1], candidates, IN_MAP)
        one = _build(instance)
        _require(database, len(keys))
    return {
        "maps": len(keys),
        "rows": ask(database, "select count(*) from stg_metrics").rows[0][0],
        "no_map_s": _rounded(nothing),
        "all_but_one_s": _rounded(every),
        "one_more_s": _rounded(one),
        "to_no_map": round(one[1] / nothing[1], 2),
        "reached": {"all": every[0] <= MOST_ALL_S, "one_more": one[0] <= MOST_ONE_S},
    }


def _build(instance: dg.DagsterInstance) -> tuple[float, float]:
    """Seconds of collecting all metrics and building the database: clock, processors."""
    job = defs().resolve_job_def("metrics")
    wanted = [k for k in job.asset_layer.executable_asset_keys if k.path != ["report_pages"]]
    began, used = time.perf_counter(), _processor_s()
    done = job.execute_in_process(instance=instance, run_config=_QUIET, asset_selection=wanted)
    if not done.success:
        raise SystemExit("the build failed")
    return time.perf_counter() - began, _processor_s() - used


def _processor_s() -> float:
    """Of this process and of all that it started and that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _rounded(seconds: tuple[float, float]) -> dict[str, float]:
    return {"clock": round(seconds[0], 1), "processors": round(seconds[1], 1)}


def _require(database: Path, maps: int) -> None:
    found = ask(database, "select count(*) from accuracy_by_tile").rows[0][0]
    costs = ask(database, "select count(*), sum(products) from costs").rows[0]
    if found != maps or costs != (maps, 3 * maps):
        raise SystemExit(f"{found} maps and {costs} costs of {maps} are in the database")


def main() -> None:
    """Build, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiles", type=int, default=20)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=60, help="scenes of each catalogue")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="metrics-") as scratch:
        found = measure(Path(scratch), wanted.tiles, wanted.years, wanted.candidates)
    if wanted.json:
        print(json.dumps(found))
        return
    print(f"{found['maps']} maps, {found['rows']} figures")
    rows = {"no_map_s": ("No map", None), "all_but_one_s": ("All but one", MOST_ALL_S),
            "one_more_s": ("One more", MOST_ONE_S)}  # fmt: skip
    for name, (title, aim) in rows.items():
        of = "" if aim is None else f" (aim {aim:g})"
        print(f"{title}: {found[name]['clock']} s{of}, processors {found[name]['processors']} s")
    print(f"One more takes {found['to_no_map']} times the processors of no map")


if __name__ == "__main__":
    main()
