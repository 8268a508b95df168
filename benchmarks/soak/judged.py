"""What stands after a soak, against what should.

What belongs here: reading instance and store. What does not: the soak itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus

from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.publish import former_key, is_complete
from lulc_assets.core.store.records import Record
from lulc_assets.defs.backfills import BACKFILLED
from lulc_assets.defs.partitions import key_of_partition
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench

MOST_GROWTH = 1.2
"""Of the memory of a program from the second to the last quarter of the soak."""


@dataclass(frozen=True)
class Verdict:
    """Each list should be empty.

    Attributes:
        not_complete: assets of partitions that were not committed whole, or have no event.
        published_twice: maps that replaced another one, or were told of in two versions.
        leaked: pools with slots that no run uses.
        red: backfills that did not end as a success.
        unfinished: runs that neither ended nor failed.
        grown: programs whose memory grew.
    """

    not_complete: tuple[str, ...]
    published_twice: tuple[str, ...]
    leaked: tuple[str, ...]
    red: tuple[str, ...]
    unfinished: tuple[str, ...]
    grown: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all are empty."""
        return not any(asdict(self).values())


def judge(
    instance: dg.DagsterInstance,
    work: Workbench,
    keys: Sequence[TileYear],
    memory: Mapping[str, Sequence[float]],
) -> Verdict:
    """Look at everything once the soak is over.

    Args:
        instance: of the soak.
        work: its project.
        keys: that were asked for.
        memory: program → MB, in the order of time.
    """
    backfills = [b for b in instance.get_backfills() if b.status != _SUCCESS]
    return Verdict(
        tuple(_not_complete(instance, work, keys)),
        tuple(key.partition for key in keys if _published_twice(instance, work, key)),
        tuple(_leaked(instance)),
        tuple(f"{b.backfill_id}: {b.status.value}" for b in backfills),
        tuple(run.run_id for run in instance.get_runs() if not run.is_finished),
        tuple(name for name, seen in memory.items() if growth(seen) > MOST_GROWTH),
    )


_SUCCESS = BulkActionStatus.COMPLETED_SUCCESS


def _not_complete(
    instance: dg.DagsterInstance, work: Workbench, keys: Sequence[TileYear]
) -> list[str]:
    found = []
    for product in BACKFILLED:
        made = instance.get_materialized_partitions(dg.AssetKey(product.asset))
        told = {key_of_partition(product, partition) for partition in made}
        for key in keys:
            record: Record[Any] | None = work.find(product, key)
            if record is None or not is_complete(work.store, record) or key not in told:
                found.append(f"{product.asset} {key.partition}")
    return found


def _published_twice(instance: dg.DagsterInstance, work: Workbench, key: TileYear) -> bool:
    """Whether another map stood before the one that stands, or another one was told of."""
    record = work.find(ANNUAL_MAP, key)
    if record is None:
        return False
    assert isinstance(work.store, LocalStore)
    former = (work.store.root / former_key(ANNUAL_MAP.at(key), "of")).parent
    events = instance.fetch_materializations(
        dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(ANNUAL_MAP.asset), asset_partitions=[key.partition]
        ),
        limit=100,
    ).records
    versions = {(e.asset_materialization.tags or {}).get("dagster/data_version")
                for e in events if e.asset_materialization}  # fmt: skip
    return former.is_dir() or versions != {record.digest}


def _leaked(instance: dg.DagsterInstance) -> list[str]:
    storage, found = instance.event_log_storage, []
    for pool in sorted(storage.get_concurrency_keys()):
        held = storage.get_concurrency_info(pool)
        if held.active_slot_count or held.pending_step_count or held.assigned_step_count:
            found.append(f"{pool}: {held.active_slot_count} slots, {held.pending_step_count} wait")
    return found


def growth(seen: Sequence[float]) -> float:
    """Memory of the last quarter over that of the second; 1 where too little was seen."""
    quarter = len(seen) // 4
    if quarter < 1:
        return 1.0
    return median(seen[-quarter:]) / median(seen[quarter : 2 * quarter])
