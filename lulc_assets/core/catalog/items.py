"""From a STAC item, as plain JSON, to a reading recipe.

What belongs here: which fields make a recipe, its files, and refusing what is missing. What
does not: single fields (``fields``), what the dialects are, or where items come from.
"""

import re
from collections.abc import Mapping
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.dialects import find_dialect
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
from lulc_assets.core.catalog.offsets import offset_rescaled, stated_scaling
from lulc_assets.core.catalog.product import (
    ProductName,
    datastrip_start,
    datatake_start,
    parse_baseline,
    parse_product_name,
)
from lulc_assets.core.errors import (
    IncompleteItem,
    MissingBand,
    OffsetUndecidable,
    SceneGridMismatch,
    UnknownDialect,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.checksum import usable_checksum
from lulc_assets.core.imagery.href import HrefPolicy, bare, is_remote, without_secrets
from lulc_assets.core.imagery.signing import ITEM_SIGNER
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SCL_ROLE, BandAsset, SceneRecipe

_PLATFORM = re.compile(r"sentinel-2[a-d]")
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Ids become names of folders. None of the providers' is longer than 65 characters."""

_NOT_IDS = re.compile(r"(?i:(record|manifest)\.json)|.*\.")
"""Names that a store uses itself, and a dot at the end, which Windows drops."""

_DRIVERS = {"image/tiff": "GTiff", "image/jp2": "JP2OpenJPEG"}
"""Media type → GDAL driver."""


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
    _require_roles(item, found, roles)
    bands, private, signer = _bands(item, found, (*roles, SCL_ROLE), location, policy)
    names = [found.assets[role][0] for role in roles]
    scale = _scale(item, found, names)
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
        driver=_driver(item, found, (*roles, SCL_ROLE)),
        mask=found.mask,
        nodata_dn=found.nodata_dn,
        signer=signer,
        item_href=bare(location) if signer == ITEM_SIGNER else "",
        s3_endpoint=found.s3_endpoint,
        private_network=private,
        roles=roles,
        pixel_m=_coarse_only(found, bands),
    )


def require_item(item: object) -> None:
    """Refuse what is not the skeleton of a STAC item.

    Raises:
        IncompleteItem: no object, no id or one that cannot name a folder, or properties or
            assets that are no objects.
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
    for name in ("properties", "assets"):
        if not isinstance(item.get(name), dict):
            raise IncompleteItem(f"item {identifier}: {name!r} is missing or no object")


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


def _require_roles(item: Mapping[str, Any], dialect: Dialect, roles: tuple[str, ...]) -> None:
    unknown = [role for role in roles if role not in dialect.assets]
    if unknown:
        has = [role for role in dialect.assets if role != SCL_ROLE]
        raise MissingBand(
            f"item {item['id']}: {dialect.name} (level {dialect.level}) has no band "
            f"{', '.join(unknown)}; it has {', '.join(has)}. Change bands in the project file"
        )


def _require_level(item: Mapping[str, Any], dialect: Dialect, product: ProductName | None) -> None:
    if product is not None and product.level != dialect.level:
        raise UnknownDialect(
            f"item {item['id']} is a level {product.level.removeprefix('L')} product by its name, "
            f"dialect {dialect.name} reads level {dialect.level.removeprefix('L')} only; "
            "plain_l1c reads level 1C where the item has no collection"
        )


def _coarse_only(dialect: Dialect, bands: Mapping[str, BandAsset]) -> float | None:
    """The product's sampling, where all bands that are read are coarser."""
    finest = min(gsd_m for _, gsd_m in dialect.assets.values())
    nominal = min(dialect.assets[role][1] for role in bands)
    return finest if nominal > finest else None


def _bands(
    item: Mapping[str, Any],
    dialect: Dialect,
    roles: tuple[str, ...],
    location: str,
    policy: HrefPolicy,
) -> tuple[dict[str, BandAsset], bool, str]:
    """Role → file, whether any of them lies on a private address, and who signs hrefs."""
    bands, private, signer = {}, False, dialect.signer
    for role in roles:
        name, gsd_m = dialect.assets[role]
        asset = item["assets"].get(name)
        href = asset.get("href") if isinstance(asset, dict) else None
        if not isinstance(href, str) or not href:
            raise MissingBand(
                f"item {item['id']} has no asset {name!r} (band {role}); dialect {dialect.name}"
            )
        place = policy.resolve(href, location, dialect.hosts)
        private = private or policy.is_private(place)
        stated = _stated_gsd(asset) if dialect.trusts_gsd else None
        stored = without_secrets(place)
        if stored != place and not signer and is_remote(location):
            signer = ITEM_SIGNER
        checksum = usable_checksum(asset.get("file:checksum"))
        bands[role] = BandAsset(stored, stated or gsd_m, checksum)
    return bands, private, signer


def _stated_gsd(asset: Mapping[str, Any]) -> float | None:
    value: Any = asset.get("gsd")
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e4
    return float(value) if usable else None


def _driver(item: Mapping[str, Any], dialect: Dialect, roles: tuple[str, ...]) -> str:
    """The GDAL driver of the scene's files, by their media type, among the dialect's."""
    names = [dialect.assets[role][0] for role in roles]
    kinds = {str(item["assets"][name].get("type") or "") for name in names}
    wanted = {
        _DRIVERS.get(kind.split(";")[0].strip().lower(), dialect.drivers[0]) for kind in kinds
    }
    if len(wanted) != 1 or not wanted <= set(dialect.drivers):
        raise MissingBand(
            f"item {item['id']}: its bands are {', '.join(sorted(kinds))}; dialect {dialect.name} "
            f"reads {' or '.join(dialect.drivers)} only, one kind a scene"
        )
    return wanted.pop()


def _scale(item: Mapping[str, Any], dialect: Dialect, names: list[str]) -> float:
    """Reflectance of one DN: what all bands state, else the dialect's."""
    stated = {name: stated_scaling(item["assets"][name])[1] for name in names}
    found = {dialect.scale if scale is None else scale for scale in stated.values()}
    if len(found) != 1 or not 0 < max(found) <= 1:
        raise OffsetUndecidable(
            f"item {item['id']}: its bands must state one scale between 0 and 1, or none where it "
            f"is the {dialect.scale:g} of dialect {dialect.name}, but state {stated}"
        )
    return found.pop()


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
