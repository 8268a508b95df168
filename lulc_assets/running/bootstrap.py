"""An instance for several users: its settings, the limits of its pools, the project's partitions.

What belongs here: making and checking an instance in a folder once. What does not: the instance of
``lulc run``, which makes its own (``home``).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from lulc_assets.core.errors import InvalidProject
from lulc_assets.defs.partitions import register_partitions
from lulc_assets.defs.policies import GPU_POOL, METRICS_POOL
from lulc_assets.project import Project

_LOCAL = Path(__file__).resolve().parents[2] / "deploy" / "local"
_NEEDED: Mapping[tuple[str, ...], str] = {
    ("run_monitoring", "enabled"): "a run whose process is gone is never ended",
    ("run_monitoring", "max_runtime_seconds"): "a run whose process is gone is never ended",
    ("run_monitoring", "free_slots_after_run_end_seconds"): "a dead run keeps its slot of a pool",
    ("run_retries", "enabled"): "a run whose machine failed is not tried again",
}
_ONE_A_PARTITION = {
    "key": "dagster/partition",
    "value": {"applyLimitPerUniqueValue": True},
    "limit": 1,
}


@dataclass(frozen=True)
class Bootstrapped:
    """What was done.

    Attributes:
        pools: pool → slots.
        storage: name of the class that keeps runs and events.
        missing: settings that the instance should have, each with what happens without it.
    """

    pools: Mapping[str, int]
    storage: str
    missing: tuple[str, ...]


def write_settings(home: Path, *, postgres: bool) -> bool:
    """Write ``dagster.yaml`` into a folder that has none; whether it was written."""
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if target.exists():
        return False
    shutil.copyfile(_LOCAL / ("dagster-postgres.yaml" if postgres else "dagster.yaml"), target)
    return True


def bootstrap(home: Path, project: Project, *, gpu: int, metrics: int = 1) -> Bootstrapped:
    """Set the limits of the pools and register tiles and regions; may be called again.

    Args:
        home: folder with ``dagster.yaml``.
        project: whose partitions.
        gpu: trainings and predictions at once: as many as there are accelerators.
        metrics: writers of the metrics database at once.

    Raises:
        InvalidProject: a limit would let nothing run.
    """
    pools = {GPU_POOL: gpu, METRICS_POOL: metrics}
    for pool, slots in pools.items():
        if slots < 1:
            raise InvalidProject(
                f"pool {pool} would have {slots} slots, and its steps would wait forever; give "
                "1 or more"
            )
    with dg.DagsterInstance.from_config(str(home)) as instance:
        for pool, slots in pools.items():
            instance.event_log_storage.set_concurrency_slots(pool, slots)
        register_partitions(instance, project)
        storage = type(instance.event_log_storage).__name__
    return Bootstrapped(pools, storage, tuple(_missing(home / "dagster.yaml")))


def _missing(settings: Path) -> list[str]:
    found: Any = yaml.safe_load(settings.read_text("utf-8")) or {}
    missing = []
    for path, harm in _NEEDED.items():
        value = found
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if not value:
            missing.append(f"{'.'.join(path)}: without it {harm}")
    limits = found.get("concurrency", {}).get("runs", {}).get("tag_concurrency_limits", [])
    if _ONE_A_PARTITION not in limits:
        missing.append(
            "concurrency.runs.tag_concurrency_limits: without one run per dagster/partition two "
            "runs of one tile and year do the same work, and one of them loses"
        )
    return missing
