"""Whole years at once: one asset backfill over all registered tiles, exactly one.

What belongs here: the job that creates it. What does not: when (``schedules``), one tile × year
(``jobs.map_tile_year``).

An asset backfill, because runs of a job backfill that wait in the queue are lost when the code
location restarts. Its id is made of its name and the number of the attempt, and the instance
refuses an id that it has: killed and started again, twice at once, it is still one.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.execution.backfill import (
    BULK_ACTION_TERMINAL_STATUSES,
    BulkActionStatus,
    PartitionBackfill,
)
from dagster._core.instance.types import CachingDynamicPartitionsLoader
from dagster_shared.utils.warnings import disable_dagster_warnings
from sqlalchemy.exc import IntegrityError

from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.failures import named_failures
from lulc_assets.defs.partitions import registered_tiles
from lulc_assets.defs.past_maps import require_affordable
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps import products as of

BACKFILLED = (of.SCENE_CATALOG, of.SCENE_PREDICTIONS, of.ANNUAL_MAP, of.ACCURACY_AREA_REPORT)
"""What a backfill makes of each tile: the assets of ``map_tile_year``."""

MOST_ATTEMPTS = 3
"""Backfills of one name: the second and third take what the one before left without a map."""


class WholeYear(dg.Config):
    """Which year, and what the backfill is called.

    Attributes:
        year: of the maps.
        name: of the backfill, at most 29 letters; the same name is the same backfill.
        missing_only: ask only for tiles that have no map of the year.
        confirmed: go on although it costs more than the project's limit (``[prices]``).
    """

    year: int
    name: str
    missing_only: bool = False
    confirmed: bool = False


@dg.op(retry_policy=STEP_RETRIES)
def ask_for_a_year(
    context: dg.OpExecutionContext, project: ProjectResource, config: WholeYear
) -> None:
    """Create the backfill, unless it is there already."""
    work = project.workbench(context)
    tiles = registered_tiles(context.instance, work.project)
    with named_failures():
        work.project.all_years().require(config.year)
        if not config.confirmed:
            require_affordable(context.instance, work, tiles)
    created = request_year(
        context.instance,
        context.repository_def.asset_graph,
        [TileYear(tile, config.year) for tile in tiles],
        config.name,
        {"lulc/why": config.name},
        missing_only=config.missing_only,
    )
    context.log.info(created or f"{config.name}: there already, or nothing is to be done")


@dg.job(tags={"dagster/max_runtime": "3600"})
def whole_year() -> None:
    """Create one asset backfill of a year over all registered tiles, and nothing else."""
    ask_for_a_year()


def request_year(
    instance: dg.DagsterInstance,
    graph: BaseAssetGraph[Any],
    keys: Sequence[TileYear],
    name: str,
    tags: Mapping[str, str],
    *,
    missing_only: bool = False,
    now: float | None = None,
) -> str:
    """Create the backfill of that name, or its next attempt where some of it failed.

    Args:
        instance: where.
        graph: of the code location.
        keys: tile × years.
        name: what it is called; with the number of the attempt its id.
        tags: of its runs.
        missing_only: leave out tile × years that have a map.
        now: seconds since 1970; none: by the clock.

    Returns:
        What was created, in words; empty: it was there already, runs still, or nothing is missing.
    """
    former = [b for n in range(1, MOST_ATTEMPTS + 1) if (b := instance.get_backfill(f"{name}-{n}"))]
    latest = former[-1] if former else None
    if latest is not None and not _may_be_asked_again(latest.status):
        return ""
    if latest is not None or missing_only:
        mapped = instance.get_materialized_partitions(dg.AssetKey(of.ANNUAL_MAP.asset))
        done = {TileYear.of_partition(_plain(key)) for key in mapped}
        keys = [key for key in keys if key not in done]
    if not keys or len(former) >= MOST_ATTEMPTS:
        return ""
    keys_once = CachingDynamicPartitionsLoader(instance)  # else a query for each tile and year
    with disable_dagster_warnings():  # it calls what it deprecated itself
        backfill = PartitionBackfill.from_asset_partitions(
            backfill_id=f"{name}-{len(former) + 1}",
            asset_graph=graph,
            partition_names=[key.partition for key in keys],
            asset_selection=[dg.AssetKey(product.asset) for product in BACKFILLED],
            backfill_timestamp=now or time.time(),
            tags=tags,
            dynamic_partitions_store=keys_once,
            all_partitions=False,
            title=name,
            description=None,
            run_config=None,
        )
    if not add_once(instance, backfill):
        return ""
    return f"backfill {backfill.backfill_id} over {len(keys)} tile × years"


def add_once(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> bool:
    """Add a backfill; False: its id is taken, perhaps by another process just now."""
    if instance.get_backfill(backfill.backfill_id) is not None:
        return False
    try:
        instance.add_backfill(backfill)
    except IntegrityError:
        return False
    return True


def _may_be_asked_again(status: BulkActionStatus) -> bool:
    """Ended, not stopped by somebody, and not a success."""
    done = (BulkActionStatus.CANCELED, BulkActionStatus.COMPLETED_SUCCESS)
    return status in BULK_ACTION_TERMINAL_STATUSES and status not in done


def _plain(partition: str) -> str:
    """Tile first, whatever the order in which Dagster names the dimensions."""
    found = getattr(partition, "keys_by_dimension", None)
    return partition if found is None else f"{found['tile']}|{found['year']}"
