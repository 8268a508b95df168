"""From polygons to a dense mask of class codes on a tile's grid.

What belongs here: burning, its priority, and the report of what was lost. What does not:
which labels belong to a tile (``table``), what several annotators agree on (``gold``),
what clouds do to a mask (``core/chips``).

Rules:

- A pixel gets the class of a polygon that holds its centre (all-touched burning would
  inflate the area of thin polygons).
- Where polygons of different classes overlap, ``BurnRules.overlaps`` decides. By default
  the smaller polygon wins (a pond drawn in a forest is a pond); of equal areas, the one
  whose ``label_id`` sorts first.
- A pixel under a gold or a held-out polygon is never a training pixel. Where roles were
  drawn among polygons it is left unlabelled and counted; where people gave the roles, it
  is their mistake and refused.
- With a border, training pixels near another class or unlabelled ground stay unlabelled.
  Gold and held-out masks keep theirs: leaving out mixed pixels would flatter a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import rasterize
from scipy import ndimage

from lulc_assets.core.errors import LabelError, LabelLeak, OverlappingLabels
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.schema import ROLES, TRAIN
from lulc_assets.core.labels.source import LabelSource, Overlaps
from lulc_assets.core.labels.table import to_grid_crs

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class BurnRules:
    """How polygons become pixels where they contradict each other.

    Attributes:
        overlaps: ``error``, ``later_wins`` (later in the file), ``smaller_wins``, or
            ``ignore`` (pixels that several classes claim stay unlabelled).
        border_px: width of the unlabelled border of training labels.
        leaks: training pixels under kept-back polygons: ``clear`` or ``refuse``.
    """

    overlaps: Overlaps = "smaller_wins"
    border_px: int = 0
    leaks: Literal["clear", "refuse"] = "clear"

    @classmethod
    def of(cls, source: LabelSource) -> "BurnRules":
        """The rules that a project asks for; leaks of roles that people gave are refused."""
        refuse: Literal["clear", "refuse"] = "refuse" if source.gives_roles else "clear"
        return cls(source.overlaps, source.border_px, refuse)


DEFAULT_RULES = BurnRules()


@dataclass(frozen=True)
class BurnReport:
    """What happened to the polygons of one role.

    Attributes:
        role: ``train``, ``gold`` or ``holdout``.
        polygons: of this role in the table.
        outside: polygons that do not touch the grid.
        vanished: polygons in the grid that hold no pixel centre.
        hidden: polygons that hold pixel centres, all of them won by other polygons.
        conflict_pixels: pixels that polygons of different classes claim.
        leaked_pixels: training pixels left unlabelled because gold or held-out polygons
            lie there; 0 for the other roles.
        border_pixels: training pixels left unlabelled as border; 0 for the other roles.
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
    border_pixels: int = 0

    @property
    def labelled_pixels(self) -> int:
        """All labelled pixels."""
        return sum(self.pixels.values())


def burn_labels(
    labels: gpd.GeoDataFrame, grid: PixelGrid, role: str, rules: BurnRules = DEFAULT_RULES
) -> tuple[Mask, BurnReport]:
    """Burn the polygons of one role.

    Args:
        labels: a validated label table in any CRS, with all roles in it.
        grid: the grid of the mask: the tile's own, never a foreign one.
        role: ``train``, ``gold`` or ``holdout``.
        rules: overlaps, border, leaks.

    Returns:
        Mask uint8 (h, w) of class codes, 0 = unlabelled, and the report.

    Raises:
        LabelError: the role is unknown.
        InvalidGeometry: a geometry cannot be expressed in the grid's CRS.
        OverlappingLabels: polygons of different classes overlap and the rules say error.
        LabelLeak: training and kept-back polygons overlap and the rules say refuse.
    """
    if role not in ROLES:
        raise LabelError(f"role {role!r} is not one of {', '.join(ROLES)}")
    here = to_grid_crs(labels, grid)
    own = _by_priority(here.loc[here["role"] == role], rules.overlaps)
    touching = own.loc[own.intersects(shapely.box(*grid.bounds))].reset_index(drop=True)
    mask, vanished, hidden = _burn_classes(touching, grid)
    conflicts = _find_conflicts(touching, grid)
    if rules.overlaps == "error" and conflicts.any():
        raise OverlappingLabels(_name_conflict(touching, conflicts, grid))
    if rules.overlaps == "ignore":
        mask[conflicts] = 0
    leaked = _clear_leaks(mask, here, grid, rules) if role == TRAIN else 0
    border = _clear_border(mask, rules.border_px) if role == TRAIN else 0
    return mask, BurnReport(
        role=role,
        polygons=len(own),
        outside=len(own) - len(touching),
        vanished=vanished,
        hidden=hidden,
        conflict_pixels=int(conflicts.sum()),
        leaked_pixels=leaked,
        border_pixels=border,
        pixels=count_codes(mask),
    )


