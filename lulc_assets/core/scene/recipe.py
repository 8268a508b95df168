"""The reading recipe of one scene: everything needed to turn its files into reflectance.

What belongs here: plain, frozen, serialisable data. What does not: how a provider's item
becomes a recipe (``core/catalog``) or how a recipe is read (``core/imagery``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lulc_assets.core.scene.bands import SIX

BAND_ROLES = SIX
"""The default, for callers that know of no other."""

SCL_ROLE = "scl"
"""Role of the scene classification layer."""

Level = Literal["L1C", "L2A"]
"""``L1C`` reflectance at the top of the atmosphere, ``L2A`` at the surface (HLS too)."""

MaskKind = Literal["scl", "fmask"]
"""How the codes of the mask layer are read: Sentinel-2 SCL, or the bits of HLS Fmask."""


@dataclass(frozen=True)
class BandAsset:
    """One file.

    Attributes:
        href: where it is, without credentials or signatures.
        gsd_m: nominal ground sampling in metres.
        checksum: multihash of the whole file as the item states it (``file:checksum``, STAC
            file extension); empty when it does not.
    """

    href: str
    gsd_m: float
    checksum: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, without what is empty."""
        stated = {"checksum": self.checksum} if self.checksum else {}
        return {"href": self.href, "gsd_m": self.gsd_m, **stated}


@dataclass(frozen=True)
class SceneRecipe:
    """How to read one Sentinel-2 scene.

    Attributes:
        id: the provider's item id.
        provider: the dialect that recognised it, e.g. ``planetary_computer``.
        collection: STAC collection, empty when the item has none.
        level: processing level, ``L2A`` or ``L1C``.
        mgrs_tile: MGRS 100 km square.
        datetime: time of acquisition, aware, UTC.
        baseline: processing baseline, e.g. ``05.09``; empty when unknown.
        cloud_cover_pct: of the whole product, 0–100, as the provider says.
        bands: role → file; those of ``roles`` and ``scl`` (the mask layer, whatever its
            kind). Hrefs are as the provider serves them, never signed.
        scale: reflectance of one DN: 0.0001, or what the item states of its own.
        offset_dn: what must be added to the stored DN before scaling, usually 0 or −1000.
        offset_reason: why, in a sentence.
        change_stamp: changes when the provider reprocesses or replaces the item.
        acquisition: groups duplicates: platform, sensing time, relative orbit and tile.
        footprint: GeoJSON geometry in longitude and latitude.
        datastrip_start: start of sensing of the datastrip, as the producer writes it; empty
            when unknown. Two datastrips of one acquisition are not duplicates.
        generated: time of generation of the product, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; empty
            when unknown. It decides between two processings of one baseline.
        offset_needs_proof: the metadata state an offset that no baseline explains; it holds
            only if the pixels show it.
        offset_open: the metadata say nothing of the offset (baseline 99.99); ``offset_dn`` is
            0 until the pixels have shown whether it is that or −1000.
        nodata_pct: share of the product without data, 0–100, as the provider says; None
            when it does not.
        shadow_pct: share of cloud shadow, 0–100, of the part with data; None when unknown.
        driver: the one GDAL driver that may open the files.
        mask: how the mask layer is read.
        nodata_dn: DN that means no data in the bands, whether or not the file declares it.
        signer: name of the service that signs hrefs just before reading; empty: none;
            ``item``: the item is asked again for the signature that it gave its hrefs.
        item_href: place of the item's document, for that; else empty.
        s3_endpoint: endpoint of ``s3`` hrefs where it is not Amazon's.
        private_network: whether the user allowed hrefs on private addresses.
        roles: bands that are read, in the order of every array (``core/scene/bands``).
        pixel_m: ground sampling of the product, metres, where none of the bands that are read
            has it; None: that of the finest of them.
    """

    id: str
    provider: str
    collection: str
    level: Level
    mgrs_tile: str
    datetime: datetime
    baseline: str
    cloud_cover_pct: float
    bands: Mapping[str, BandAsset]
    scale: float
    offset_dn: float
    offset_reason: str
    change_stamp: str
    acquisition: str
    footprint: Mapping[str, Any]
    datastrip_start: str = ""
    generated: str = ""
    offset_needs_proof: bool = False
    offset_open: bool = False
    nodata_pct: float | None = None
    shadow_pct: float | None = None
    driver: str = "GTiff"
    mask: MaskKind = "scl"
    nodata_dn: int = 0
    signer: str = ""
    item_href: str = ""
    s3_endpoint: str = ""
    private_network: bool = False
    roles: tuple[str, ...] = SIX
    pixel_m: float | None = None

    @property
    def gsd_m(self) -> float:
        """Ground sampling of the product, metres: 10 for Sentinel-2, 30 for HLS."""
        return self.pixel_m or min(asset.gsd_m for asset in self.bands.values())

    @property
    def date(self) -> str:
        """Acquisition date in UTC, ``YYYY-MM-DD``."""
        return self.datetime.astimezone(UTC).date().isoformat()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it exactly."""
        data = asdict(self)
        data["bands"] = {role: asset.to_dict() for role, asset in self.bands.items()}
        data["datetime"] = self.datetime.astimezone(UTC).isoformat().replace("+00:00", "Z")
        data["footprint"] = dict(self.footprint)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SceneRecipe":
        """Rebuild a recipe from :meth:`to_dict`."""
        fields = dict(data)
        fields["bands"] = {role: BandAsset(**asset) for role, asset in data["bands"].items()}
        fields["roles"] = tuple(data.get("roles", SIX))
        fields["datetime"] = datetime.fromisoformat(data["datetime"].replace("Z", "+00:00"))
        return cls(**fields)

    def identity(self) -> dict[str, Any]:
        """What a prediction's identity takes from the recipe: no hrefs, no cloud cover."""
        return {
            "id": self.id,
            "provider": self.provider,
            "level": self.level,
            "baseline": self.baseline,
            "scale": self.scale,
            "offset_dn": self.offset_dn,
            "change_stamp": self.change_stamp,
            **({} if self.roles == SIX else {"roles": list(self.roles)}),
        }
