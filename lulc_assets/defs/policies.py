"""Named policies: where work runs and how often it is tried.

What belongs here: owners, tags, pools and retries. What does not: events
(``from_products``); conditions under which assets run by themselves (``automation``).
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

_NOBODY_NAMED = ["team:mapping"]


def named_owners(project_file: str) -> list[str]:
    """Whom a project file names as ``owners``, else a team called mapping.

    Its one entry is read, not the file as a whole: a mistake elsewhere in it is told by the runs
    that need it, and must not take the code location away.
    """
    try:
        named = tomllib.loads(Path(project_file).read_text("utf-8")).get("owners")
    except (OSError, ValueError):
        return _NOBODY_NAMED
    return [str(one) for one in named] if named and isinstance(named, list) else _NOBODY_NAMED


OWNERS = named_owners(os.environ.get("LULC_PROJECT", ""))
"""Whom the UI names to ask about an asset."""

GPU_POOL = "gpu"
"""Training and prediction share it; its limit is in the instance (``dagster.yaml``)."""

GPU_OPS = (
    "lulc_model",
    "model_evaluation",
    "patch_classifier",
    "patch_evaluation",
    "predict_scene_batch",
    "map_each",
)
"""Ops with GPU_TAGS."""

METRICS_POOL = "metrics"
"""One writer of the metrics database at a time."""


def gpu_limit(count: int) -> Mapping[str, Any]:
    """Of a container in a cluster that has so many GPUs."""
    return {"resources": {"limits": {"nvidia.com/gpu": str(count)}}}


GPU_TAGS: Mapping[str, Any] = {
    "lulc/accelerator": "gpu",
    # Read by the Kubernetes executor only.
    "dagster-k8s/config": {
        "container_config": gpu_limit(1),
        "pod_spec_config": {
            "node_selector": {"lulc/pool": "gpu"},
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
            ],
        },
    },
    # Read by the Ray executor only.
    "dagster-ray/config": {"num_gpus": 1},
}
"""On the op, not on the job: job tags are lost when an asset is launched directly. The GPUs of a
training follow ``[training] devices`` (``executors``)."""

PREDICT_RETRIES = dg.RetryPolicy(
    max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""Against a lost GPU or a full machine. A bad scene is not an exception (see predictions)."""

STEP_RETRIES = dg.RetryPolicy(
    max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""Of all other steps: a store that does not answer, memory that another program has. Errors of the
domain and of the program, and of a disk that is full or read only, are not tried again
(``failures``)."""
