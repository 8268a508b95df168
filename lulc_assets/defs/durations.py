"""When products were made and what that took, as the instance remembers it, as a table for SQL.

What belongs here: events → rows. What does not: measuring (``spending``), what a map costs
(``past_maps``). None of it can be in a record: the same inputs would no longer make the same bytes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from lulc_assets.core.errors import LulcError
from lulc_assets.core.metrics.making_tables import DURATION_SCHEMA
from lulc_assets.core.metrics.parquet import write_table
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.defs.from_products import DATA_VERSION
from lulc_assets.defs.partitions import key_of_partition
from lulc_assets.defs.spending import COST, SECONDS
from lulc_assets.steps.product import Product
from lulc_assets.steps.products import PRODUCTS

_PAGE = 1_000
"""Events that are read at once."""


def write_durations(instance: dg.DagsterInstance, path: Path) -> Path:
    """Write what every product took that the instance saw being made; returns the path."""
    rows = [row for product in PRODUCTS for row in duration_rows(instance, product)]
    table = pd.DataFrame(rows, columns=list(DURATION_SCHEMA.columns))
    return write_table(path, table, DURATION_SCHEMA)


def duration_rows(
    instance: dg.DagsterInstance, product: Product[Any, Any]
) -> Iterator[dict[str, Any]]:
    """A row for each time that a run made the product of some partition, oldest first.

    A run that found the product there says again what making it took: it has no row. Events
    without a duration (of former versions, or told by hand) have none either.
    """
    stood: dict[str, str] = {}
    for record in _events(instance, product):
        event = record.asset_materialization
        if event is None:
            continue
        partition = event.partition or ""
        digest = str((event.tags or {}).get(DATA_VERSION, ""))
        seconds = event.metadata.get(SECONDS)
        if seconds is None or not digest or stood.get(partition) == digest:
            stood[partition] = digest
            continue
        stood[partition] = digest
        row = _row(product, partition)
        if row is None:
            continue
        named = [name for name in event.metadata if name.startswith(f"{COST}_")]
        yield {
            **row,
            "made_at": datetime.fromtimestamp(record.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": seconds.value,
            "cost": event.metadata[named[0]].value if named else None,
            "currency": named[0].removeprefix(f"{COST}_") if named else "",
            "digest": digest,
            "run_id": record.run_id,
        }


def _row(product: Product[Any, Any], partition: str) -> dict[str, Any] | None:
    """Asset, key and year; None of a partition that this version does not know."""
    try:
        key = key_of_partition(product, partition) if partition else None
    except LulcError:
        return None
    if isinstance(key, TileYear | RegionYear):
        return {"asset": product.asset, "key": key.parts[0], "year": key.year}
    return {"asset": product.asset, "key": "", "year": None}


def _events(
    instance: dg.DagsterInstance, product: Product[Any, Any]
) -> Iterator[dg.EventLogRecord]:
    """All materializations of an asset, oldest first."""
    cursor: str | None = None
    more = True
    while more:
        found = instance.fetch_materializations(
            dg.AssetKey(product.asset), limit=_PAGE, cursor=cursor, ascending=True
        )
        yield from found.records
        cursor, more = found.cursor, found.has_more
