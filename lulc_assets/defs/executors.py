"""Which executor runs the steps of a run: configuration, never code.

What belongs here: the executors that LULC_EXECUTOR names, and what the cluster must know of the
project. What does not: where whole runs start (the launcher, in ``dagster.yaml``).
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from lulc_assets.core.errors import InvalidProject
from lulc_assets.defs.policies import gpu_limit
from lulc_assets.project import load_project

VARIABLE = "LULC_EXECUTOR"


def chosen_executor() -> dg.ExecutorDefinition | None:
    """The executor that the environment names; None: Dagster's own, a process a step.

    Raises:
        InvalidProject: it names one that is not known.
    """
    name = os.environ.get(VARIABLE, "")
    if not name:
        return None
    if name not in _EXECUTORS:
        raise InvalidProject(f"{VARIABLE} is {name[:80]!r}; it is one of {', '.join(_EXECUTORS)}")
    return _EXECUTORS[name]()


def _in_process() -> dg.ExecutorDefinition:
    return dg.in_process_executor


def _multiprocess() -> dg.ExecutorDefinition:
    return dg.multiprocess_executor


def _kubernetes() -> dg.ExecutorDefinition:
    from dagster_k8s import k8s_job_executor  # only in a cluster

    return k8s_job_executor.configured({"per_step_k8s_config": training_config()})


_EXECUTORS: Mapping[str, Callable[[], dg.ExecutorDefinition]] = {
    "in_process": _in_process,
    "multiprocess": _multiprocess,
    "kubernetes": _kubernetes,
}


def training_config() -> Mapping[str, Any]:
    """What the pod of a training asks for besides its op's tags: a GPU for each device.

    The project file is read while definitions load, in a cluster only; without one the op's
    own tags hold.
    """
    file = os.environ.get("LULC_PROJECT", "")
    if not file:
        return {}
    training = load_project(file).training
    count = 0 if training.accelerator == "cpu" else training.devices
    return {"lulc_model": {"container_config": gpu_limit(count)}}
