"""Pixels that labels of several roles claim: whose they are, or nobody's.

What belongs here: the rule for one role against the others. What does not: overlaps within a
role (``burn``), how roles are drawn (``roles``).

What judges must never train, and what judges a map must not have chosen its model. So of ground
that several roles claim

- gold keeps a pixel, unless a label of another role with another class comes before the gold
  label there (``overlaps``: by default the smaller one, a pond in a gold forest). Then nobody
  knows what the pixel is: it is neither.
- a held-out pixel is never on gold ground, nor where a training label contradicts it;
- a training pixel is never on gold or held-out ground.
"""

import geopandas as gpd
import numpy as np
import shapely

from lulc_assets.core.errors import LabelLeak, OverlappingLabels
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.polygon_pixels import (
    Flags,
    Mask,
    by_priority,
    centre_of,
    draw_shapes,
    number_polygons,
)
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN
from lulc_assets.core.labels.source import Overlaps

KEPT_BACK = "on ground that judges"
CONTRADICTED = "contradicted by a label of another role"
"""Reasons in ``BurnReport.lost``."""

_STRICTER = {TRAIN: (GOLD, HOLDOUT), HOLDOUT: (GOLD,), GOLD: ()}


def find_contested(
    mask: Mask,
    labels: gpd.GeoDataFrame,
    grid: PixelGrid,
    role: str,
    overlaps: Overlaps,
    *,
    refuse_leaks: bool,
) -> dict[str, Flags]:
    """Labelled pixels of a role that it must give up, by reason; a pixel has one reason.

    Args:
        mask: uint8 (h, w), class codes of the role, 0 = unlabelled.
        labels: of all roles, in the grid's CRS.
        grid: of the mask.
        role: of the mask.
        overlaps: which label comes first.
        refuse_leaks: refuse training pixels on ground that judges.

    Returns:
        Reason → bool (h, w).

    Raises:
        LabelLeak: see ``refuse_leaks``; the message names both labels.
        OverlappingLabels: labels of different roles contradict each other and ``overlaps``
            allows no overlap of classes.
    """
    others = labels.loc[labels["role"] != role]
    others = others.loc[others.intersects(shapely.box(*grid.bounds))]
    if others.empty or not mask.any():
        return {}
    stricter = others.loc[others["role"].isin(_STRICTER[role])]
    reserved = draw_shapes([(g, 1) for g in stricter.geometry], grid, "uint8") > 0
    leaks = reserved & (mask > 0)
    if role == TRAIN and refuse_leaks and leaks.any():
        raise LabelLeak(_name_leak(leaks, labels, grid))
    if role == TRAIN:
        return {KEPT_BACK: leaks}
    contradicted = ~leaks & _contradicted(mask, labels, others, grid, role, overlaps)
    return {KEPT_BACK: leaks, CONTRADICTED: contradicted}


def _contradicted(
    mask: Mask,
    labels: gpd.GeoDataFrame,
    others: gpd.GeoDataFrame,
    grid: PixelGrid,
    role: str,
    overlaps: Overlaps,
) -> Flags:
    """Labelled pixels where a label of another role that comes first has another class."""
    if overlaps in ("error", "ignore"):
        said = np.zeros(grid.shape, dtype=bool)
        for code in np.unique(others["class_code"]):
            same = others.geometry.loc[others["class_code"] == code]
            drawn = draw_shapes([(g, 1) for g in same], grid, "uint8") > 0
            said |= drawn & (mask > 0) & (mask != code)
        if overlaps == "error" and said.any():
            raise OverlappingLabels(_name_contradiction(said, labels, grid))
        return said
    ordered = by_priority(labels.loc[labels.intersects(shapely.box(*grid.bounds))], overlaps)
    first = number_polygons(ordered, grid)
    codes = np.concatenate([[0], ordered["class_code"].to_numpy()]).astype(np.uint8)
    foreign = np.concatenate([[False], (ordered["role"] != role).to_numpy()])
    found: Flags = (mask > 0) & foreign[first] & (codes[first] != mask)
    return found


def _name_leak(leaks: Flags, labels: gpd.GeoDataFrame, grid: PixelGrid) -> str:
    at = centre_of(leaks, grid)
    return (
        f"{int(leaks.sum())} training pixels lie under gold or held-out labels, first at "
        f"x {at.x:.0f}, y {at.y:.0f}: {_name_labels(labels, at)}. What judges a model must never "
        "train it: correct the roles or redraw the training labels"
    )


def _name_contradiction(pixels: Flags, labels: gpd.GeoDataFrame, grid: PixelGrid) -> str:
    at = centre_of(pixels, grid)
    return (
        f"{int(pixels.sum())} pixels are claimed by labels of different roles and classes, first "
        f"at x {at.x:.0f}, y {at.y:.0f}: {_name_labels(labels, at)}; correct them, or set "
        "overlaps to later_wins, smaller_wins or ignore"
    )


def _name_labels(labels: gpd.GeoDataFrame, at: shapely.Point) -> str:
    there = labels.loc[labels.intersects(at)]
    return ", ".join(f"{row.role} label {row.label_id}" for row in there.itertuples())
