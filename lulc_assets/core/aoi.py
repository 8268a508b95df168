"""An area of interest: its polygon, the tiles that cover it, and their windows.

What belongs here: reading the polygon, refusing what cannot be mapped, and which MGRS squares
own its ground. What does not: grids and ownership of pixels (``grid``), scenes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.errors import InvalidGeometry, InvalidTileKey, MissingCrs
from lulc_assets.core.grid import (
    PIXEL_M,
    SHIFT_M,
    TILE_PIXELS,
    Window,
    square_bounds,
    tile_grid,
)
from lulc_assets.core.tables.vector_file import read_vector
from lulc_assets.core.tile_keys import validate_tile
from lulc_assets.core.utm import zone_limits

SNAP_PX = 6
"""Windows lie on multiples of 60 m, so that bands of 20 and 60 m need no half pixel."""
LEAST_WINDOW_PX = 132
"""A sliver of the area becomes a window of at least a chip: a network needs surroundings."""
_SOUTHERNMOST, _NORTHERNMOST = -80.0, 84.0
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS, _ROWS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "ABCDEFGHJKLMNPQRSTUV"
_SQUARE_M = 100_000
_NO_X_ZONES = (32, 34, 36)
"""Their ground around Svalbard belongs to the wider zones beside them (NGA 2014, §11)."""
_EDGE_DEGREES = 0.05
"""Edges are divided into pieces as long before they are projected: a straight line in degrees
is none in metres."""


@dataclass(frozen=True)
class TileOfArea:
    """A tile that owns part of an area.

    Attributes:
        tile: MGRS square.
        window: of the area's part on the tile's 10 m grid, and of what a neighbour's square holds
            of it within ``grid.SHIFT_M`` beyond the eastern and southern sides.
        area_km2: of the part, in the tile's own projection.
    """

    tile: str
    window: Window
    area_km2: float


def read_area(path: Path, layer: str | None = None) -> BaseGeometry:
    """The polygons of a vector file as one geometry in longitude and latitude (EPSG:4326).

    Raises:
        InvalidGeometry: there is no polygon, one crosses itself, has no area or a coordinate
            that is none, the area crosses the antimeridian or lies beyond the UTM zones.
        MissingCrs: the file does not say its coordinate reference system.
    """
    frame = read_vector(path, layer, InvalidGeometry)
    if frame.crs is None:
        raise MissingCrs(f"{path}: does not say its coordinate reference system; set it in QGIS")
    if frame.empty:
        raise InvalidGeometry(f"{path}: holds no feature; draw the area of interest as a polygon")
    for number, shape in enumerate(frame.geometry, start=1):
        _require_polygon(f"{path}: feature {number}", shape)
    degrees = frame.to_crs(4326)
    bad = [n for n, b in enumerate(degrees.bounds.to_numpy(), 1) if not all(map(math.isfinite, b))]
    if bad:
        raise InvalidGeometry(
            f"{path}: feature {bad[0]} cannot be expressed in degrees; check its CRS"
        )
    area = shapely.union_all(shapely.force_2d(degrees.geometry.to_numpy()))
    left, bottom, right, top = area.bounds
    if left < -180 or right > 180 or right - left > 180:
        raise InvalidGeometry(
            f"{path}: reaches from longitude {left:.3f} to {right:.3f}, over the antimeridian; cut "
            "it there and make a project of each side"
        )
    if bottom < _SOUTHERNMOST or top > _NORTHERNMOST:
        raise InvalidGeometry(
            f"{path}: reaches from latitude {bottom:.3f} to {top:.3f}; tiles lie between "
            f"{_SOUTHERNMOST:g} and {_NORTHERNMOST:g}. Exchange x and y if they are swapped"
        )
    return area


def _require_polygon(where: str, shape: BaseGeometry | None) -> None:
    if shape is None or shape.is_empty:
        raise InvalidGeometry(f"{where} has no geometry; draw it or delete it")
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise InvalidGeometry(f"{where} is a {shape.geom_type}, not a polygon; draw its outline")
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise InvalidGeometry(f"{where} is not valid: {reason}; repair it (QGIS: Fix geometries)")
    if not shape.area > 0:
        raise InvalidGeometry(f"{where} has no area")


def cover_area(area: BaseGeometry) -> list[TileOfArea]:
    """The tiles that own ground of an area, by key, and the windows that hold it.

    Each place is in one of them: squares are cut at the limits of their zone, as
    ``grid.owned_mask`` does. No tile is there that owns nothing.

    Args:
        area: polygons in longitude and latitude, see :func:`read_area`.

    Raises:
        InvalidGeometry: no tile owns any of it.
    """
    whole = shapely.segmentize(area, _EDGE_DEGREES)
    found: dict[str, TileOfArea] = {}
    for zone in _zones(whole):
        for hemisphere, half in (("N", (0.0, 90.0)), ("S", (-90.0, 0.0))):
            part = shapely.intersection(whole, shapely.box(-180, half[0], 180, half[1]))
            if part.is_empty:
                continue
            for tile in _squares(part, zone, hemisphere):
                each = _part_of(part, tile)
                if each is not None:
                    found[tile] = each
    if not found:
        raise InvalidGeometry("no tile owns any of the area; is it smaller than a pixel?")
    return [found[tile] for tile in sorted(found)]


def _zones(area: BaseGeometry) -> Iterator[int]:
    """Zones that may own ground: Norway's reach up to 6° beyond their regular limits."""
    left, _, right, _ = area.bounds
    first, last = (int((lon + 180) // 6) + 1 for lon in (left, right))
    yield from range(max(1, first - 1), min(60, last + 1) + 1)


def _squares(area: BaseGeometry, zone: int, hemisphere: str) -> Iterator[str]:
    """Keys of squares of a zone whose ground the area may touch."""
    strip = shapely.intersection(area, shapely.box(zone * 6 - 189, -90, zone * 6 - 171, 90))
    if strip.is_empty:
        return
    epsg = (32600 if hemisphere == "N" else 32700) + zone
    left, bottom, right, top = _projected(strip, epsg).bounds
    for column in range(max(1, int(left // _SQUARE_M)), min(8, int(right // _SQUARE_M)) + 1):
        for row in range(int(bottom // _SQUARE_M), int(top // _SQUARE_M) + 1):
            yield from _keys_of(zone, epsg, column, row)


def _keys_of(zone: int, epsg: int, column: int, row: int) -> Iterator[str]:
    """The key of a square, with the latitude band of its middle."""
    east, north = (column + 0.5) * _SQUARE_M, (row + 0.5) * _SQUARE_M
    _, lat = _to_degrees(epsg).transform(east, north)
    if not _SOUTHERNMOST <= lat <= _NORTHERNMOST:
        return
    band = _BANDS[min(int((lat + 80) // 8), len(_BANDS) - 1)]
    if band == "X" and zone in _NO_X_ZONES:
        return
    first = _COLUMNS[8 * ((zone - 1) % 3) + column - 1]
    second = _ROWS[(row + (5 if zone % 2 == 0 else 0)) % len(_ROWS)]
    try:
        yield validate_tile(f"{zone:02d}{band}{first}{second}")
    except InvalidTileKey:
        return


def _part_of(area: BaseGeometry, tile: str) -> TileOfArea | None:
    """The part of the area that a tile owns; None: none of it."""
    western, eastern = zone_limits(tile)
    strip = shapely.intersection(area, shapely.box(western, -90, eastern, 90))
    if strip.is_empty:
        return None
    grid = tile_grid(tile)
    projected, (west, south, east, north) = _projected(strip, grid.epsg), square_bounds(tile)
    own = shapely.intersection(projected, shapely.box(west, south, east, north))
    if own.area < PIXEL_M**2 / 2:
        return None
    wider = shapely.box(west, south - SHIFT_M, east + SHIFT_M, north)
    left, bottom, right, top = shapely.intersection(projected, wider).bounds
    row, height = _span((grid.y0 - top) / PIXEL_M, (grid.y0 - bottom) / PIXEL_M)
    col, width = _span((left - grid.x0) / PIXEL_M, (right - grid.x0) / PIXEL_M)
    return TileOfArea(tile, Window(row, col, height, width), own.area / 1e6)


def _span(first: float, last: float) -> tuple[int, int]:
    """Start and length, on multiples of :data:`SNAP_PX`, not too short, inside the tile."""
    start = max(0, math.floor(first / SNAP_PX) * SNAP_PX)
    end = min(TILE_PIXELS, math.ceil(last / SNAP_PX) * SNAP_PX)
    lacking = max(0, LEAST_WINDOW_PX - (end - start))
    start = max(0, start - math.ceil(lacking / 2 / SNAP_PX) * SNAP_PX)
    end = min(TILE_PIXELS, max(end, start + LEAST_WINDOW_PX))
    start = max(0, min(start, end - LEAST_WINDOW_PX))
    return start, end - start


def in_metres(area: BaseGeometry, epsg: int) -> BaseGeometry:
    """An area, longitude and latitude, in a projection; its edges stay lines in degrees."""
    return _projected(shapely.segmentize(area, _EDGE_DEGREES), epsg)


def _projected(area: BaseGeometry, epsg: int) -> BaseGeometry:
    to_metres = Transformer.from_crs(4326, epsg, always_xy=True)
    return shapely.transform(area, to_metres.transform, interleaved=False)


@lru_cache(maxsize=120)
def _to_degrees(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, 4326, always_xy=True)
