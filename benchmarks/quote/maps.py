"""Maps of a simulated project, each quoted before it is made.

What belongs here: runs and their quotes. What does not: what is printed.
"""

import os
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.simulated.small_project import make_small_project
from lulc_assets.core.store.keys import TileYear
from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import register_partitions
from lulc_assets.defs.past_maps import maps_made, quote_maps
from lulc_assets.project import load_project
from lulc_assets.steps.workbench import Workbench

TILES = ("33TVM", "33TWM", "33TUM", "33TVL", "33TWL", "33TUL")
FIRST_YEAR = 2017
SCENES = 6
_HOUR_S = 3600.0


def make_and_quote(folder: Path, size_px: int, learnt: int, quoted: int) -> list[dict[str, Any]]:
    """Map so many tile × years; for each of the last ones its quote and its cost.

    Args:
        folder: for everything.
        size_px: side of each tile's area, even.
        learnt: maps that are made before the first quote.
        quoted: maps after them.
    """
    warnings.simplefilter("ignore")
    count = learnt + quoted + 1
    years = range(FIRST_YEAR, FIRST_YEAR - (-count // len(TILES)))
    file = make_small_project(folder, "quoted", TILES, tuple(years), size_px, SCENES)
    os.environ |= {"LULC_PROJECT": str(file), "LULC_EXECUTOR": "in_process"}
    warm, *keys = [TileYear(tile, year) for year, tile in product(years, TILES)][:count]
    rows = []
    (folder / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(folder / "home")) as instance:
        work = Workbench.of(load_project(file))
        register_partitions(instance, work.project)
        with dg.DagsterInstance.ephemeral() as other:  # loads what later runs find loaded
            register_partitions(other, work.project)
            _map(other, warm)
        for number, key in enumerate(keys):
            quote = quote_maps(instance, work, [key.tile]) if number >= learnt else None
            _map(instance, key)
            if quote is not None:
                spent = maps_made(instance, work)[key].core_hours
                amount = quote.core_hours.times(_HOUR_S)
                rows.append({
                    "partition": key.partition, "core_s": spent * _HOUR_S,
                    "value": amount.value, "low": amount.low, "high": amount.high,
                    "within": quote.core_hours.low <= spent <= quote.core_hours.high,
                })  # fmt: skip
    return rows


def _map(instance: dg.DagsterInstance, key: TileYear) -> None:
    job = defs().resolve_job_def("map_tile_year")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job.execute_in_process(instance=instance, partition_key=key.partition, run_config=quiet)
