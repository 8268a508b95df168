"""Assets from declarations: what Dagster must know of a product follows from it.

What belongs here: the decorator that makes an asset of a step, and the one way from a commit
record to an event. What does not: what a step does.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from lulc_assets.core.scratch import sweep_scratch
from lulc_assets.core.store.keys import Key
from lulc_assets.core.store.publish import require_own, require_writable
from lulc_assets.core.store.records import Record
from lulc_assets.defs.automation import condition_for
from lulc_assets.defs.failures import named_failures
from lulc_assets.defs.metadata import metadata_of
from lulc_assets.defs.of_project import owners
from lulc_assets.defs.partitions import (
    dependency,
    key_of,
    key_of_partition,
    partitions_of,
    require_own_key,
)
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.spending import spent
from lulc_assets.steps.product import Product
from lulc_assets.steps.workbench import Workbench

DATA_VERSION = "dagster/data_version"

Body = Callable[..., Record[Any] | None]
"""Of workbench, key and, for each product that is collected, the keys that have one."""


def product_asset(
    product: Product[Any, Any],
    *,
    group: str,
    kinds: set[str],
    pool: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    retry_policy: dg.RetryPolicy = STEP_RETRIES,
    collects: tuple[Product[Any, Any], ...] = (),
    tells: Callable[[dg.DagsterInstance, Workbench], Any] | None = None,
) -> Callable[[Body], Callable[..., dg.Definitions]]:
    """Make an asset of a function of workbench and key that returns the committed record.

    Name, partitions, dependencies with their mappings and code version come from the
    declaration. A function that returns None (a candidate that is refused) leaves no event.
    The asset is made when Dagster loads the code location, from the years and owners that the
    project file has by then.

    Args:
        product: declaration.
        group: of the asset in the UI.
        kinds: shown as icons.
        pool: whose slots limit how many run at once.
        op_tags: for the executor: they survive a launch of the asset alone.
        retry_policy: for failures of the machine alone (``failures``).
        collects: products of which the function gets all keys that were materialized.
        tells: what else the function gets, as its last argument: what only the instance knows.
    """

    def decorate(body: Body) -> Callable[..., dg.Definitions]:
        @dg.definitions
        def made() -> dg.Definitions:
            @dg.asset(
                name=product.asset,
                description=body.__doc__,
                partitions_def=partitions_of(product),
                deps=[dependency(product, given) for given in product.inputs],
                code_version=str(product.version),
                group_name=group,
                owners=owners(),
                kinds=kinds,
                pool=pool,
                op_tags=op_tags,
                retry_policy=retry_policy,
                automation_condition=condition_for(product),
                output_required=False,
            )
            def asset(
                context: dg.AssetExecutionContext, project: ProjectResource
            ) -> Iterator[dg.MaterializeResult[Any]]:
                with named_failures():
                    key = key_of(product, context)
                    work = project.workbench(context)
                    require_own_key(work.project, key)
                    require_writable(work.store)
                    require_own(work.store, work.project.name)
                    sweep_scratch()
                    every: list[Any] = [
                        materialized_keys(context.instance, one) for one in collects
                    ]
                    if tells is not None:
                        every.append(tells(context.instance, work))
                    watch = Stopwatch.start(work, product, key)
                    record = body(work, key, *every)
                    seen = None if record is None else watch.metadata(context, record)
                if record is not None:
                    yield dg.MaterializeResult(
                        metadata=seen, data_version=dg.DataVersion(record.digest)
                    )

            return dg.Definitions(assets=[asset])

        return made

    return decorate


def materialized_keys(instance: dg.DagsterInstance, product: Product[Any, Any]) -> list[Any]:
    """Keys of the partitions of an asset that were ever materialized, in order."""
    found = instance.get_materialized_partitions(dg.AssetKey(product.asset))
    return sorted(key_of_partition(product, partition) for partition in found)


@dataclass(frozen=True)
class Stopwatch:
    """What stood before a product was made, and since when it is being made.

    Attributes:
        work: where.
        product: declaration.
        key: of which.
        stood: digest of the record that stood; empty: none did.
        since: of ``time.perf_counter``.
    """

    work: Workbench
    product: Product[Any, Any]
    key: Key
    stood: str
    since: float

    @classmethod
    def start(cls, work: Workbench, product: Product[Any, Any], key: Key) -> "Stopwatch":
        """Look what stands, and begin."""
        former = work.find(product, key)
        stood = "" if former is None else former.digest
        return cls(work, product, key, stood, time.perf_counter())

    def metadata(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, record: Record[Any]
    ) -> Mapping[str, Any]:
        """What people see of a record, and what it took; of one that stood, what they saw before.

        A run that made nothing opens no file of the product, and says so.
        """
        seconds = time.perf_counter() - self.since
        title = f"{self.product.asset} {self.key.title}".strip()
        stands = record.digest == self.stood
        context.log.info(f"{title}: " + ("there already" if stands else f"made in {seconds:.1f} s"))
        seen = self._seen(context, record) if stands else None
        if seen is not None:
            return seen
        took = {} if stands else spent(seconds, self.work.project.prices)
        return metadata_of(self.work, record, took)

    def _seen(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, record: Record[Any]
    ) -> Mapping[str, Any] | None:
        """Metadata of the latest event, if it is of this record."""
        partition = context.partition_key if self.product.key.dimensions else None
        event = context.instance.get_latest_data_version_record(
            dg.AssetKey(self.product.asset), partition_key=partition
        )
        seen = event.asset_materialization if event is not None else None
        if seen is None or (seen.tags or {}).get(DATA_VERSION) != record.digest:
            return None
        return dict(seen.metadata)
