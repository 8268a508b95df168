"""Many tile × years in one run, where starting a run would take longer than its work.

What belongs here: the job that goes through partitions one by one. What does not: how one is made
(``steps``), and which are asked for.

Each partition commits and gets its events by itself, as soon as it is made: a run that is killed
half way leaves whole partitions, and the next one finds them. One that fails is named at the end
and does not keep the others from being made.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.core.errors import LulcError
from lulc_assets.core.scratch import sweep_scratch
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.publish import require_writable
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import DATA_VERSION
from lulc_assets.defs.metadata import metadata_of
from lulc_assets.defs.partitions import require_own_key
from lulc_assets.defs.policies import GPU_POOL, GPU_TAGS, STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps import products as of
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.product import Product
from lulc_assets.steps.report import make_accuracy_area_report
from lulc_assets.steps.workbench import Workbench

Made = tuple[Product[Any, Any], Record[Any]]


class Partitions(dg.Config):
    """Which tile × years.

    Attributes:
        partitions: such as ``33TVM|2023``; made in this order.
    """

    partitions: list[str]


@dg.op(tags=GPU_TAGS, pool=GPU_POOL, retry_policy=STEP_RETRIES, out=dg.Out(dg.Nothing))
def map_each(
    context: dg.OpExecutionContext, project: ProjectResource, config: Partitions
) -> Iterator[dg.AssetMaterialization | dg.Output[None]]:
    """Make what ``map_tile_year`` makes, of one partition after the other.

    Raises:
        dg.Failure: some failed; the message names each. The others are there.
    """
    work = project.workbench(context)
    require_writable(work.store)
    sweep_scratch()
    failures = {}
    for partition in config.partitions:
        try:
            key = TileYear.of_partition(partition)
            require_own_key(work.project, key)
            for product, record in _make(work, key):
                yield from _event(context, work, key, product, record)
        except (LulcError, OSError, ValueError) as error:
            failures[partition[:80]] = f"{type(error).__name__}: {error}"
            context.log.warning(f"{partition[:80]}: {failures[partition[:80]]}")
    if failures:
        named = "\n".join(f"{partition}: {reason}" for partition, reason in failures.items())
        raise dg.Failure(
            description=f"{len(failures)} of {len(config.partitions)} failed:\n{named}",
            allow_retries=False,
        )
    yield dg.Output(None)


def _make(work: Workbench, key: TileYear) -> Iterator[Made]:
    yield of.SCENE_CATALOG, make_scene_catalog(work, key)
    results = [predict_batch(work, batch) for batch in plan_batches(work, key)]
    yield of.SCENE_PREDICTIONS, commit_predictions(work, key, results)
    yield of.ANNUAL_MAP, make_annual_map(work, key)
    yield of.ACCURACY_AREA_REPORT, make_accuracy_area_report(work, key)


def _event(
    context: dg.OpExecutionContext,
    work: Workbench,
    key: TileYear,
    product: Product[Any, Any],
    record: Record[Any],
) -> Iterator[dg.AssetMaterialization]:
    """One event, unless the last one of the partition is of this record already.

    Yielded, so that it is kept at once: what ``log_event`` takes is lost when the op fails.
    """
    asset = dg.AssetKey(product.asset)
    latest = context.instance.get_latest_data_version_record(asset, partition_key=key.partition)
    seen = latest.asset_materialization if latest is not None else None
    if seen is not None and (seen.tags or {}).get(DATA_VERSION) == record.digest:
        context.log.info(f"{product.asset} {key.title}: there already")
        return
    yield dg.AssetMaterialization(
        asset,
        partition=key.partition,
        metadata=metadata_of(work, record),
        tags={DATA_VERSION: record.digest},
    )


@dg.job(tags={"dagster/max_runtime": str(3600 * 24)})
def map_many() -> None:
    """Map many tile × years in one run; each commits and gets its events by itself."""
    map_each()
