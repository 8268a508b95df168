"""Asking a catalogue for what changed, in as few requests as it allows.

What belongs here: which filter an API takes, the area that is asked for, and reading all of a
catalogue that takes none. What does not: what the answer means (``watch``).

One search a look covers all tiles: 10,000 searches would take hours. Items come without assets and
geometry where the API leaves them out (the fields extension): they are most of an answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pystac_client
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from lulc_assets.core.catalog.announced import stamp_property, text_of
from lulc_assets.core.catalog.api_io import PatientApiIO
from lulc_assets.core.catalog.known_dialects import default_collection
from lulc_assets.core.catalog.sources import (
    DEFAULT_COLLECTION,
    PAGE_SIZE,
    catalog_errors,
    catalog_location,
    find_items,
    is_api,
    read_document,
)
from lulc_assets.core.errors import CatalogError
from lulc_assets.core.imagery.href import HrefPolicy, is_remote, without_user

Filter = Literal["filter", "query", ""]

_FIELDS = ["id", "collection", "properties", "-assets", "-links", "-geometry", "-bbox"]
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_WIDER_NORTH = 6.0
"""Degrees by which zones differ from their rule in Norway and Svalbard (bands V and X)."""


@dataclass(frozen=True)
class Poll:
    """A catalogue that is asked for changes.

    Attributes:
        location: root of an API, or the document of a static catalogue.
        collection: of an API.
        takes: how it filters by a change stamp; empty: it cannot.
        stamp: the property; empty: it cannot.
        leaves_out: whether it can leave out fields.
        is_static: whether it is a static catalogue.
        allow_private: whether its links may point to private addresses.
    """

    location: str
    collection: str
    takes: Filter = ""
    stamp: str = ""
    leaves_out: bool = False
    is_static: bool = False
    allow_private: bool = False

    @property
    def by_stamp(self) -> bool:
        """Whether it can be asked by change stamps."""
        return bool(self.takes and self.stamp)

    def changed(
        self, area: BaseGeometry, lower: float | None, upper: float | None
    ) -> Iterator[dict[str, Any]]:
        """Items of an area whose stamp is in a span, both ends included; raises CatalogError."""
        low = text_of(lower or 0.0)
        high = None if upper is None else text_of(upper)
        if self.takes == "filter":
            bounds: list[dict[str, Any]] = [_compare(">=", self.stamp, low)]
            bounds += [] if high is None else [_compare("<=", self.stamp, high)]
            every = bounds[0] if len(bounds) == 1 else {"op": "and", "args": bounds}
            yield from self._search(area, filter=every, filter_lang="cql2-json")
        else:
            asked = {"gte": low, **({} if high is None else {"lte": high})}
            yield from self._search(area, query={self.stamp: asked})

    def sensed(self, area: BaseGeometry, begin: str, end: str) -> Iterator[Any]:
        """Items of an area that were acquired in a span; all of a static catalogue.

        Args:
            area: in longitude and latitude.
            begin: as a STAC API takes it.
            end: likewise; ``..``: open.

        Raises:
            CatalogError: it cannot be read to its end.
        """
        if self.is_static:
            policy = HrefPolicy(self.location, self.allow_private, ())
            found = find_items(self.location, policy, footprint=area, year=0)
            yield from (each.item or {"id": each.location} for each in found)
        else:
            yield from self._search(area, datetime=f"{begin}/{end}")

    def _search(self, area: BaseGeometry, **asked: Any) -> Iterator[dict[str, Any]]:
        fields: dict[str, Any] = {"fields": _FIELDS} if self.leaves_out else {}
        with catalog_errors(self.location):
            search = _client(self.location, self.allow_private).search(
                collections=[self.collection],
                intersects=mapping(area),
                limit=PAGE_SIZE,
                **fields,
                **asked,
            )
            yield from search.items_as_dicts()


def open_poll(
    catalog: str,
    *,
    collection: str | None = None,
    dialect: str | None = None,
    stamp: str = "",
    allow_private: bool = False,
) -> Poll:
    """Find out how a catalogue can be asked for changes.

    Args:
        catalog: root of a STAC API, or path or URL of a static catalogue.
        collection: of an API; else that of the dialect; else Sentinel-2 L2A.
        dialect: of its items, where they cannot be recognised.
        stamp: property found before; else one item is looked at.
        allow_private: whether links may point to private addresses.

    Raises:
        CatalogError: it cannot be read.
    """
    location = catalog_location(catalog)
    chosen = collection or default_collection(dialect) or DEFAULT_COLLECTION
    stac_io = PatientApiIO(location, allow_private=allow_private)
    root = read_document(stac_io, without_user(location))
    if not is_remote(location) or not is_api(root):
        return Poll(location, chosen, is_static=True, allow_private=allow_private)
    conforms = [str(name) for name in root.get("conformsTo") or []]
    takes = _filter_of(conforms)
    leaves_out = any(name.rstrip("/").endswith("#fields") for name in conforms)
    if takes and not stamp:
        with catalog_errors(location):
            client = _client(location, allow_private)
            first = next(
                client.search(collections=[chosen], limit=1, max_items=1).items_as_dicts(), None
            )
        stamp = "" if first is None else stamp_property(first, dialect)
    return Poll(location, chosen, takes, stamp, leaves_out, False, allow_private)


def area_of(tiles: Iterable[str]) -> BaseGeometry:
    """Grid zones of tiles as one area in longitude and latitude; raises CatalogError on none."""
    zones = sorted({tile[:3] for tile in tiles})
    if not zones:
        raise CatalogError("no tile is watched: nothing to ask a catalogue for")
    return unary_union([_zone_box(zone) for zone in zones])


def _zone_box(zone: str) -> BaseGeometry:
    """A grid zone, 6° by 8° (band X: 12°); wider where the rule has exceptions."""
    west, band = -180.0 + 6.0 * (int(zone[:2]) - 1), zone[2]
    south = -80.0 + 8.0 * _BANDS.index(band)
    wider = _WIDER_NORTH if band in "VX" else 0.0
    north = 84.0 if band == "X" else south + 8.0
    return box(max(-180.0, west - wider), south, min(180.0, west + 6.0 + wider), north)


def _client(location: str, allow_private: bool) -> pystac_client.Client:
    stac_io = PatientApiIO(location, allow_private=allow_private)
    client = pystac_client.Client.open(without_user(location), stac_io=stac_io)
    if client.get_search_link() is not None:
        client.add_conforms_to("ITEM_SEARCH")  # many servers search and do not declare it
    return client


def _filter_of(conforms: list[str]) -> Filter:
    if any("cql2-json" in name for name in conforms) and any(
        name.rstrip("/").endswith(("#filter", ":filter", "/filter")) for name in conforms
    ):
        return "filter"
    return "query" if any(name.rstrip("/").endswith("#query") for name in conforms) else ""


def _compare(sign: str, name: str, value: str) -> dict[str, Any]:
    return {"op": sign, "args": [{"property": name}, value]}
