"""Small label tables for tests."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from lulc_assets.core.grid import PixelGrid

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 12, 16)


def pixels(row: float, col: float, height: float, width: float) -> shapely.Polygon:
    """A rectangle in pixels of ``GRID``."""
    left = GRID.x0 + 10 * col
    top = GRID.y0 - 10 * row
    return shapely.box(left, top - 10 * height, left + 10 * width, top)


def label_table(
    rows: Sequence[tuple[int, str, shapely.Polygon]], epsg: int = GRID.epsg
) -> gpd.GeoDataFrame:
    """Rows of class code, role and geometry; ids a, b, c, …"""
    return gpd.GeoDataFrame(
        {
            "label_id": np.array([chr(ord("a") + n) for n in range(len(rows))], dtype=object),
            "class_code": np.array([code for code, _, _ in rows], dtype=np.uint8),
            "role": np.array([role for _, role, _ in rows], dtype=object),
            "window_id": np.array([""] * len(rows), dtype=object),
            "annotator": np.array([""] * len(rows), dtype=object),
            "source_order": np.arange(len(rows), dtype=np.int64),
        },
        geometry=[geometry for _, _, geometry in rows],
        crs=epsg,
    )
