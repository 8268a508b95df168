"""Districts of the simulated demo, so that its region page shows areas by district.

What belongs here: drawing them. What does not: their areas (``core/accuracy/zones``).
"""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.tables.geopackage import reproducible_geopackage
from lulc_assets.core.whole_files import whole_file

DISTRICTS = "districts.gpkg"
_POINTS = 60
"""Of each border."""
_BEND = 0.06
"""How far borders swing to either side, as a share of the whole."""


def write_districts(path: Path, grids: Sequence[PixelGrid]) -> Path:
    """Divide the ground of some tiles into four districts with winding borders.

    Borders are bent so that they run along no rows of pixels, and cross the seams of tiles.

    Args:
        path: GeoPackage with the column ``district``; appears whole.
        grids: of the tiles, in one UTM zone.

    Raises:
        InvalidProject: the tiles are in several zones.
    """
    epsg = {grid.epsg for grid in grids}
    if len(epsg) != 1:
        raise InvalidProject(f"districts are drawn in one UTM zone; the tiles are in {len(epsg)}")
    ground = shapely.union_all([shapely.box(*grid.bounds) for grid in grids])
    parts = {name: part for name, part in _quarters(ground) if not part.is_empty}
    table = gpd.GeoDataFrame(
        {"district": list(parts)}, geometry=list(parts.values()), crs=f"EPSG:{epsg.pop()}"
    )
    with whole_file(path) as part, reproducible_geopackage():
        table.to_file(part, layer="districts", driver="GPKG", engine="pyogrio")
    return path


def _quarters(ground: shapely.Geometry) -> list[tuple[str, shapely.Geometry]]:
    left, bottom, right, top = ground.bounds
    along = np.linspace(-0.1, 1.1, _POINTS)
    swing = _BEND * (np.sin(9 * along) + np.sin(23 * along + 1)) / 2
    border_x = left + (right - left) * (0.5 + swing)
    border_y = bottom + (top - bottom) * (0.5 + swing[::-1])
    y, x = bottom + (top - bottom) * along, left + (right - left) * along
    west = shapely.Polygon([*zip(border_x, y, strict=True), (x[0], y[-1]), (x[0], y[0])])
    south = shapely.Polygon([*zip(x, border_y, strict=True), (x[-1], y[0]), (x[0], y[0])])
    return [
        ("North-west", ground & west - south),
        ("North-east", ground - west - south),
        ("South-west", ground & west & south),
        ("South-east", (ground & south) - west),
    ]
