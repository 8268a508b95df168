"""How each provider writes a Sentinel-2 item: one declarative object a provider.

What belongs here: names of assets and properties, and which offset rule applies. What
does not: making recipes (``items``) or the rules themselves (``offsets``). To add a
provider, write one :class:`Dialect` and put it into :data:`DIALECTS`.

The generic dialects at the end take items without a collection: products laid out by hand
under ESA's own band names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lulc_assets.core.catalog.offsets import OffsetRule, offset_flagged, offset_kept, offset_stated
from lulc_assets.core.errors import UnknownDialect
from lulc_assets.core.scene.recipe import Level

AssetNames = Mapping[str, tuple[str, float]]
"""Role → (asset name, nominal ground sampling in metres)."""

ESA_NAMES: AssetNames = {
    "red": ("B04", 10.0),
    "green": ("B03", 10.0),
    "blue": ("B02", 10.0),
    "nir": ("B08", 10.0),
    "swir1": ("B11", 20.0),
    "swir2": ("B12", 20.0),
    "scl": ("SCL", 20.0),
}
COMMON_NAMES: AssetNames = {
    "red": ("red", 10.0),
    "green": ("green", 10.0),
    "blue": ("blue", 10.0),
    "nir": ("nir", 10.0),
    "swir1": ("swir16", 20.0),
    "swir2": ("swir22", 20.0),
    "scl": ("scl", 20.0),
}


@dataclass(frozen=True)
class Dialect:
    """What one provider's items look like.

    Attributes:
        name: becomes ``SceneRecipe.provider``.
        collections: collection ids; empty: items without a collection.
        marks: property → value that an item must have (None: any value).
        assets: role → asset name and nominal ground sampling.
        tile: properties that, joined, give the MGRS square (``MGRS-`` and a missing leading
            zero are mended).
        level: processing level of the products.
        offset: rule for the radiometric offset.
        baseline: property with the processing baseline.
        product: properties that may hold the product name, for what the others lack.
        change_stamp: properties that change when the item is replaced, first found counts;
            else the generation time, else the id.
        scale: reflectance of one DN.
    """

    name: str
    collections: tuple[str, ...]
    marks: Mapping[str, str | None]
    assets: AssetNames
    tile: tuple[str, ...]
    level: Level
    offset: OffsetRule
    baseline: str = "s2:processing_baseline"
    product: tuple[str, ...] = ("s2:product_uri",)
    change_stamp: tuple[str, ...] = ("updated", "created")
    scale: float = 1e-4

    def recognises(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is written in this dialect; missing assets do not matter."""
        collection = item.get("collection")
        if collection and collection not in self.collections:
            return False
        if not collection and self.collections and not self._is_named_by_product(item):
            return False
        properties = item.get("properties") or {}
        return all(
            name in properties and value in (None, properties[name])
            for name, value in self.marks.items()
        )

    def _is_named_by_product(self, item: Mapping[str, Any]) -> bool:
        # An item that lost its collection: some asset must still bear this dialect's names.
        assets = item.get("assets") or {}
        return any(name in assets for name, _ in self.assets.values())


PLANETARY_COMPUTER = Dialect(
    name="planetary_computer",
    collections=("sentinel-2-l2a",),
    marks={"s2:mgrs_tile": None, "s2:product_type": "S2MSI2A"},
    assets=ESA_NAMES,
    tile=("s2:mgrs_tile",),
    level="L2A",
    offset=offset_kept,
    # These items have neither `updated` nor `created`.
    change_stamp=("s2:generation_time",),
)

EARTH_SEARCH_V1 = Dialect(
    name="earth_search_v1",
    collections=("sentinel-2-l2a",),
    marks={"earthsearch:payload_id": None, "s2:product_type": "S2MSI2A"},
    assets=COMMON_NAMES,
    tile=("mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square"),
    level="L2A",
    offset=partial(offset_flagged, "earthsearch:boa_offset_applied"),
)

EARTH_SEARCH_C1 = Dialect(
    name="earth_search_c1",
    collections=("sentinel-2-c1-l2a",),
    marks={"earthsearch:payload_id": None, "s2:product_type": "S2MSI2A"},
    assets=COMMON_NAMES,
    tile=("mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square"),
    level="L2A",
    offset=offset_stated,
)

EARTH_SEARCH_V0 = Dialect(
    name="earth_search_v0",
    collections=("sentinel-s2-l2a-cogs",),
    marks={"sentinel:product_id": None},
    assets=ESA_NAMES,
    tile=("sentinel:utm_zone", "sentinel:latitude_band", "sentinel:grid_square"),
    level="L2A",
    offset=partial(offset_flagged, "sentinel:boa_offset_applied"),
    baseline="sentinel:processing_baseline",
    product=("sentinel:product_id",),
)

PLAIN_L1C = Dialect(
    name="plain_l1c",
    collections=(),
    marks={"s2:mgrs_tile": None, "s2:product_type": "S2MSI1C"},
    assets=ESA_NAMES,
    tile=("s2:mgrs_tile",),
    level="L1C",
    offset=offset_kept,
)

DIALECTS: tuple[Dialect, ...] = (
    EARTH_SEARCH_C1,
    EARTH_SEARCH_V1,
    EARTH_SEARCH_V0,
    PLANETARY_COMPUTER,
    PLAIN_L1C,
)
"""In the order in which they are tried."""


def find_dialect(item: Mapping[str, Any], name: str | None = None) -> Dialect:
    """The dialect of an item, or the one that the user named.

    Raises:
        UnknownDialect: no dialect recognises the item, or none has the name.
    """
    known = ", ".join(dialect.name for dialect in DIALECTS)
    for dialect in DIALECTS:
        if dialect.name == name or (name is None and dialect.recognises(item)):
            return dialect
    if name is not None:
        raise UnknownDialect(f"no dialect is named {name!r}; known: {known}")
    raise UnknownDialect(
        f"item {item.get('id')!r} (collection {item.get('collection')!r}) is in no known dialect "
        f"({known}); name one of them if you know that it fits"
    )