def count_codes(mask: Mask) -> dict[int, int]:
    """Class code → labelled pixels; only classes that occur."""
    counts = np.bincount(mask.ravel(), minlength=1)
    return {int(code): int(counts[code]) for code in np.flatnonzero(counts) if code}


def _by_priority(labels: gpd.GeoDataFrame, overlaps: Overlaps) -> gpd.GeoDataFrame:
    """Sorted so that whoever is drawn last has the highest priority."""
    if overlaps == "later_wins":
        return labels.sort_values(["source_order", "label_id"]).reset_index(drop=True)
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
    numbered = number_polygons(labels, grid)
    codes = np.concatenate([[0], labels["class_code"].to_numpy()]).astype(np.uint8)
    seen = np.zeros(len(labels) + 1, dtype=bool)
    seen[np.unique(numbered)] = True
    absent = np.flatnonzero(~seen[1:])
    hidden = sum(_holds_a_centre(labels.geometry.iloc[i], grid) for i in absent)
    return codes[numbered], len(absent) - hidden, hidden


def number_polygons(labels: gpd.GeoDataFrame, grid: PixelGrid) -> npt.NDArray[np.int32]:
    """Position + 1 of the last polygon in the table that holds a pixel's centre, int32 (h, w)."""
    drawn = _draw([(g, i + 1) for i, g in enumerate(labels.geometry)], grid, "int32")
    return drawn.astype(np.int32, copy=False)


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


def _find_conflicts(labels: gpd.GeoDataFrame, grid: PixelGrid) -> npt.NDArray[np.bool_]:
    claims = np.zeros(grid.shape, dtype=np.uint8)
    for code in sorted(labels["class_code"].unique()):
        own = labels.geometry.loc[labels["class_code"] == code]
        claims += _draw([(g, 1) for g in own], grid, "uint8").astype(np.uint8)
    return claims > 1


def _centre(pixels: npt.NDArray[np.bool_], grid: PixelGrid) -> shapely.Point:
    """Centre of the first of some pixels, moved off it so that no border runs through it."""
    row, col = np.argwhere(pixels)[0]
    return shapely.Point(grid.x0 + grid.pixel_m * (col + 0.5), grid.y0 - grid.pixel_m * (row + 0.5))


def _name_conflict(
    labels: gpd.GeoDataFrame, conflicts: npt.NDArray[np.bool_], grid: PixelGrid
) -> str:
    at = _centre(conflicts, grid)
    names = labels.loc[labels.intersects(at), "label_id"].tolist()
    return (
        f"{int(conflicts.sum())} pixels are claimed by polygons of different classes, first at "
        f"x {at.x:.0f}, y {at.y:.0f} by labels {', '.join(map(str, names))}; correct them, or set "
        "overlaps to later_wins, smaller_wins or ignore"
    )


def _clear_leaks(mask: Mask, labels: gpd.GeoDataFrame, grid: PixelGrid, rules: BurnRules) -> int:
    """Unlabel training pixels under gold and held-out polygons, in place; their number."""
    kept_back = labels.geometry.loc[labels["role"] != TRAIN]
    reserved = _draw([(g, 1) for g in kept_back], grid, "uint8") > 0
    leaks = reserved & (mask > 0)
    if rules.leaks == "refuse" and leaks.any():
        at = _centre(leaks, grid)
        there = labels.loc[labels.intersects(at)]
        said = [f"{row.role} label {row.label_id}" for row in there.itertuples()]
        raise LabelLeak(
            f"{int(leaks.sum())} training pixels lie under gold or held-out labels, first at "
            f"x {at.x:.0f}, y {at.y:.0f}: {', '.join(said)}. What judges a model must never train "
            "it: correct the roles or redraw the training labels"
        )
    mask[leaks] = 0
    return int(leaks.sum())


def _clear_border(mask: Mask, border_px: int) -> int:
    """Unlabel pixels near another class or unlabelled ground, in place; their number."""
    if border_px == 0:
        return 0
    side = 2 * border_px + 1
    lowest = ndimage.minimum_filter(mask, side, mode="nearest")
    highest = ndimage.maximum_filter(mask, side, mode="nearest")
    border = (mask > 0) & (lowest != highest)
    mask[border] = 0
    return int(border.sum())
