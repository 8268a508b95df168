"""Which executor runs the steps of a run: configuration, never code.

What belongs here: the executors that LULC_EXECUTOR names, and what the cluster must know of the
project. What does not: where whole runs start (the launcher, in ``dagster.yaml``).
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from lulc_assets.core.errors import InvalidProject
from lulc_assets.defs.policies import GPU_OPS, gpu_limit
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
        raise InvalidProject(
            f"{VARIABLE} is {name[:80]!r}; it must be one of {', '.join(_EXECUTORS)}"
        )
    return _EXECUTORS[name]()


def _in_process() -> dg.ExecutorDefinition:
    return dg.in_process_executor


def _multiprocess() -> dg.ExecutorDefinition:
    return dg.multiprocess_executor


def _kubernetes() -> dg.ExecutorDefinition:
    from dagster_k8s import k8s_job_executor  # only in a cluster

    return k8s_job_executor.configured(
        {"step_k8s_config": STEP_CONFIG, "per_step_k8s_config": gpu_steps_config()}
    )


def _ray() -> dg.ExecutorDefinition:
    try:
        from lulc_assets.ray_steps import ray_steps  # only where the extra is
    except ModuleNotFoundError as error:
        raise InvalidProject(
            f"{VARIABLE} is 'ray', which needs: pip install 'lulc-assets[ray]' ({error})"
        ) from error
    cpus = os.environ.get("LULC_RAY_CPUS", "1")
    try:
        return ray_steps(float(cpus), _training_gpus() or 0)
    except ValueError as error:
        raise InvalidProject(f"LULC_RAY_CPUS is {cpus[:80]!r}, not a number of CPUs") from error


_EXECUTORS: Mapping[str, Callable[[], dg.ExecutorDefinition]] = {
    "in_process": _in_process,
    "multiprocess": _multiprocess,
    "kubernetes": _kubernetes,
    "ray": _ray,
}


STEP_CONFIG: Mapping[str, Any] = {
    "container_config": {
        "resources": {
            "requests": {"cpu": "2", "memory": "3Gi", "ephemeral-storage": "20Gi"},
            "limits": {"memory": "6Gi", "ephemeral-storage": "60Gi"},
        }
    }
}
"""Of each step's pod: 2.4 GB is the most that a prediction of a whole tile took
(``benchmarks.scene_inference``), 2.5 GB a training of the demo. Said here because a step inherits
what its run has, and a run only watches."""


def gpu_steps_config() -> Mapping[str, Any]:
    """What pods of GPU steps ask for besides their ops' tags, by op.

    The image that LULC_GPU_IMAGE names, and for a training a GPU for each device. The project
    file is read while definitions load, in a cluster only; without one the op's own tags hold.
    """
    container: dict[str, dict[str, Any]] = {op: {} for op in GPU_OPS}
    image = os.environ.get("LULC_GPU_IMAGE", "")
    if image:
        for config in container.values():
            config["image"] = image
    gpus = _training_gpus()
    if gpus is not None:
        container["lulc_model"] |= gpu_limit(gpus)
    return {op: {"container_config": config} for op, config in container.items() if config}


def _training_gpus() -> int | None:
    """As many as the project has devices; None: no project is named."""
    file = os.environ.get("LULC_PROJECT", "")
    if not file:
        return None
    training = load_project(file).training
    return 0 if training.accelerator == "cpu" else training.devices
