"""From a STAC item, as plain JSON, to a reading recipe.

What belongs here: reading the item's fields by its dialect and refusing what is missing.
What does not: what the dialects are, or where items come from.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from lulc_assets.core.catalog.dialects import Dialect, find_dialect
from lulc_assets.core.catalog.product import (
    ProductName,
    datastrip_start,
    datatake_start,
    parse_product_name,
)
from lulc_assets.core.errors import IncompleteItem, MissingBand, SceneGridMismatch
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset, SceneRecipe

_PLATFORM = re.compile(r"sentinel-2[a-d]")


def recipe_from_item(
    item: Mapping[str, Any], location: str, policy: HrefPolicy, *, dialect: str | None = None
) -> SceneRecipe:
    """The reading recipe of one item.

    Args:
        item: the item's JSON.
        location: path or URL of the item's document; relative hrefs start there.
        policy: which places its hrefs may point to.
        dialect: name of the dialect, where the user knows better than the item says.

    Raises:
        UnknownDialect, IncompleteItem, MissingBand, OffsetUndecidable, HrefRefused: the
            message names the item and what is wrong with it.
    """
    require_item(item)
    found = find_dialect(item, dialect)
    properties = item["properties"]
    product = _product(item, found)
    baseline = str(properties.get(found.baseline) or (product.baseline if product else ""))
    bands = _bands(item, found, location, policy)
    names = [found.assets[role][0] for role in BAND_ROLES]
    offset_dn, offset_reason = found.offset(item, baseline, names)
    tile = item_tile(item, found)
    return SceneRecipe(
        id=item["id"],
        provider=found.name,
        collection=str(item.get("collection") or ""),
        level=found.level,
        mgrs_tile=tile,
        datetime=item_datetime(item),
        baseline=baseline,
        cloud_cover_pct=_cloud_cover_pct(item),
        bands=bands,
        scale=found.scale,
        offset_dn=offset_dn,
        offset_reason=offset_reason,
        change_stamp=_change_stamp(item, found),
        acquisition=_acquisition(item, product, tile),
        footprint=_footprint(item),
        datastrip_start=datastrip_start(str(properties.get("s2:datastrip_id") or "")),
    )


def require_item(item: object) -> None:
    """Refuse what is not the skeleton of a STAC item.

    Raises:
        IncompleteItem: no object, no id, or properties or assets that are no objects.
    """
    if not isinstance(item, Mapping):
        raise IncompleteItem(f"an item is no JSON object: {str(item)[:120]}")
    identifier = item.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise IncompleteItem(f"an item has no id: {str(dict(item))[:120]}")
    for name in ("properties", "assets"):
        if not isinstance(item.get(name), dict):
            raise IncompleteItem(f"item {identifier}: {name!r} is missing or no object")


def item_datetime(item: Mapping[str, Any]) -> datetime:
    """Time of acquisition, aware, UTC.

    Raises:
        IncompleteItem: missing, naive or unreadable.
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
    return moment.astimezone(UTC)


def item_tile(item: Mapping[str, Any], dialect: Dialect) -> str:
    """MGRS square by the dialect's properties, else by the product name.

    Raises:
        IncompleteItem: neither says it.
    """
    parts = [item["properties"].get(name) for name in dialect.tile]
    if None not in parts:
        return "".join(map(str, parts)).removeprefix("MGRS-").zfill(5)
    product = _product(item, dialect)
    if product is None:
        raise IncompleteItem(
            f"item {item['id']}: no MGRS tile in {', '.join(dialect.tile)} or a product name"
        )
    return product.tile


def require_epsg(item: Mapping[str, Any], epsg: int) -> None:
    """Refuse an item that declares another CRS than the tile's grid; saying nothing is fine.

    Raises:
        SceneGridMismatch: ``proj:code`` (2.x) or ``proj:epsg`` (1.x) differs.
    """
    properties = item["properties"]
    declared = properties.get("proj:code") or properties.get("proj:epsg")
    if declared is not None and str(declared).upper().removeprefix("EPSG:") != str(epsg):
        raise SceneGridMismatch(
            f"item {item['id']} is in {declared}, the tile's grid is in EPSG:{epsg}"
        )


def _product(item: Mapping[str, Any], dialect: Dialect) -> ProductName | None:
    properties = item["properties"]
    for text in (*(properties.get(name) for name in dialect.product), item["id"]):
        parsed = parse_product_name(str(text)) if text else None
        if parsed is not None:
            return parsed
    return None


def _bands(
    item: Mapping[str, Any], dialect: Dialect, location: str, policy: HrefPolicy
) -> dict[str, BandAsset]:
    bands = {}
    for role, (name, gsd_m) in dialect.assets.items():
        asset = item["assets"].get(name)
        href = asset.get("href") if isinstance(asset, dict) else None
        if not isinstance(href, str) or not href:
            raise MissingBand(
                f"item {item['id']} has no asset {name!r} (band {role}); dialect {dialect.name}"
            )
        bands[role] = BandAsset(policy.resolve(href, location), float(asset.get("gsd") or gsd_m))
    return bands


def _cloud_cover_pct(item: Mapping[str, Any]) -> float:
    value = item["properties"].get("eo:cloud_cover")
    if not isinstance(value, int | float) or not 0 <= value <= 100:
        raise IncompleteItem(
            f"item {item['id']}: eo:cloud_cover is {value!r}, must be a percentage"
        )
    return float(value)


def _change_stamp(item: Mapping[str, Any], dialect: Dialect) -> str:
    for name in (*dialect.change_stamp, "s2:generation_time"):
        value = item["properties"].get(name)
        if value:
            return str(value)
    return str(item["id"])


def _acquisition(item: Mapping[str, Any], product: ProductName | None, tile: str) -> str:
    """Platform, sensing time, relative orbit and tile: what duplicates have in common.

    Sensing time is the start of the datatake where the item or product name says it; the
    item's own datetime differs between providers and processings by seconds.
    """
    properties = item["properties"]
    found = _PLATFORM.search(str(properties.get("platform") or "").lower())
    platform = product.platform if product else (found.group() if found else "")
    start = datatake_start(str(properties.get("s2:datatake_id") or ""))
    if not start:
        start = product.datatake_start if product else f"{item_datetime(item):%Y%m%dT%H%M%S}"
    orbit = product.relative_orbit if product else ""
    if not orbit and properties.get("sat:relative_orbit") is not None:
        orbit = str(properties["sat:relative_orbit"]).zfill(3)
    return "_".join((platform, start, f"R{orbit}", tile))


def _footprint(item: Mapping[str, Any]) -> Mapping[str, Any]:
    geometry = item.get("geometry")
    try:
        outline = shape(geometry) if isinstance(geometry, dict) else None
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        outline = None
    if outline is None or outline.is_empty or not isinstance(geometry, dict):
        raise IncompleteItem(f"item {item['id']} has no usable geometry")
    return geometry
