"""From polygons to a dense mask of class codes on a tile's grid.

What belongs here: burning, its priority, and the report of what was lost. What does not:
which labels belong to a tile (``table``), what clouds do to a mask (``core/chips``).

Rules:

- A pixel gets the class of a polygon that holds its centre (all-touched burning would
  inflate the area of thin polygons).
- Where polygons overlap, the smaller polygon wins (a pond drawn in a forest is a pond);
  of equal areas, the one whose ``label_id`` sorts first.
- A pixel under a gold or a held-out polygon is never a training pixel: it is left
  unlabelled in the training mask and counted as a leak.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import rasterize

from lulc_assets.core.errors import LabelError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.schema import ROLES, TRAIN
from lulc_assets.core.labels.table import to_grid_crs

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class BurnReport:
    """What happened to the polygons of one role.

    Attributes:
        role: ``train``, ``gold`` or ``holdout``.
        polygons: of this role in the table.
        outside: polygons that do not touch the grid.
        vanished: polygons in the grid that hold no pixel centre.
        hidden: polygons that hold pixel centres, all of them won by smaller polygons.
        conflict_pixels: pixels that polygons of different classes claim.
        leaked_pixels: training pixels left unlabelled because gold or held-out polygons
            lie there; 0 for the other roles.
        pixels: class code → labelled pixels; only classes that occur.
    """

    role: str
    polygons: int
    outside: int
    vanished: int
    hidden: int
    conflict_pixels: int
    leaked_pixels: int
    pixels: Mapping[int, int]

    @property
    def labelled_pixels(self) -> int:
        """All labelled pixels."""
        return sum(self.pixels.values())


def burn_labels(labels: gpd.GeoDataFrame, grid: PixelGrid, role: str) -> tuple[Mask, BurnReport]:
    """Burn the polygons of one role.

    Args:
        labels: a validated label table in any CRS, with all roles in it.
        grid: the grid of the mask: the tile's own, never a foreign one.
        role: ``train``, ``gold`` or ``holdout``.

    Returns:
        Mask uint8 (h, w) of class codes, 0 = unlabelled, and the report.

    Raises:
        LabelError: the role is unknown.
        InvalidGeometry: a geometry cannot be expressed in the grid's CRS.
    """
    if role not in ROLES:
        raise LabelError(f"role {role!r} is not one of {', '.join(ROLES)}")
    here = to_grid_crs(labels, grid)
    own = _by_priority(here.loc[here["role"] == role])
    touching = own.loc[own.intersects(shapely.box(*grid.bounds))].reset_index(drop=True)
    mask, vanished, hidden = _burn_classes(touching, grid)
    conflicts = _count_conflicts(touching, grid)
    leaked = _clear_leaks(mask, here, grid) if role == TRAIN else 0
    codes, counts = np.unique(mask[mask > 0], return_counts=True)
    return mask, BurnReport(
        role=role,
        polygons=len(own),
        outside=len(own) - len(touching),
        vanished=vanished,
        hidden=hidden,
        conflict_pixels=conflicts,
        leaked_pixels=leaked,
        pixels={int(code): int(count) for code, count in zip(codes, counts, strict=True)},
    )


def _by_priority(labels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sorted so that whoever is drawn last has the highest priority."""
    return (
        labels.assign(_area=labels.area)
        .sort_values(["_area", "label_id"], ascending=[False, False], kind="stable")
        .drop(columns="_area")
        .reset_index(drop=True)
    )


def _draw(
    shapes: list[tuple[shapely.Geometry, int]], grid: PixelGrid, dtype: str
) -> npt.NDArray[np.integer]:
    if not shapes:
        return np.zeros(grid.shape, dtype=dtype)
    return rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, all_touched=False, dtype=dtype
    )


def _burn_classes(labels: gpd.GeoDataFrame, grid: PixelGrid) -> tuple[Mask, int, int]:
    """The mask, and how many polygons vanished or are hidden."""
    numbered = _draw([(g, i + 1) for i, g in enumerate(labels.geometry)], grid, "int32")
    codes = np.concatenate([[0], labels["class_code"].to_numpy()]).astype(np.uint8)
    seen = np.zeros(len(labels) + 1, dtype=bool)
    seen[np.unique(numbered)] = True
    absent = np.flatnonzero(~seen[1:])
    hidden = sum(_holds_a_centre(labels.geometry.iloc[i], grid) for i in absent)
    return codes[numbered], len(absent) - hidden, hidden


def _holds_a_centre(geometry: shapely.Geometry, grid: PixelGrid) -> bool:
    left, bottom, right, top = geometry.bounds
    rows, cols = grid.cells([left, right], [top, bottom])
    row, last_row = np.clip(rows, 0, grid.height - 1)
    col, last_col = np.clip(cols, 0, grid.width - 1)
    local = PixelGrid(
        grid.epsg,
        grid.x0 + col * grid.pixel_m,
        grid.y0 - row * grid.pixel_m,
        int(last_row - row + 1),
        int(last_col - col + 1),
        grid.pixel_m,
    )
    return bool(_draw([(geometry, 1)], local, "uint8").any())


def _count_conflicts(labels: gpd.GeoDataFrame, grid: PixelGrid) -> int:
    claims = np.zeros(grid.shape, dtype=np.uint8)
    for code in sorted(labels["class_code"].unique()):
        own = labels.geometry.loc[labels["class_code"] == code]
        claims += _draw([(g, 1) for g in own], grid, "uint8").astype(np.uint8)
    return int((claims > 1).sum())


def _clear_leaks(mask: Mask, labels: gpd.GeoDataFrame, grid: PixelGrid) -> int:
    """Unlabel training pixels under gold and held-out polygons, in place; their number."""
    kept_back = labels.geometry.loc[labels["role"] != TRAIN]
    reserved = _draw([(g, 1) for g in kept_back], grid, "uint8") > 0
    leaks = reserved & (mask > 0)
    mask[leaks] = 0
    return int(leaks.sum())
