"""Where items come from: a STAC API, a static catalogue, or a saved search answer.

What belongs here: asking, and getting items as plain JSON, one bad document at a time.
What does not: what an item means (``items``), or how a STAC server is talked to
(``api_io``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pystac
import pystac_client
import requests
from pystac_client.exceptions import APIError
from pystac_client.warnings import PystacClientWarning
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.catalog.api_io import PatientApiIO
from lulc_assets.core.errors import CatalogError, IncompleteItem, SceneError
from lulc_assets.core.imagery.href import (
    HrefPolicy,
    is_remote,
    local_path,
    redacted,
    shown,
    without_user,
)
from lulc_assets.core.imagery.ranges import GONE

DEFAULT_COLLECTION = "sentinel-2-l2a"
"""Name of the level 2A collection at Planetary Computer, Earth Search and CDSE."""

PAGE_SIZE = 200
"""Items a page; every provider of ``dialects`` serves as many."""

MAX_DEPTH = 8
"""Static catalogues nested deeper than this are taken for a loop."""


_MALFORMED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    APIError,
    requests.RequestException,
    pystac.STACError,
    pystac.STACTypeError,
    PystacClientWarning,
)
"""What the libraries raise when a server or a document is not what it should be."""


@dataclass(frozen=True)
class FoundItem:
    """One item as served, and the place of its document.

    Attributes:
        item: its JSON; empty when the document could not be read.
        location: path or URL; relative hrefs start there.
        error: why the document could not be read.
    """

    item: dict[str, Any]
    location: str
    error: SceneError | None = None


def find_items(
    catalog: str,
    policy: HrefPolicy,
    *,
    footprint: BaseGeometry,
    year: int,
    collection: str | None = None,
) -> Iterator[FoundItem]:
    """Items of a catalogue; an API filters by place and time, static ones give all.

    Args:
        catalog: root of a STAC API, or path or URL of a catalogue, collection, item or
            item collection in JSON.
        policy: which places its links may point to.
        footprint: area of interest in longitude and latitude.
        year: calendar year, UTC.
        collection: of an API; :data:`DEFAULT_COLLECTION` if not given.

    Raises:
        CatalogError: the catalogue cannot be reached or read.
    """
    stac_io = PatientApiIO(catalog, allow_private=policy.allow_private)
    catalog = without_user(catalog)
    root = read_document(stac_io, catalog)
    kind = root.get("type")
    if kind == "FeatureCollection":
        features = root.get("features") or []
        if not isinstance(features, list):
            raise CatalogError(f"{shown(catalog)}: 'features' is not a list")
        for item in features:
            yield FoundItem(item, catalog)
    elif kind == "Feature":
        yield FoundItem(root, catalog)
    elif is_api(root):
        yield from _search_api(catalog, stac_io, footprint, year, collection or DEFAULT_COLLECTION)
    elif kind in ("Catalog", "Collection"):
        yield from _walk(root, catalog, policy, stac_io, depth=0)
    else:
        raise CatalogError(f"{shown(catalog)} is not a STAC API, catalogue or item collection")


def _search_api(
    catalog: str, stac_io: PatientApiIO, footprint: BaseGeometry, year: int, collection: str
) -> Iterator[FoundItem]:
    with catalog_errors(catalog):
        client = pystac_client.Client.open(catalog, stac_io=stac_io)
        if client.get_search_link() is not None:
            # Many servers search and do not declare it.
            client.add_conforms_to("ITEM_SEARCH")
        search = client.search(
            collections=[collection],
            intersects=mapping(footprint),
            datetime=f"{year}-01-01T00:00:00Z/{year + 1}-01-01T00:00:00Z",
            limit=PAGE_SIZE,
        )
        for item in search.items_as_dicts():
            yield FoundItem(item, _self_href(item) or catalog)


def _walk(
    document: dict[str, Any], location: str, policy: HrefPolicy, stac_io: PatientApiIO, depth: int
) -> Iterator[FoundItem]:
    """Items and children of a static catalogue, in the order of its links."""
    if depth > MAX_DEPTH:
        raise CatalogError(f"{shown(location)} is nested deeper than {MAX_DEPTH}: a loop of links?")
    with catalog_errors(location):
        node = pystac.Catalog.from_dict(
            {"description": "", **document, "type": "Catalog"}, href=location, migrate=False
        )
    for link in node.get_links():
        if link.rel == pystac.RelType.ITEM:
            yield _read_item(link, location, policy, stac_io)
        elif link.rel == pystac.RelType.CHILD:
            place = policy.resolve(str(link.href), location)
            yield from _walk(read_document(stac_io, place), place, policy, stac_io, depth + 1)


def _read_item(
    link: pystac.Link, location: str, policy: HrefPolicy, stac_io: PatientApiIO
) -> FoundItem:
    href = str(link.href)
    try:
        place = policy.resolve(href, location)
        return FoundItem(stac_io.read_json(place), place)
    except SceneError as error:
        return FoundItem({}, href, error)
    except _MALFORMED as error:
        reason = f"item {shown(href)} cannot be read: {redacted(str(error))}"
        if _is_outage(error):
            raise CatalogError(f"{reason}; the search is incomplete and was given up") from error
        return FoundItem({}, shown(href), IncompleteItem(reason))


def _is_outage(error: Exception) -> bool:
    """Whether an item could not be had, rather than being gone or no JSON."""
    if isinstance(error, APIError):
        return error.status_code not in GONE
    return isinstance(error, requests.RequestException) and not isinstance(
        error, requests.exceptions.JSONDecodeError
    )


def read_document(stac_io: PatientApiIO, place: str) -> dict[str, Any]:
    """A JSON object of a catalogue; raises CatalogError."""
    with catalog_errors(place):
        document = stac_io.read_json(place)
    if not isinstance(document, dict):
        raise CatalogError(f"{shown(place)} is not a JSON object")
    return document


@contextmanager
def catalog_errors(catalog: str) -> Iterator[None]:
    """Turn what goes wrong with a catalogue into an error that names it."""
    try:
        yield
    except _MALFORMED as error:
        kind = type(error).__name__
        raise CatalogError(
            f"catalogue {shown(catalog)} cannot be read: {kind}: {redacted(str(error))}"
        ) from error


def _self_href(item: object) -> str | None:
    links = item.get("links") if isinstance(item, dict) else None
    for link in links if isinstance(links, list) else []:
        if (
            isinstance(link, dict)
            and link.get("rel") == "self"
            and is_remote(str(link.get("href")))
        ):
            return str(link["href"])
    return None


def is_api(root: dict[str, Any]) -> bool:
    """Whether a root document is that of a STAC API."""
    return bool(root.get("conformsTo")) or _has_link(root, "search")


def _has_link(document: dict[str, Any], rel: str) -> bool:
    return any(
        isinstance(link, dict) and link.get("rel") == rel for link in document.get("links") or []
    )


def catalog_location(catalog: str) -> str:
    """The document that a user's ``catalog`` names: a folder means its ``catalog.json``.

    Raises:
        CatalogError: a local path that does not exist, or a folder that is not a catalogue.
    """
    if is_remote(catalog):
        return catalog
    path = local_path(catalog).expanduser()
    root = path / "catalog.json" if path.is_dir() else path
    if path.is_dir() and not root.is_file():
        raise CatalogError(explain_folder(path))
    if not root.is_file():
        raise CatalogError(f"catalogue {catalog!r} does not exist")
    require_no_archive(root)
    return str(root.resolve())


SAFE_REMEDY = (
    "Products are read through STAC items: `lulc scenes import FOLDER`, with the folder in which "
    "products (SAFE folders or zips) lie, makes them a catalogue"
)


def require_no_archive(path: Path) -> None:
    """Refuse a zipped product where a JSON file is expected.

    Raises:
        CatalogError: says what to do.
    """
    if path.suffix.lower() == ".zip":
        raise CatalogError(f"{str(path)!r} is an archive and not JSON. {SAFE_REMEDY}")


def explain_folder(path: Path) -> str:
    """Why a folder that a user named is not read, and what to do instead."""
    name = str(path)
    if path.name.upper().endswith(".SAFE") or (path / "manifest.safe").is_file():
        return f"{name!r} is a product folder (SAFE) and not a STAC catalogue. {SAFE_REMEDY}"
    products = sorted(each.name for each in path.glob("*.SAFE"))
    if products:
        return f"{name!r} holds products ({products[0]}, …) and no catalog.json. {SAFE_REMEDY}"
    return f"folder {name!r} holds no catalog.json; name a catalogue's or an item's JSON file"
