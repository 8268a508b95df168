"""Assets from declarations: what Dagster must know of a product follows from it.

What belongs here: the decorator that makes an asset of a step, and the one way from a commit
record to an event. What does not: what a step does.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from lulc_assets.core.errors import LulcError
from lulc_assets.core.scratch import sweep_scratch
from lulc_assets.core.store.publish import require_writable
from lulc_assets.core.store.records import Record
from lulc_assets.defs.metadata import metadata_of
from lulc_assets.defs.partitions import (
    dependency,
    key_of,
    key_of_partition,
    partitions_of,
)
from lulc_assets.defs.policies import OWNERS, STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.product import Product
from lulc_assets.steps.workbench import Workbench

_FOR_GOOD = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_DATA_VERSION = "dagster/data_version"

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
) -> Callable[[Body], dg.AssetsDefinition]:
    """Make an asset of a function of workbench and key that returns the committed record.

    Name, partitions, dependencies with their mappings and code version come from the
    declaration. A function that returns None (a candidate that is refused) leaves no event.

    Args:
        product: declaration.
        group: of the asset in the UI.
        kinds: shown as icons.
        pool: whose slots limit how many run at once.
        op_tags: for the executor: they survive a launch of the asset alone.
        retry_policy: for failures of the machine; errors of the domain are not retried.
        collects: products of which the function gets all keys that were materialized.
    """

    def decorate(body: Body) -> dg.AssetsDefinition:
        @dg.asset(
            name=product.asset,
            description=body.__doc__,
            partitions_def=partitions_of(product),
            deps=[dependency(product, given) for given in product.inputs],
            code_version=str(product.version),
            group_name=group,
            owners=OWNERS,
            kinds=kinds,
            pool=pool,
            op_tags=op_tags,
            retry_policy=retry_policy,
            output_required=False,
        )
        def asset(
            context: dg.AssetExecutionContext, project: ProjectResource
        ) -> Iterator[dg.MaterializeResult[Any]]:
            with named_failures():
                key = key_of(product, context)
                work = project.workbench(context)
                require_writable(work.store)
                sweep_scratch()
                every = [materialized_keys(context.instance, other) for other in collects]
                record = body(work, key, *every)
            if record is not None:
                yield dg.MaterializeResult(
                    metadata=metadata_for(context, product, work, record),
                    data_version=dg.DataVersion(record.digest),
                )

        return asset

    return decorate


def materialized_keys(instance: dg.DagsterInstance, product: Product[Any, Any]) -> list[Any]:
    """Keys of the partitions of an asset that were ever materialized, in order."""
    found = instance.get_materialized_partitions(dg.AssetKey(product.asset))
    return sorted(key_of_partition(product, partition) for partition in found)


def metadata_for(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    product: Product[Any, Any],
    work: Workbench,
    record: Record[Any],
) -> Mapping[str, Any]:
    """What people see of a record; of a product that stood already, what they saw before.

    A run that made nothing opens no file of the product.
    """
    partition = context.partition_key if product.key.dimensions else None
    event = context.instance.get_latest_data_version_record(
        dg.AssetKey(product.asset), partition_key=partition
    )
    seen = event.asset_materialization if event is not None else None
    if seen is not None and (seen.tags or {}).get(_DATA_VERSION) == record.digest:
        return dict(seen.metadata)
    return metadata_of(work, record)


class Stopped(dg.DagsterError, dg.DagsterExecutionInterruptedError):
    """Somebody stopped the run.

    Dagster puts a step that is interrupted up for retry if it has a retry policy, so that Ctrl-C
    would start the step again. An error of its own it passes on.
    """


@contextmanager
def named_failures() -> Iterator[None]:
    """Errors that trying again would not help end the step with their name.

    Those of the domain, and a disk that is full, read only or closed to us. A run that somebody
    stops is not tried again either.
    """
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
        raise Stopped("stopped on request") from error
    except (LulcError, OSError) as error:
        if not isinstance(error, LulcError) and error.errno not in _FOR_GOOD:
            raise
        raise dg.Failure(
            description=f"{type(error).__name__}: {error}", allow_retries=False
        ) from error
