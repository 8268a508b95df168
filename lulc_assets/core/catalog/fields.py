"""Single fields of a STAC item, read and checked.

What belongs here: times, percentages, stamps and the footprint, by the dialect's names.
What does not: making a recipe of them (``items``).

Raises, throughout: ``IncompleteItem`` for a field that must be there and is missing or
unusable; the message names the item and the value.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from shapely import get_coordinates
from shapely.errors import ShapelyError
from shapely.geometry import shape

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.product import ProductName
from lulc_assets.core.errors import IncompleteItem


def item_datetime(item: Mapping[str, Any]) -> datetime:
    """Time of acquisition, aware, UTC.

    Raises:
        IncompleteItem: missing, naive, unreadable, or outside the years 1–9999 in UTC.
    """
    properties = item["properties"]
    text = properties.get("datetime") or properties.get("start_datetime")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise IncompleteItem(
            f"item {item['id']}: datetime {text!r} is missing or unreadable"
        ) from None
    if moment.tzinfo is None:
        raise IncompleteItem(f"item {item['id']}: datetime {text!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise IncompleteItem(f"item {item['id']}: datetime {text!r} is not a time in UTC") from None


def item_text(item: Mapping[str, Any], name: str) -> str:
    """A property as text, empty where the item has none."""
    return str(item["properties"].get(name) or "")


def item_percentage(item: Mapping[str, Any], name: str) -> float | None:
    """A percentage that an item may state; a dot leads into an object. None if unusable."""
    value: Any = item["properties"]
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
    return float(value) if usable else None


def item_cloud_cover_pct(item: Mapping[str, Any]) -> float:
    """Cloud cover of the product, 0–100."""
    value = item_percentage(item, "eo:cloud_cover")
    if value is None:
        stated = item["properties"].get("eo:cloud_cover")
        raise IncompleteItem(
            f"item {item['id']}: eo:cloud_cover is {stated!r}, must be a percentage"
        )
    return value


def item_nodata_pct(item: Mapping[str, Any], dialect: Dialect) -> float | None:
    """Share of the product without data, 0–100; None where nothing says it."""
    stated = item_percentage(item, dialect.nodata)
    coverage = item_percentage(item, dialect.coverage) if stated is None else None
    return stated if coverage is None else 100.0 - coverage


def item_change_stamp(item: Mapping[str, Any], dialect: Dialect) -> str:
    """What changes when the provider replaces the item; the id where nothing says it."""
    for name in dialect.change_stamp:
        value = item_text(item, name)
        if value:
            return value
    return str(item["id"])


def item_generated(item: Mapping[str, Any], dialect: Dialect, product: ProductName | None) -> str:
    """Time of generation of the product, UTC; empty where nothing says it."""
    for text in (item_text(item, dialect.generation), product.stamp if product else ""):
        try:
            moment = datetime.fromisoformat(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        except (ValueError, OverflowError):
            continue
    return ""


def item_footprint(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The geometry, GeoJSON in longitude and latitude, as the item has it."""
    geometry = item.get("geometry")
    try:
        with np.errstate(invalid="ignore"):
            outline = shape(geometry) if isinstance(geometry, dict) else None
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        outline = None
    if outline is None or outline.is_empty or not np.isfinite(get_coordinates(outline)).all():
        raise IncompleteItem(f"item {item['id']} has no usable geometry")
    assert isinstance(geometry, dict)
    return geometry
