"""A catalogue's items as passes, for the audit of a tile: it and its eight neighbours.

What belongs here: which tiles lie around one, and items → passes. What does not: what is missing
(``audit``).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pyproj import Transformer
from shapely.geometry import box
from shapely.ops import unary_union

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.catalog.audit import Audit, Pass, audit_tile
from lulc_assets.core.catalog.fields import item_datetime
from lulc_assets.core.catalog.items import item_acquisition, item_baseline, item_tile, require_named
from lulc_assets.core.catalog.known_dialects import find_dialect
from lulc_assets.core.catalog.polling import Poll
from lulc_assets.core.errors import CatalogError, SceneError
from lulc_assets.core.grid import square_bounds, tile_grid
from lulc_assets.core.imagery.href import shown
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.tile_keys import SQUARE_M

_SPECK = 1e-4
"""Degrees: a point as a polygon."""

_SIDES = ((1, 0), (0, 1), (1, 1), (1, -1))


def audit_catalog(
    poll: Poll,
    tile: str,
    years: Iterable[int],
    *,
    as_of: float,
    dialect: str | None = None,
    had: Iterable[str] = (),
    around: int = 1,
    progress: Progress = silent,
) -> tuple[list[Audit], int]:
    """Audit some years of a tile; and how many items say no relative orbit.

    Args:
        poll: the catalogue.
        tile: MGRS square.
        years: calendar years.
        as_of: seconds since 1970; later passes are not expected.
        dialect: of the items, where they cannot be recognised.
        had: ids of items that were there once.
        around: years before and after that are read too: they show orbits that a year lost.
        progress: told now and then.

    Raises:
        CatalogError: the catalogue cannot be read, or none of its items says its orbit.
    """
    chosen = sorted(set(years))
    near = {tile, *(name for pair in opposite_neighbours(tile) for name in pair)}
    area = unary_union([_centre(name) for name in sorted(near)])
    span = (f"{chosen[0] - around}-01-01T00:00:00Z", f"{chosen[-1] + 1 + around}-01-01T00:00:00Z")
    passes: dict[tuple[str, str], Pass] = {}
    without = 0
    for number, item in enumerate(poll.sensed(area, *span), start=1):
        found = _pass_of(item, dialect)
        if found is None:
            without += 1
        elif found.tile in near:
            passes[found.tile, found.id] = found
        progress(number, number, f"{tile}: {len(passes)} passes")
    if not passes:
        raise CatalogError(
            f"{shown(poll.location)} has no item around {tile} that gives its relative orbit "
            f"({without} do not): such a catalogue cannot be audited"
        )
    pairs = {tile: opposite_neighbours(tile)}
    every = list(passes.values())
    return [audit_tile(tile, y, every, pairs, as_of=as_of, had=had) for y in chosen], without


@lru_cache(maxsize=256)
def opposite_neighbours(tile: str) -> tuple[tuple[str, str], ...]:
    """Pairs of tiles on opposite sides of a tile, where both exist."""
    left, bottom, _, _ = square_bounds(tile)
    found = []
    for column, row in _SIDES:
        pair = [
            _owner(tile, left + (0.5 + s * column) * SQUARE_M, bottom + (0.5 + s * row) * SQUARE_M)
            for s in (1, -1)
        ]
        if all(pair) and tile not in pair:
            found.append((pair[0], pair[1]))
    return tuple(found)


def _owner(tile: str, east: float, north: float) -> str:
    """The tile that owns a point given in the CRS of another one; empty: none does."""
    lon, lat = Transformer.from_crs(tile_grid(tile).epsg, 4326, always_xy=True).transform(
        east, north
    )
    if not (-180 <= lon < 180 - _SPECK and -80 <= lat < 84 - _SPECK):
        return ""
    owners = cover_area(box(lon, lat, lon + _SPECK, lat + _SPECK))
    return owners[0].tile if owners else ""


def _centre(tile: str) -> Any:
    """A small box in the middle of a tile: items of the tile meet it wherever they have data.

    A whole tile would also bring the tiles beyond.
    """
    left, bottom, right, top = square_bounds(tile)
    to_degrees = Transformer.from_crs(tile_grid(tile).epsg, 4326, always_xy=True)
    inset = 0.05 * SQUARE_M
    lons, lats = to_degrees.transform(
        [left + inset, right - inset, left + inset, right - inset],
        [bottom + inset, bottom + inset, top - inset, top - inset],
    )
    return box(min(lons), min(lats), max(lons), max(lats))


def _pass_of(item: Any, dialect: str | None) -> Pass | None:
    try:
        require_named(item)
        found = find_dialect(item, dialect)
        platform, start, orbit, tile = item_acquisition(item, found).rsplit("_", 3)
        moment = datetime.strptime(start, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return Pass(
            item_tile(item, found) or tile,
            int(orbit.removeprefix("R")),
            platform,
            moment.timestamp() if start else item_datetime(item).timestamp(),
            item["id"],
            item_baseline(item, found),
        )
    except (SceneError, ValueError):
        return None
