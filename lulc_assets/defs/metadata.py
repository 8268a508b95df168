"""What people see of a product in the UI.

What belongs here: a commit record → event metadata: pictures first, then figures, then where
the files are. What does not: events (``from_products``), what a run took (``spending``).

Figures are numbers of their own, not parts of a JSON text: the UI plots numbers over time.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import TypeAdapter

from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.records import Record
from lulc_assets.defs.pictures import picture_metadata
from lulc_assets.steps.page_parts import page_name
from lulc_assets.steps.product import Product
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, REGION_REPORT
from lulc_assets.steps.properties import (
    CandidateScene,
    ModelEvent,
    OverallAccuracy,
    PageRow,
    PairedDifference,
    PredictedRow,
)
from lulc_assets.steps.workbench import Workbench

_TOO_LONG = (PredictedRow, CandidateScene, ModelEvent, PageRow)
"""Rows of a table that would push everything else off the screen: their number is shown."""

_PLOTTED = (OverallAccuracy, PairedDifference)
_ITSELF = ("estimate", "value")
"""Field of such a figure that has the name of the figure."""

_AREAS = "_ha"
"""Tables of areas by class, whose name ends so, are shown as numbers."""

_ON_PAGES: tuple[Product[Any, Any], ...] = (ACCURACY_AREA_REPORT, REGION_REPORT)
"""Products that have a page."""

Shown = dict[str, dg.MetadataValue[Any]]


def metadata_of(work: Workbench, record: Record[Any], took: Shown | None = None) -> Shown:
    """What people look at: pictures first, then the figures, then where the files are.

    Args:
        work: where the files are.
        record: of the product.
        took: what making it took; None: it was not made now.
    """
    shown = picture_metadata(
        {
            name: work.open(record, name).read_bytes()
            for name in record.files
            if name.endswith(".png")
        }
    )
    shown |= took or {}
    figures = dict(_figures(record.properties))
    # Lists of scenes and tables would push the figures off the first screen.
    for name in sorted(figures, key=lambda k: not isinstance(figures[k], str | int | float)):
        shown[name] = _value_of(figures[name])
    if record.files:
        shown |= _links(work, record) | _tables(work, record)
    shown["record"] = dg.MetadataValue.text(record.digest)
    shown["made_from"] = dg.MetadataValue.json(dict(record.inputs))
    shown["files"] = dg.MetadataValue.json({n: f.key for n, f in record.files.items()})
    return shown


def _figures(properties: Any) -> Iterator[tuple[str, Any]]:
    """Fields with a value; estimates and areas by class as a number each."""
    for field in dataclasses.fields(properties):
        value = getattr(properties, field.name)
        if value is None:
            continue
        if isinstance(value, _PLOTTED):
            yield from _flat(field.name, dataclasses.asdict(value))
        elif field.name.endswith(_AREAS) and isinstance(value, Mapping):
            yield from _flat(field.name, value)
        else:
            yield field.name, value


def _flat(name: str, parts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for part, value in parts.items():
        if value is not None:
            yield name if part in _ITSELF else f"{name}_{part}", value


def _links(work: Workbench, record: Record[Any]) -> Shown:
    """Page, STAC items and layers, as addresses that can be copied or followed."""
    found: Shown = {}
    asset, *parts = record.product.split("/")
    for reported in _ON_PAGES:
        if asset == reported.asset:
            key = reported.key.of_partition("|".join(parts))
            pages = work.project.path_of(work.project.pages)
            found["page"] = dg.MetadataValue.path(f"{pages}/{page_name(key)}")
    for name, file in sorted(record.files.items()):
        stem, _, kind = name.rpartition(".")
        if kind == "tif":
            found[f"cog_{stem}"] = address_of(work.store, file.key)
        elif kind == "json" and stem.startswith("item"):
            found[f"stac_{stem}"] = address_of(work.store, file.key)
    return found


def address_of(store: ObjectStore, key: str) -> dg.MetadataValue[Any]:
    """Where an object lies: a path, or the URL of a bucket's object."""
    if isinstance(store, LocalStore):
        return dg.MetadataValue.path(store.root / key)
    return dg.MetadataValue.url(f"{getattr(store, 'url', '')}/{key}")


def _tables(work: Workbench, record: Record[Any]) -> Shown:
    """Columns and rows of the tables; those of the first under the names that the UI knows."""
    import pyarrow.parquet as pq  # half a second that loading should not cost

    found: Shown = {}
    for name in sorted(n for n in record.files if n.endswith(".parquet")):
        with pq.ParquetFile(work.open(record, name)) as table:
            columns = [dg.TableColumn(f.name, str(f.type)) for f in table.schema_arrow]
            rows = table.metadata.num_rows
        schema = dg.MetadataValue.table_schema(dg.TableSchema(columns))
        if not found:
            count = dg.MetadataValue.int(rows)
            found = {"dagster/column_schema": schema, "dagster/row_count": count}
        else:
            stem = name.removesuffix(".parquet")
            found |= {f"columns_{stem}": schema, f"rows_{stem}": dg.MetadataValue.int(rows)}
    return found


def _value_of(value: Any) -> dg.MetadataValue[Any]:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    if isinstance(value, str):
        return dg.MetadataValue.text(value)
    if isinstance(value, tuple) and value and isinstance(value[0], _TOO_LONG):
        return dg.MetadataValue.int(len(value))
    return dg.MetadataValue.json(TypeAdapter(type(value)).dump_python(value, mode="json"))
