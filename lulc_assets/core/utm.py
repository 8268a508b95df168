"""UTM zones: where each ends, by law and on the ground.

What belongs here: limits of zones in longitude, and where a meridian lies in a zone's
coordinates. What does not: tiles and grids (``grid``).
"""

import numpy as np
import numpy.typing as npt
from pyproj import Proj

IRREGULAR_ZONES = {
    (31, "V"): (0.0, 3.0),
    (32, "V"): (3.0, 12.0),
    (31, "X"): (0.0, 9.0),
    (33, "X"): (9.0, 21.0),
    (35, "X"): (21.0, 33.0),
    (37, "X"): (33.0, 42.0),
}
"""Zones that Norway and Svalbard widened: (zone, band) → western and eastern longitude."""


def zone_limits(tile: str) -> tuple[float, float]:
    """Western and eastern longitude of the tile's zone in its latitude band (NGA 2014, §11)."""
    zone, band = int(tile[:2]), tile[2]
    return IRREGULAR_ZONES.get((zone, band), (zone * 6.0 - 186.0, zone * 6.0 - 180.0))


def meridian_eastings(
    zone: int, hemisphere: str, longitude: float, northings: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Easting at which a meridian crosses each northing; good to a millimetre."""
    utm = Proj(proj="utm", zone=zone, south=hemisphere == "S", ellps="WGS84")
    # Off the central meridian a latitude has a larger northing, by less than 0.1 degrees.
    _, ends = utm([500_000.0] * 2, [northings.min(), northings.max()], inverse=True)
    latitudes = np.arange(min(ends) - 0.5, max(ends) + 0.5, 0.005)
    eastings, along = utm(np.full(latitudes.size, longitude), latitudes)
    crossed: npt.NDArray[np.float64] = np.interp(northings, along, eastings)
    return crossed
