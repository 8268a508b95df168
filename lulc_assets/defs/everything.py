"""One job for everything: a single asset backfill from labels to pages.

What belongs here: what the backfill targets. What does not: the order, which Dagster takes from
the dependencies: training waits for chips, predictions for the model, pages for reports.

A job has the partitions of its assets, so none can hold both the training, which has none, and
the maps; an asset backfill can.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.definitions.selector import (
    PartitionRangeSelector,
    PartitionsByAssetSelector,
    PartitionsSelector,
)
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.instance.types import CachingDynamicPartitionsLoader
from dagster_shared.utils.warnings import disable_dagster_warnings

from lulc_assets.core.store.keys import Key, RegionYear, TileYear
from lulc_assets.defs.backfills import add_once
from lulc_assets.defs.failures import named_failures
from lulc_assets.defs.partitions import register_partitions
from lulc_assets.defs.past_maps import require_affordable
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.project import Project
from lulc_assets.steps import products as of
from lulc_assets.steps.product import Product

TRAINED = {of.REFERENCE_LABELS, of.LABEL_QUALITY, of.TRAINING_CHIPS}
"""Of the training partitions only; ``scene_catalog`` is of these and of the maps."""


class Everything(dg.Config):
    """What the backfill is called.

    Attributes:
        name: at most 31 letters; the same name is the same backfill.
        confirmed: go on although it costs more than the project's limit (``[prices]``).
    """

    name: str
    confirmed: bool = False


@dg.op(retry_policy=STEP_RETRIES)
def ask_for_everything(
    context: dg.OpExecutionContext, project: ProjectResource, config: Everything
) -> None:
    """Create the backfill, unless it is there already."""
    work = project.workbench(context)
    with named_failures():
        register_partitions(context.instance, work.project)
        if not config.confirmed:
            maps = [t for t in work.project.tiles for _ in work.project.mapped_years()]
            require_affordable(context.instance, work, maps)
        graph = context.repository_def.asset_graph
        created = request_everything(context.instance, graph, work.project, config.name)
    context.log.info(created or f"{config.name}: there already")


@dg.job(tags={"dagster/max_runtime": "3600"})
def everything() -> None:
    """Create one asset backfill of all assets, of the project's tiles, regions and years."""
    ask_for_everything()


def request_everything(
    instance: dg.DagsterInstance,
    graph: BaseAssetGraph[Any],
    project: Project,
    name: str,
    *,
    now: float | None = None,
) -> str:
    """Create the backfill of that name; what was created in words, empty: it was there already.

    Args:
        instance: where; it must know the project's partitions.
        graph: of the code location.
        project: whose tiles, regions and years.
        name: its id.
        now: seconds since 1970; none: by the clock.
    """
    targets = partitions_of_project(project)
    left_out = {dg.AssetKey(product.asset) for product in _not_used(project)}
    asked = [
        PartitionsByAssetSelector(asset_key=key, partitions=_selector(targets.get(key, ())))
        for key in graph.materializable_asset_keys
        if key not in left_out and (graph.get(key).partitions_def is None or targets.get(key))
    ]
    keys_once = CachingDynamicPartitionsLoader(instance)  # else a query for each partition
    with (
        disable_dagster_warnings(),  # it calls what it deprecated itself
        dg.partition_loading_context(dynamic_partitions_store=keys_once),
    ):
        backfill = PartitionBackfill.from_partitions_by_assets(
            backfill_id=name,
            asset_graph=graph,
            backfill_timestamp=now or time.time(),
            tags={"lulc/why": name},
            dynamic_partitions_store=keys_once,
            partitions_by_assets=asked,
            title=name,
            description="Everything, from labels to pages.",
            run_config=None,
        )
    return f"backfill {name} over {len(asked)} assets" if add_once(instance, backfill) else ""


def _not_used(project: Project) -> list[Product[Any, Any]]:
    """Products that a project of these settings has no use for."""
    unused: list[Product[Any, Any]] = []
    if not project.vote.learned:
        unused.append(of.LEARNED_VOTE)
    if project.patches is None:
        unused += [of.PATCH_CLASSIFIER, of.PATCH_EVALUATION, of.PATCH_BUNDLE]
    return unused


def partitions_of_project(project: Project) -> Mapping[dg.AssetKey, tuple[str, ...]]:
    """Asset → keys of the partitions that the project needs; assets without any are left out."""
    trained = {TileYear(*key) for key in project.training_partitions()}
    maps = {TileYear(t, y) for t in project.tiles for y in project.mapped_years()}
    regions = {RegionYear(r, y) for r in project.regions for y in project.mapped_years()}
    found = {}
    for product in of.PRODUCTS:
        keys: Iterable[Key] = ()
        if product.key is RegionYear:
            keys = regions
        elif product in TRAINED:
            keys = trained
        elif product == of.SEASONAL_MAPS:
            keys = maps if project.composite.windows() else ()
        elif product.key is TileYear:
            keys = maps | trained if product == of.SCENE_CATALOG else maps
        found[dg.AssetKey(product.asset)] = tuple(sorted("|".join(key.parts) for key in keys))
    return {asset: keys for asset, keys in found.items() if keys}


def _selector(keys: Iterable[str]) -> PartitionsSelector | None:
    """Each key alone: a range of two dimensions is a rectangle."""
    ranges = [PartitionRangeSelector(start=key, end=key) for key in keys]
    return PartitionsSelector(ranges=ranges) if ranges else None
