"""The files of a STAC item: which asset is which band, how it is opened and scaled.

What belongs here: assets of an item by its dialect, and refusing what is missing. What does not:
the item's properties (``fields``), the recipe as a whole (``items``).
"""

from collections.abc import Mapping
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.offsets import stated_scaling
from lulc_assets.core.errors import (
    MissingBand,
    OffsetUndecidable,
)
from lulc_assets.core.imagery.checksum import usable_checksum
from lulc_assets.core.imagery.href import HrefPolicy, is_remote, without_secrets
from lulc_assets.core.imagery.signing import ITEM_SIGNER
from lulc_assets.core.scene.recipe import SCL_ROLE, BandAsset

_DRIVERS = {"image/tiff": "GTiff", "image/jp2": "JP2OpenJPEG"}
"""Media type → GDAL driver."""


def require_roles(item: Mapping[str, Any], dialect: Dialect, roles: tuple[str, ...]) -> None:
    """Refuse bands that a dialect's products do not have.

    Raises:
        MissingBand: the message names item, dialect and band.
    """
    unknown = [role for role in roles if role not in dialect.assets]
    if unknown:
        has = [role for role in dialect.assets if role != SCL_ROLE]
        raise MissingBand(
            f"item {item['id']}: {dialect.name} (level {dialect.level}) has no band "
            f"{', '.join(unknown)}; it has {', '.join(has)}. Change bands in the project file"
        )


def coarse_sampling_m(dialect: Dialect, bands: Mapping[str, BandAsset]) -> float | None:
    """The product's sampling, where all bands that are read are coarser."""
    finest = min(gsd_m for _, gsd_m in dialect.assets.values())
    nominal = min(dialect.assets[role][1] for role in bands)
    return finest if nominal > finest else None


def band_assets(
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
                f"item {item['id']} has no asset {name!r} (band {role}); dialect {dialect.name}. "
                "Take scenes that have it, or bands (of a model: a model) that do without it"
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


def driver_of(item: Mapping[str, Any], dialect: Dialect, roles: tuple[str, ...]) -> str:
    """The GDAL driver of the scene's files, by their media type, among the dialect's."""
    names = [dialect.assets[role][0] for role in roles]
    kinds = {str(item["assets"][name].get("type") or "") for name in names}
    wanted = {
        _DRIVERS.get(kind.split(";")[0].strip().lower(), dialect.drivers[0]) for kind in kinds
    }
    if len(wanted) != 1 or not wanted <= set(dialect.drivers):
        raise MissingBand(
            f"item {item['id']}: its bands are {', '.join(sorted(kinds))}; dialect {dialect.name} "
            f"reads {' or '.join(dialect.drivers)} only, one kind per scene"
        )
    return wanted.pop()


def scale_of(item: Mapping[str, Any], dialect: Dialect, names: list[str]) -> float:
    """Reflectance of one DN: what all bands state, else the dialect's."""
    stated = {name: stated_scaling(item["assets"][name])[1] for name in names}
    found = {dialect.scale if scale is None else scale for scale in stated.values()}
    if len(found) != 1 or not 0 < max(found) <= 1:
        raise OffsetUndecidable(
            f"item {item['id']}: its bands must state one scale between 0 and 1, or none where it "
            f"is the {dialect.scale:g} of dialect {dialect.name}, but state {stated}"
        )
    return found.pop()
