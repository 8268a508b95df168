"""The run that is measured, as a run worker starts it, and how its time is split.

What belongs here: clocks around the functions of each stage. What does not: the parts alone
(``limits``).
"""

import functools
import importlib
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STAGES = {
    "lulc_assets.defs.imagery:make_scene_catalog": "catalogue",
    "lulc_assets.steps.imagery:select_scenes": "catalogue: choose scenes",
    "lulc_assets.steps.imagery:make_scene_look": "catalogue: look at scenes",
    "lulc_assets.core.inference.choose:choose_engine": "load the model",
    "lulc_assets.core.inference.scene:predict_scene": "read, forward, write layers",
    "lulc_assets.steps.predicted_scenes:validate_layer": "validate layers",
    "lulc_assets.defs.predictions:predict_batch": "predictions: the rest",
    "lulc_assets.defs.predictions:commit_predictions": "predictions: manifest",
    "lulc_assets.defs.maps:make_annual_map": "map: the rest",
    "lulc_assets.steps.maps:compose_year": "state and map, decode and encode",
    "lulc_assets.steps.maps:validate_layers": "validate layers",
    "lulc_assets.steps.maps:_pictures": "map: pictures",
    "lulc_assets.steps.workbench:publish": "hash and commit",
    "lulc_assets.defs.from_products:metadata_of": "what the UI shows",
}
"""Function, where it is looked up → the stage that its own time belongs to."""

LIBRARIES = (
    "lulc_assets.core.inference.choose",  # torch, OpenVINO
    "lulc_assets.core.inference.applicability",
    "lulc_assets.core.compositing.kernel",  # numba
    "lulc_assets.core.compositing.packing",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
)
"""What steps load when they first need it, and a process that starts for one scene always does."""

LOADING, DAGSTER = "load libraries", "Dagster"
START = (LOADING, DAGSTER)
"""Paid by each process that starts, whatever it does then."""
END = "lulc_assets.defs.maps:make_annual_map"
"""When it returns, the map is published."""


@dataclass
class Clock:
    """Time by stage; what a stage calls counts for the inner one only."""

    spent: dict[str, float] = field(default_factory=dict)
    inside: list[float] = field(default_factory=list)
    ended: float = 0.0

    def around(self, function: Callable[..., Any], stage: str, *, ends: bool) -> Callable[..., Any]:
        """The function, timed."""

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            started = time.time()
            self.inside.append(0.0)
            try:
                return function(*args, **options)
            finally:
                whole = time.time() - started
                own = whole - self.inside.pop()
                self.spent[stage] = self.spent.get(stage, 0.0) + own
                if self.inside:
                    self.inside[-1] += whole
                if ends:
                    self.ended = time.time()

        return timed

    def install(self) -> None:
        """Put the clock around every function of :data:`STAGES`."""
        for place, stage in STAGES.items():
            module, name = place.split(":")
            found = importlib.import_module(module)
            setattr(found, name, self.around(getattr(found, name), stage, ends=place == END))


def run_once(project: Path, home: Path, partition: str, started: float) -> dict[str, float]:
    """Run ``map_tile_year`` as a run worker does; seconds by stage until the map is published.

    Args:
        project: its file.
        home: folder of the Dagster instance.
        partition: tile and year.
        started: when the process was asked for, seconds since 1970.
    """
    warnings.simplefilter("ignore")
    os.environ |= {"LULC_PROJECT": str(project), "LULC_EXECUTOR": "in_process"}
    import dagster as dg

    from lulc_assets.definitions import defs
    from lulc_assets.defs.partitions import register_partitions
    from lulc_assets.project import load_project

    clock = Clock()
    began = time.time()
    for library in LIBRARIES:
        importlib.import_module(library)
    clock.spent[LOADING] = time.time() - began
    with dg.DagsterInstance.from_config(str(home)) as instance:
        register_partitions(instance, load_project(project))
        job = defs().resolve_job_def("map_tile_year")
        clock.install()
        job.execute_in_process(
            instance=instance,
            partition_key=partition,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,  # the report, after the map, lacks a sample
        )
    if not clock.ended:
        raise SystemExit("no map was published: run the benchmark's project in the Dagster UI")
    whole = clock.ended - started
    return {**clock.spent, DAGSTER: whole - sum(clock.spent.values())}
