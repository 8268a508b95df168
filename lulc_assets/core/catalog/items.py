"""From a STAC item, as plain JSON, to a reading recipe.

What belongs here: which fields make a recipe, and refusing what is missing. What does not: single
fields (``fields``), files (``item_files``), what the dialects are, or where items come from.
"""

import re
from collections.abc import Mapping
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.fields import (
    item_change_stamp,
    item_cloud_cover_pct,
    item_datetime,
    item_footprint,
    item_generated,
    item_nodata_pct,
    item_percentage,
    item_text,
)
from lulc_assets.core.catalog.item_files import (
    band_assets,
    coarse_sampling_m,
    driver_of,
    require_roles,
    scale_of,
)
from lulc_assets.core.catalog.known_dialects import find_dialect
from lulc_assets.core.catalog.offsets import offset_rescaled
from lulc_assets.core.catalog.product import (
    ProductName,
    datastrip_start,
    datatake_start,
    parse_baseline,
    parse_product_name,
)
from lulc_assets.core.errors import (
    IncompleteItem,
    SceneGridMismatch,
    UnknownDialect,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.href import HrefPolicy, bare
from lulc_assets.core.imagery.signing import ITEM_SIGNER
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SCL_ROLE, SceneRecipe

_PLATFORM = re.compile(r"sentinel-2[a-d]")

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Ids become names of folders. None of the providers' is longer than 65 characters."""

_NOT_IDS = re.compile(r"(?i:(record|manifest)\.json)|.*\.")
"""Names that a store uses itself, and a dot at the end, which Windows drops."""


def recipe_from_item(
    item: Mapping[str, Any],
    location: str,
    policy: HrefPolicy,
    *,
    dialect: str | None = None,
    roles: tuple[str, ...] = SIX,
) -> SceneRecipe:
    """The reading recipe of one item.

    Args:
        item: the item's JSON.
        location: path or URL of the item's document; relative hrefs start there.
        policy: which places its hrefs may point to.
        dialect: name of the dialect, where the user knows better than the item says.
        roles: bands that will be read.

    Raises:
        UnknownDialect, DialectContradicted, IncompleteItem, MissingBand, OffsetUndecidable,
        HrefRefused: the message names the item and what is wrong with it.
    """
    require_item(item)
    found = find_dialect(item, dialect)
    product = _product(item, found)
    _require_level(item, found, product)
    baseline = _baseline(item, found, product)
    require_roles(item, found, roles)
    bands, private, signer = band_assets(item, found, (*roles, SCL_ROLE), location, policy)
    names = [found.assets[role][0] for role in roles]
    scale = scale_of(item, found, names)
    rescaled = scale != found.scale
    decision = (
        offset_rescaled(item, scale, names) if rescaled else found.offset(item, baseline, names)
    )
    tile = item_tile(item, found)
    return SceneRecipe(
        id=item["id"],
        provider=found.name,
        collection=str(item.get("collection") or ""),
        level=found.level,
        mgrs_tile=tile,
        datetime=item_datetime(item),
        baseline=baseline,
        cloud_cover_pct=item_cloud_cover_pct(item),
        bands=bands,
        scale=scale,
        offset_dn=decision.offset_dn,
        offset_reason=decision.reason,
        change_stamp=item_change_stamp(item, found),
        acquisition=_acquisition(item, found, product, tile),
        footprint=item_footprint(item),
        datastrip_start=datastrip_start(item_text(item, found.datastrip)),
        generated=item_generated(item, found, product),
        offset_needs_proof=decision.needs_proof,
        offset_open=decision.is_open,
        nodata_pct=item_nodata_pct(item, found),
        shadow_pct=item_percentage(item, found.shadow),
        driver=driver_of(item, found, (*roles, SCL_ROLE)),
        mask=found.mask,
        nodata_dn=found.nodata_dn,
        signer=signer,
        item_href=bare(location) if signer == ITEM_SIGNER else "",
        s3_endpoint=found.s3_endpoint,
        private_network=private,
        roles=roles,
        pixel_m=coarse_sampling_m(found, bands),
    )


def require_item(item: object) -> None:
    """Refuse what is not the skeleton of a STAC item.

    Raises:
        IncompleteItem: no object, no id or one that cannot name a folder, or properties or
            assets that are not objects.
    """
    require_named(item)
    assert isinstance(item, Mapping)
    if not isinstance(item.get("assets"), dict):
        raise IncompleteItem(f"item {item['id']}: 'assets' is missing or not an object")


def require_named(item: object) -> None:
    """Refuse what has no id that can name a folder, or no properties.

    Raises:
        IncompleteItem: the message says which.
    """
    if not isinstance(item, Mapping):
        raise IncompleteItem(f"an item is not a JSON object: {str(item)[:120]}")
    identifier = item.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise IncompleteItem(f"an item has no id: {str(dict(item))[:120]}")
    if not _ID.fullmatch(identifier) or _NOT_IDS.fullmatch(identifier):
        raise IncompleteItem(
            f"item {identifier[:80]!r}: its id cannot name a product's folder; ids must be "
            "letters, digits, '.', '_' and '-', at most 128, and not begin or end with a dot"
        )
    if not isinstance(item.get("properties"), dict):
        raise IncompleteItem(f"item {identifier}: 'properties' is missing or not an object")


def item_baseline(item: Mapping[str, Any], dialect: Dialect) -> str:
    """Processing baseline as the item or its product name says it; empty when unknown."""
    return _baseline(item, dialect, _product(item, dialect))


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


def item_acquisition(item: Mapping[str, Any], dialect: Dialect) -> str:
    """Platform, sensing time, relative orbit and tile, joined by ``_``; raises as `item_tile`."""
    return _acquisition(item, dialect, _product(item, dialect), item_tile(item, dialect))


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


def require_sampling(recipe: SceneRecipe, grid: PixelGrid) -> None:
    """Refuse a scene of another ground sampling than the grid's: 10 m and 30 m never mix.

    Raises:
        SceneGridMismatch: its finest band is not sampled at the grid's pixel size.
    """
    if recipe.gsd_m != grid.pixel_m:
        raise SceneGridMismatch(
            f"scene {recipe.id} ({recipe.provider}) is sampled at {recipe.gsd_m:g} m, the grid "
            f"has pixels of {grid.pixel_m:g} m; map such scenes on a grid of their own"
        )


def _product(item: Mapping[str, Any], dialect: Dialect) -> ProductName | None:
    properties = item["properties"]
    for text in (*(properties.get(name) for name in dialect.product), item["id"]):
        parsed = parse_product_name(str(text)) if text else None
        if parsed is not None:
            return parsed
    return None


def _baseline(item: Mapping[str, Any], dialect: Dialect, product: ProductName | None) -> str:
    stated = item_text(item, dialect.baseline)
    if parse_baseline(stated) is None and product is not None and product.baseline:
        return product.baseline
    return stated


def _require_level(item: Mapping[str, Any], dialect: Dialect, product: ProductName | None) -> None:
    if product is not None and product.level != dialect.level:
        raise UnknownDialect(
            f"item {item['id']} is a level {product.level.removeprefix('L')} product by its name, "
            f"dialect {dialect.name} reads level {dialect.level.removeprefix('L')} only; "
            "plain_l1c reads level 1C where the item has no collection"
        )


def _acquisition(
    item: Mapping[str, Any], dialect: Dialect, product: ProductName | None, tile: str
) -> str:
    """Platform, sensing time, relative orbit and tile: what duplicates have in common.

    Sensing time is the start of the datatake where the item or product name says it; the
    item's own datetime differs between providers and processings by seconds.
    """
    properties = item["properties"]
    found = _PLATFORM.search(str(properties.get("platform") or "").lower())
    platform = product.platform if product else (found.group() if found else "")
    start = datatake_start(item_text(item, dialect.datatake))
    if not start:
        start = product.datatake_start if product else f"{item_datetime(item):%Y%m%dT%H%M%S}"
    orbit = product.relative_orbit if product else ""
    if not orbit and properties.get("sat:relative_orbit") is not None:
        orbit = str(properties["sat:relative_orbit"]).zfill(3)
    return "_".join((platform, start, f"R{orbit}", tile))
