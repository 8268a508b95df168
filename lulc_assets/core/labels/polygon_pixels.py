"""Polygons as pixels of a grid: the steps that every burning of labels is made of.

What belongs here: which pixel centres a polygon holds, which polygon comes first, where classes
contradict each other. What does not: roles (``contested``), what is done about it (``burn``).
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import rasterize

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.source import Overlaps

Mask = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


def draw_shapes(
    shapes: list[tuple[shapely.Geometry, int]], grid: PixelGrid, dtype: str
) -> npt.NDArray[np.integer]:
    """The value of the last geometry that holds a pixel's centre, (h, w); 0 where none does."""
    if not shapes:
        return np.zeros(grid.shape, dtype=dtype)
    return rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, all_touched=False, dtype=dtype
    )


def number_polygons(labels: gpd.GeoDataFrame, grid: PixelGrid) -> npt.NDArray[np.int32]:
    """Position + 1 of the last polygon in the table that holds a pixel's centre, int32 (h, w)."""
    drawn = draw_shapes([(g, i + 1) for i, g in enumerate(labels.geometry)], grid, "int32")
    return drawn.astype(np.int32, copy=False)


def by_priority(labels: gpd.GeoDataFrame, overlaps: Overlaps) -> gpd.GeoDataFrame:
    """The table sorted so that whoever is drawn last has the highest priority."""
    if overlaps == "later_wins":
        return labels.sort_values(["source_order", "label_id"]).reset_index(drop=True)
    return (
        labels.assign(_area=labels.area)
        .sort_values(["_area", "label_id"], ascending=[False, False], kind="stable")
        .drop(columns="_area")
        .reset_index(drop=True)
    )


def find_conflicts(labels: gpd.GeoDataFrame, grid: PixelGrid) -> npt.NDArray[np.bool_]:
    """Pixels that polygons of different classes claim, bool (h, w)."""
    claims = np.zeros(grid.shape, dtype=np.uint8)
    for code in sorted(labels["class_code"].unique()):
        own = labels.geometry.loc[labels["class_code"] == code]
        claims += draw_shapes([(g, 1) for g in own], grid, "uint8").astype(np.uint8)
    return claims > 1


def centre_of(pixels: npt.NDArray[np.bool_], grid: PixelGrid) -> shapely.Point:
    """Centre of the first of some pixels, moved off it so that no border runs through it."""
    row, col = np.argwhere(pixels)[0]
    return shapely.Point(grid.x0 + grid.pixel_m * (col + 0.5), grid.y0 - grid.pixel_m * (row + 0.5))


def count_codes(mask: Mask) -> dict[int, int]:
    """Class code → labelled pixels; only classes that occur."""
    counts = np.bincount(mask.ravel(), minlength=1)
    return {int(code): int(counts[code]) for code in np.flatnonzero(counts) if code}


def clear(mask: Mask, pixels: Flags) -> dict[int, int]:
    """Unlabel pixels, in place; class code → labelled pixels that were there."""
    lost = count_codes(mask[pixels])
    mask[pixels] = 0
    return lost
