"""From polygons to a dense mask of class codes on a tile's grid.

What belongs here: burning, its priority, and the report of what was lost. What does not:
which labels belong to a tile (``table``), what several annotators agree on (``gold``),
what clouds do to a mask (``core/chips``), which role a contested pixel has (``contested``).

Rules:

- A pixel gets the class of a polygon that holds its centre (all-touched burning would
  inflate the area of thin polygons).
- Where polygons of different classes overlap, ``BurnRules.overlaps`` decides. By default
  the smaller polygon wins (a pond drawn in a forest is a pond); of equal areas, the one
  whose ``label_id`` sorts first.
- A pixel that two roles claim belongs to the one that judges more strictly, or to neither
  (``roles``). A training pixel on gold or held-out ground is left unlabelled and counted where
  roles were drawn among polygons; where people gave the roles, it is their mistake and refused.
- With a border, training pixels near another class or unlabelled ground stay unlabelled.
  Gold and held-out masks keep theirs: leaving out mixed pixels would flatter a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.errors import LabelError, OverlappingLabels
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.contested import KEPT_BACK, find_contested
from lulc_assets.core.labels.polygon_pixels import (
    Flags,
    Mask,
    by_priority,
    centre_of,
    clear,
    count_codes,
    draw_shapes,
    find_conflicts,
    number_polygons,
)
from lulc_assets.core.labels.schema import ROLES, TRAIN
from lulc_assets.core.labels.source import LabelSource, Overlaps
from lulc_assets.core.labels.table import to_grid_crs

TWO_CLASSES = "claimed by two classes"
BORDER = "border of a label"
"""Reasons in ``BurnReport.lost``, beside those of ``contested``."""


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
        pixels: class code → labelled pixels; only classes that occur.
        lost: reason → class code → pixels that a polygon of this role covers and that stay
            unlabelled, by the class that they would have had.
    """

    role: str
    polygons: int
    outside: int
    vanished: int
    hidden: int
    conflict_pixels: int
    pixels: Mapping[int, int]
    lost: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def count_lost(self, *reasons: str) -> int:
        """Pixels that were lost for some reasons, of all classes."""
        return sum(n for reason in reasons for n in self.lost.get(reason, {}).values())

    @property
    def leaked_pixels(self) -> int:
        """Pixels left unlabelled because they lie on ground that judges."""
        return self.count_lost(KEPT_BACK)

    @property
    def border_pixels(self) -> int:
        """Pixels left unlabelled as border."""
        return self.count_lost(BORDER)


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
    own = by_priority(here.loc[here["role"] == role], rules.overlaps)
    touching = own.loc[own.intersects(shapely.box(*grid.bounds))].reset_index(drop=True)
    mask, vanished, hidden = _burn_classes(touching, grid)
    conflicts = find_conflicts(touching, grid)
    if rules.overlaps == "error" and conflicts.any():
        raise OverlappingLabels(_name_conflict(touching, conflicts, grid))
    lost = {}
    if rules.overlaps == "ignore":
        lost[TWO_CLASSES] = clear(mask, conflicts)
    for reason, pixels in find_contested(
        mask, here, grid, role, rules.overlaps, refuse_leaks=rules.leaks == "refuse"
    ).items():
        lost[reason] = clear(mask, pixels)
    if role == TRAIN:
        lost[BORDER] = clear(mask, _find_border(mask, rules.border_px))
    return mask, BurnReport(
        role=role,
        polygons=len(own),
        outside=len(own) - len(touching),
        vanished=vanished,
        hidden=hidden,
        conflict_pixels=int(conflicts.sum()),
        pixels=count_codes(mask),
        lost={reason: counts for reason, counts in lost.items() if counts},
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
    return bool(draw_shapes([(geometry, 1)], local, "uint8").any())


def _name_conflict(
    labels: gpd.GeoDataFrame, conflicts: npt.NDArray[np.bool_], grid: PixelGrid
) -> str:
    at = centre_of(conflicts, grid)
    names = labels.loc[labels.intersects(at), "label_id"].tolist()
    return (
        f"{int(conflicts.sum())} pixels are claimed by polygons of different classes, first at "
        f"x {at.x:.0f}, y {at.y:.0f} by labels {', '.join(map(str, names))}; correct them, or set "
        "overlaps to later_wins, smaller_wins or ignore"
    )


def _find_border(mask: Mask, border_px: int) -> Flags:
    """Labelled pixels near another class or unlabelled ground."""
    from scipy import ndimage  # only where pixels are

    if border_px == 0:
        return np.zeros(mask.shape, dtype=bool)
    side = 2 * border_px + 1
    lowest = ndimage.minimum_filter(mask, side, mode="nearest")
    highest = ndimage.maximum_filter(mask, side, mode="nearest")
    border: Flags = (mask > 0) & (lowest != highest)
    return border
