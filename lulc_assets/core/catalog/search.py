"""The candidate scenes of a tile and year.

What belongs here: asking a catalogue, keeping what belongs to the tile and year, and a
named reason for everything that is refused. What does not: judging how clear a scene is
(``selection``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.catalog.fields import item_change_stamp, item_datetime
from lulc_assets.core.catalog.items import (
    item_baseline,
    item_tile,
    recipe_from_item,
    require_epsg,
    require_item,
    require_sampling,
)
from lulc_assets.core.catalog.known_dialects import default_collection, find_dialect
from lulc_assets.core.catalog.sources import FoundItem, catalog_location, find_items
from lulc_assets.core.errors import NoScenes, SceneError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.href import HrefPolicy, shown
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.tile_keys import validate_tile, validate_year

_LONGEST_ID = 200
"""An id that cannot be used is shown as far as this."""

_EDGE_POINTS = 21
"""Points a side when a UTM rectangle becomes a polygon in longitude and latitude."""


@dataclass(frozen=True)
class RejectedItem:
    """An item of the tile and year that cannot be used.

    Attributes:
        id: the item's id, or its link when it has none.
        reason: error class and message.
        sensed_at: time of acquisition, where the item says it.
        baseline: of processing, likewise.
        stamp: what changes when the provider replaces it, likewise.
    """

    id: str
    reason: str
    sensed_at: datetime | None = None
    baseline: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class SearchResult:
    """What a catalogue has for a tile and year.

    Attributes:
        recipes: usable candidates by time and id; duplicates are still among them.
        rejected: items that cannot be used, by id.
        elsewhere: number of items that belong to other tiles or years; not candidates.
    """

    recipes: list[SceneRecipe] = field(default_factory=list)
    rejected: list[RejectedItem] = field(default_factory=list)
    elsewhere: int = 0


@dataclass(frozen=True)
class _Query:
    tile: str
    year: int
    grid: PixelGrid
    policy: HrefPolicy
    dialect: str | None
    roles: tuple[str, ...]


def search_scenes(
    catalog: str,
    tile: str,
    year: int,
    grid: PixelGrid,
    *,
    dialect: str | None = None,
    collection: str | None = None,
    allow_private: bool = False,
    allow_hosts: Sequence[str] = (),
    roles: tuple[str, ...] = SIX,
    progress: Progress = silent,
) -> SearchResult:
    """All candidate scenes of a tile and year; a bad item never ends the search.

    Args:
        catalog: root of a STAC API, or path or URL of a static catalogue or of a saved
            item collection; a folder means its ``catalog.json``.
        tile: MGRS 100 km square; items of other tiles are not candidates.
        year: calendar year, UTC.
        grid: the area of interest on the tile's 10 m grid.
        dialect: name of a dialect, for items that none recognises.
        collection: collection to search in an API; else that of the named dialect; else
            ``sentinel-2-l2a``.
        allow_private: whether hrefs may point to private addresses.
        allow_hosts: hosts and buckets that hrefs may name beside those that the provider is
            known to use.
        roles: bands that will be read (``core/scene/bands``).
        progress: told after each item.

    Raises:
        InvalidTileKey, InvalidYear: bad keys.
        UnknownDialect: no dialect has the name.
        CatalogError: the catalogue cannot be read.
        NoScenes: it has no item at all of this tile and year.
    """
    validate_tile(tile)
    validate_year(year)
    location = catalog_location(catalog)
    policy = HrefPolicy(location, allow_private, tuple(allow_hosts))
    query = _Query(tile, year, grid, policy, dialect, roles)
    recipes: dict[str, SceneRecipe] = {}
    rejected: dict[str, RejectedItem] = {}
    elsewhere = 0
    found_items = find_items(
        location,
        query.policy,
        footprint=footprint(grid),
        year=year,
        collection=collection or default_collection(dialect),
    )
    for number, found in enumerate(found_items, start=1):
        outcome = _judge(found, query)
        if isinstance(outcome, SceneRecipe):
            _keep_newest(recipes, outcome)
        elif outcome is not None:
            rejected[outcome.id] = outcome
        else:
            elsewhere += 1
        progress(number, number, f"{tile} {year}: {len(recipes)} scenes of {number} items")
    if not recipes and not rejected:
        raise NoScenes(
            f"{shown(catalog)} has no scene of tile {tile} in {year}"
            + (f" ({elsewhere} items of other tiles or years)" if elsewhere else "")
        )
    return SearchResult(
        sorted(recipes.values(), key=lambda recipe: (recipe.datetime, recipe.id)),
        sorted(
            (item for item in rejected.values() if item.id not in recipes),
            key=lambda item: item.id,
        ),
        elsewhere,
    )


def _judge(found: FoundItem, query: _Query) -> SceneRecipe | RejectedItem | None:
    """A recipe, a rejection, or None for an item of another tile or year."""
    item: Any = found.item
    moment, baseline, stamp = None, "", ""
    try:
        if found.error is not None:
            raise found.error
        require_item(item)
        moment = item_datetime(item)
        if moment.year != query.year:
            return None
        dialect = find_dialect(item, query.dialect)
        if item_tile(item, dialect) != query.tile:
            return None
        baseline, stamp = item_baseline(item, dialect), item_change_stamp(item, dialect)
        require_epsg(item, query.grid.epsg)
        recipe = recipe_from_item(
            item, found.location, query.policy, dialect=query.dialect, roles=query.roles
        )
        require_sampling(recipe, query.grid)
        return recipe
    except SceneError as error:
        identifier = item.get("id") if isinstance(item, dict) else None
        return RejectedItem(
            str(identifier or found.location)[:_LONGEST_ID],
            f"{type(error).__name__}: {error}",
            moment,
            baseline,
            stamp,
        )


def _keep_newest(recipes: dict[str, SceneRecipe], recipe: SceneRecipe) -> None:
    """The same id twice (an item on two pages): the later change stamp, else the first."""
    known = recipes.get(recipe.id)
    if known is None or recipe.change_stamp > known.change_stamp:
        recipes[recipe.id] = recipe


def footprint(grid: PixelGrid) -> BaseGeometry:
    """Outline of a grid in longitude and latitude, cut in two at the antimeridian."""
    left, bottom, right, top = grid.bounds
    xs, ys = np.linspace(left, right, _EDGE_POINTS), np.linspace(bottom, top, _EDGE_POINTS)
    ring_x = np.concatenate([xs, np.full_like(ys, right), xs[::-1], np.full_like(ys, left)])
    ring_y = np.concatenate([np.full_like(xs, bottom), ys, np.full_like(xs, top), ys[::-1]])
    to_lonlat = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    lons, lats = to_lonlat.transform(ring_x, ring_y)
    if np.ptp(lons) <= 180:
        return Polygon(zip(lons, lats, strict=True))
    outline = Polygon(zip(np.where(lons < 0, lons + 360, lons), lats, strict=True))
    east = outline.intersection(box(0, -90, 180, 90))
    west = translate(outline.intersection(box(180, -90, 360, 90)), xoff=-360)
    return MultiPolygon([part for part in (east, west) if isinstance(part, Polygon)])
