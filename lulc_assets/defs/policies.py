"""Named policies: where work runs and how often it is tried.

What belongs here: tags, pools and retries. What does not: events
(``from_products``); conditions under which assets run by themselves (``automation``).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

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
