"""What people see of a product in the UI.

What belongs here: a commit record → event metadata: pictures first, then figures, then where
the files are. What does not: events (``from_products``).
"""

import dataclasses
from typing import Any

import dagster as dg
from pydantic import TypeAdapter

from lulc_assets.core.store.records import Record
from lulc_assets.defs.pictures import picture_metadata
from lulc_assets.steps.properties import CandidateScene, ModelEvent, PageRow, PredictedRow
from lulc_assets.steps.workbench import Workbench

_TOO_LONG = (PredictedRow, CandidateScene, ModelEvent, PageRow)
"""Rows of a table that would push everything else off the screen: their number is shown."""


def metadata_of(work: Workbench, record: Record[Any]) -> dict[str, dg.MetadataValue[Any]]:
    """What people look at: pictures first, then the figures, then where the files are."""
    shown = picture_metadata(
        {
            name: work.open(record, name).read_bytes()
            for name in record.files
            if name.endswith(".png")
        }
    )
    properties = record.properties
    figures = {
        f.name: value
        for f in dataclasses.fields(properties)
        if (value := getattr(properties, f.name)) is not None
    }
    # Lists of scenes and tables would push the figures off the first screen.
    for name in sorted(figures, key=lambda k: not isinstance(figures[k], str | int | float)):
        shown[name] = _value_of(figures[name])
    shown["record"] = dg.MetadataValue.text(record.digest)
    shown["made_from"] = dg.MetadataValue.json(dict(record.inputs))
    shown["files"] = dg.MetadataValue.json({n: f.key for n, f in record.files.items()})
    return shown


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
