"""Keys of tiles and years: which exist, and where a tile's square lies.

What belongs here: validation of keys, the MGRS square of 100 km that a tile key names. What does
not: pixels on it (``grid``), limits of zones (``utm``).
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from pyproj import Proj

from lulc_assets.core.errors import InvalidTileKey, InvalidYear
from lulc_assets.core.utm import meridian_eastings, zone_limits

FIRST_YEAR = 2015
SQUARE_M = 100_000
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ROWS = "ABCDEFGHJKLMNPQRSTUV"

_SOUTHERNMOST = -84.0
"""Sentinel-2 looks as far south as 82.8°."""

_TILE = re.compile(r"(0[1-9]|[1-5][0-9]|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]")


def validate_tile(tile: str) -> str:
    """Return the tile key if it names an MGRS 100 km square that exists.

    Raises:
        InvalidTileKey: it does not.
    """
    if not isinstance(tile, str) or not _TILE.fullmatch(tile):
        raise InvalidTileKey(
            f"tile {tile!r} is not an MGRS 100 km square; write it like '33TVM' "
            "(two-digit zone, latitude band, two letters)"
        )
    if not _square_exists(tile):
        raise InvalidTileKey(f"tile {tile!r}: no such MGRS square exists; check the letters")
    return tile


def validate_year(year: int | str, *, current_year: int | None = None) -> int:
    """Return the year as a number if Sentinel-2 has, or can have, scenes of it.

    Raises:
        InvalidYear: before 2015, in the future, or not a number.
    """
    last = current_year if current_year is not None else datetime.now(UTC).year
    text = str(year)
    if not re.fullmatch(r"[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= last:
        raise InvalidYear(f"year {year!r} is not between {FIRST_YEAR} and {last}")
    return int(text)


@lru_cache(maxsize=4096)
def square_origin(tile: str) -> tuple[int, str, int, int]:
    """Zone, hemisphere, easting and northing of the square's lower left corner.

    Columns are lettered from 100 km on, in three sets by zone; rows repeat every 2000 km, from
    A in odd and from F in even zones (NGA 2014, §10). Of the rows of one letter the one
    nearest to the latitude band is meant: Sentinel-2 letters ground south of 80° S as band C.

    Raises:
        InvalidTileKey: the zone has no such column.
    """
    zone, band = int(tile[:2]), _BANDS.index(tile[2])
    column = _COLUMNS.index(tile[3]) - 8 * ((zone - 1) % 3)
    if not 0 <= column < 8:
        raise InvalidTileKey(f"tile {tile!r}: zone {zone} has no column {tile[3]!r}")
    hemisphere = "S" if band < _BANDS.index("N") else "N"
    south, north = _band_limits(tile)
    _, middle = utm_projection(zone, hemisphere)(zone * 6 - 183, (south + north) / 2)
    row = (_ROWS.index(tile[4]) - (5 if zone % 2 == 0 else 0)) % len(_ROWS)
    cycle = SQUARE_M * len(_ROWS)
    northing = row * SQUARE_M
    northing += cycle * round((middle - SQUARE_M / 2 - northing) / cycle)
    return zone, hemisphere, (column + 1) * SQUARE_M, northing


@lru_cache(maxsize=4096)
def _square_exists(tile: str) -> bool:
    """Whether the square touches its zone, by rule or as Norway widened it, and its band."""
    try:
        zone, hemisphere, easting, northing = square_origin(tile)
    except InvalidTileKey:
        return False
    steps = np.linspace(0, SQUARE_M, 21)
    east, north = np.meshgrid(easting + steps, northing + steps)
    lons, lats = utm_projection(zone, hemisphere)(east.ravel(), north.ravel(), inverse=True)
    south_limit, north_limit = _band_limits(tile)
    if tile[2] == "C":
        south_limit = _SOUTHERNMOST
    western, eastern = zone_limits(tile)
    in_zone = lons.max() > min(western, zone * 6 - 186) and lons.min() < max(
        eastern, zone * 6 - 180
    )
    return bool(in_zone and lats.max() > south_limit and lats.min() < north_limit)


def _band_limits(tile: str) -> tuple[float, float]:
    """Southern and northern latitude of the tile's band."""
    south = -80.0 + 8.0 * _BANDS.index(tile[2])
    return south, 84.0 if tile[2] == "X" else south + 8.0


@lru_cache(maxsize=120)
def utm_projection(zone: int, hemisphere: str) -> Proj:
    """Longitude and latitude ↔ easting and northing of a zone; hemisphere ``N`` or ``S``."""
    return Proj(proj="utm", zone=zone, south=hemisphere == "S", ellps="WGS84")


def owns_ground(tile: str) -> bool:
    """Whether any place belongs to the tile.

    Where Norway widened a zone, squares of its neighbour lie beyond the border: Sentinel-2
    serves them, and every place in them belongs to a tile of the wider zone.
    """
    zone, hemisphere, easting, northing = square_origin(validate_tile(tile))
    ys = northing + np.linspace(0.0, SQUARE_M, 101)
    western, eastern = (meridian_eastings(zone, hemisphere, at, ys) for at in zone_limits(tile))
    return bool((np.maximum(western, easting) < np.minimum(eastern, easting + SQUARE_M)).any())
