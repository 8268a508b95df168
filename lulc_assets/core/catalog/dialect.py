"""How one provider writes its items, as plain data.

What belongs here: the fields of a dialect and how it recognises an item. What does not: the
providers themselves (``dialects.py``) and the rules of their offsets (``offsets.py``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lulc_assets.core.catalog.offsets import OffsetRule
from lulc_assets.core.scene.recipe import Level, MaskKind

AssetNames = Mapping[str, tuple[str, float]]
"""Role → (asset name, nominal ground sampling in metres)."""


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
        agrees: property → value that it must have where the item has the property at all.
        id_pattern: what the id of an item without a collection looks like; empty: anything.
        baseline: property with the processing baseline.
        product: properties that may hold the product name, for what the others lack.
        datatake: property with the id of the datatake.
        datastrip: property with the id of the datastrip.
        generation: property with the time of generation; else the product name has it.
        nodata: property with the percentage without data, dotted where it is nested.
        coverage: property with the percentage that has data, where only that is stated.
        shadow: property with the percentage of cloud shadow, dotted likewise.
        change_stamp: properties that change when the item is replaced, first found counts;
            else the id.
        scale: reflectance of one DN.
        nodata_dn: DN without data.
        mask: kind of the mask layer.
        trusts_gsd: whether an asset's ``gsd`` is that of its file. HLS states that of the
            instrument.
        drivers: GDAL drivers that may open the files; the media type of the assets picks one.
        hosts: hosts and buckets that hrefs may name, ``*`` at the beginning allowed, beside
            the catalogue's own; empty: any public one.
        signer: service that signs hrefs.
        s3_endpoint: endpoint of ``s3`` hrefs where it is not Amazon's.
    """

    name: str
    collections: tuple[str, ...]
    marks: Mapping[str, str | None]
    assets: AssetNames
    tile: tuple[str, ...]
    level: Level
    offset: OffsetRule
    agrees: Mapping[str, str] | None = None
    id_pattern: str = ""
    baseline: str = "s2:processing_baseline"
    product: tuple[str, ...] = ("s2:product_uri",)
    datatake: str = "s2:datatake_id"
    datastrip: str = "s2:datastrip_id"
    generation: str = "s2:generation_time"
    nodata: str = "s2:nodata_pixel_percentage"
    coverage: str = ""
    shadow: str = "s2:cloud_shadow_percentage"
    change_stamp: tuple[str, ...] = ("updated", "created", "s2:generation_time")
    scale: float = 1e-4
    nodata_dn: int = 0
    mask: MaskKind = "scl"
    trusts_gsd: bool = True
    drivers: tuple[str, ...] = ("GTiff",)
    hosts: tuple[str, ...] = ()
    signer: str = ""
    s3_endpoint: str = ""

    def recognises(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is written in this dialect; missing assets do not matter."""
        return not self.missing(item)

    def bears_marks(self, item: Mapping[str, Any]) -> bool:
        """Whether an item has this dialect's own properties, whatever its collection."""
        return bool(self.marks) and not self._missing_properties(item)

    def missing(self, item: Mapping[str, Any]) -> list[str]:
        """What an item lacks to be written in this dialect, each in a few words."""
        collection = item.get("collection")
        lacks = []
        if collection and collection not in self.collections:
            wanted = " or ".join(map(repr, self.collections)) or "none"
            lacks.append(f"collection {wanted} (is {collection!r})")
        if not collection and not self._is_named_by_product(item):
            lacks.append("an id and assets of its own names")
        return lacks + self._missing_properties(item)

    def _missing_properties(self, item: Mapping[str, Any]) -> list[str]:
        properties = item.get("properties") or {}
        lacks = []
        for name, value in self.marks.items():
            if name not in properties:
                lacks.append(f"property {name!r}")
            elif value not in (None, properties[name]):
                lacks.append(f"{name} = {value!r} (is {properties[name]!r})")
        for name, value in (self.agrees or {}).items():
            if properties.get(name, value) != value:
                lacks.append(f"{name} = {value!r} (is {properties[name]!r})")
        return lacks

    def _is_named_by_product(self, item: Mapping[str, Any]) -> bool:
        # An item that lost its collection: its id must look right, and some asset must still
        # bear this dialect's names.
        assets = item.get("assets") or {}
        fits = re.match(self.id_pattern, str(item.get("id"))) is not None
        return fits and any(name in assets for name, _ in self.assets.values())
