"""Two ticks of the sensor, in the process that is measured.

What belongs here: an instance with the tiles, the ticks, their times. What does not: the API.
"""

import logging
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.measuring import seconds
from lulc_assets.defs.partitions import TILE, add_keys
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import new_scenes


def run_ticks(file: Path, tiles: list[str]) -> dict[str, Any]:
    """Seconds and run requests of both ticks, and the size of the cursor."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    resource = ProjectResource(project_file=str(file))
    found: dict[str, Any] = {}
    with dg.DagsterInstance.ephemeral() as instance:
        add_keys(instance, TILE, tiles)
        cursor: str | None = None
        results: list[Any] = []
        for name in ("new", "nothing_new"):
            with dg.build_sensor_context(
                instance=instance, cursor=cursor, resources={"project": resource}
            ) as context:
                found[f"{name}_s"] = seconds(partial(_tick, context, results))
            found[f"{name}_runs"] = len(results[-1].run_requests or [])
            cursor = results[-1].cursor
        found["project_s"] = seconds(resource.load)
    found["cursor_kb"] = len(cursor or "") / 1e3
    return found


def _tick(context: dg.SensorEvaluationContext, into: list[Any]) -> None:
    into.append(new_scenes(context))
