"""Chips cut from scenes at the places of the split.

What belongs here: reading, filters, what the scene classification does to labels, the index.
What does not: the choice of dates (``dates``), where places lie (``split``), files
(``archive``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.chips.account import (
    CLOUDY,
    FEW_LABELS,
    HIDDEN,
    NO_DATA,
    TRAIN,
    VALIDATION,
)
from lulc_assets.core.chips.balance import balanced, name_zones
from lulc_assets.core.chips.chip_set import SHARE, Chips
from lulc_assets.core.chips.folds import draw_held_out, fold_on
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.chips.place import Place
from lulc_assets.core.chips.room import Room
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.chips.split import plan_chips
from lulc_assets.core.chips.strips import read_places
from lulc_assets.core.errors import (
    IncompatibleScene,
    LabelError,
    LabelLeak,
    NoLabels,
    NotFinite,
    NoTrainingChips,
    UnknownClass,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.filling import fill_no_data
from lulc_assets.core.imagery.masks import SCL_CLOUDS
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SceneRecipe

REFLECTANCE_SCALE = 10_000
"""Chips store reflectance × 10000 as uint16: the precision of the product, half the memory."""

Mask = npt.NDArray[np.uint8]
_UNLABELLED = ""


def cut_chips(
    recipes: Sequence[SceneRecipe],
    grid: PixelGrid,
    train_mask: Mask,
    gold_mask: Mask,
    settings: ChipSettings,
    progress: Progress = silent,
    zones: gpd.GeoDataFrame | None = None,
    room: Room | None = None,
    *,
    legend: Legend = KARRA_10,
) -> Chips:
    """Cut chips of all given scenes at all labelled places.

    On each date the scene classification overrides labels (``settings.scl_to_class``) where
    there are labels; pixels without data become unlabelled. A scene that cannot be read
    ends the cut: to go on without it would give other chips from the same inputs.

    Args:
        recipes: scenes, usually from :func:`choose_dates`.
        grid: area of interest on the tile's grid.
        train_mask: uint8 (h, w) on the grid, class codes, 0 = unlabelled.
        gold_mask: likewise, of the gold standard.
        settings: sizes, filters, split.
        progress: told after each scene.
        zones: one row per zone: ``zone`` (name) and geometry, in any CRS.
        room: where the arrays lie; None: memory as far as it is meant for chips.
        legend: of the masks.

    Returns:
        The chips, by scene in the given order, then by row and column. Where there are
        training labels there are training and validation chips.

    Raises:
        LabelError: a mask does not fit the grid (UnknownClass: or holds other codes).
        LabelLeak: a pixel has a training and a gold label.
        NoLabels: both masks are empty.
        NoTrainingChips: nothing is left to train or to validate on (SplitImpossible:
            labels lie in too few places or on too few dates).
        NotFinite: a scene holds NaN or infinity.
        SceneError: a scene cannot be read.
    """
    _check_masks(train_mask, gold_mask, grid, legend)
    bands = _common_bands(recipes)
    plan = plan_chips(grid, train_mask, gold_mask, settings)
    places, layout, ledger = plan.places, plan.layout, plan.ledger
    held_out = draw_held_out(places, recipes, layout.split, settings)
    zone_of = name_zones(places, grid, zones)
    size = places[0].window.height if places else 0
    most, room = len(recipes) * len(places), room or Room()
    images = room.array((most, len(bands), size, size), np.uint16)
    masks = room.array((most, size, size), np.uint8)
    scl_table = settings.scl_table(legend)
    rows: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    for done, recipe in enumerate(recipes, start=1):
        for place, block in read_places(recipe, grid, places):
            if place.split != fold_on(place, recipe.id, recipe.date, held_out, layout.split):
                continue
            mask = override_labels(place.labels, block, scl_table)
            reason = _reason_to_drop(block, mask, place.split, settings, layout)
            obstacle = _OBSTACLES.get(reason, HIDDEN)
            ledger.meet(place.window, place.labels > 0, obstacle)
            if reason:
                dropped[reason] += 1
                continue
            ledger.show(place.window, (mask == place.labels) & (mask > 0))
            images[len(rows)] = _quantise(block, recipe)
            masks[len(rows)] = mask
            row = _index_row(recipe, place, block, _shares(mask, legend), grid)
            rows.append(row | {"zone": zone_of(place)})
        progress(done, len(recipes), f"scenes cut into {len(rows)} chips")
    _require_folds(rows, train_mask, dropped)
    index = gpd.GeoDataFrame(rows, geometry="geometry", crs=f"EPSG:{grid.epsg}")
    counts = dict(sorted(dropped.items()))
    chips = Chips(images[: len(rows)], masks[: len(rows)], index, counts, layout.split)
    account = ledger.account(chips.reached(), settings.accept_lost_classes, legend)
    chips = replace(chips, account=account, layout=layout, bands=bands)
    return chips.only(balanced(index, settings), "balance", room)


def _common_bands(recipes: Sequence[SceneRecipe]) -> tuple[str, ...]:
    found = {recipe.roles for recipe in recipes}
    if len(found) > 1:
        raise IncompatibleScene(
            f"scenes are read with different bands: {'; '.join(map(', '.join, sorted(found)))}; "
            "make the scene catalogue again"
        )
    return found.pop() if found else SIX


def override_labels(labels: Mask, block: SceneBlock, scl_table: npt.NDArray[np.int16]) -> Mask:
    """Labels as they are on one date: uint8 (h, w).

    The scene classification overrides labelled pixels only, as ``ChipSettings.scl_table`` says;
    invalid pixels are unlabelled.
    """
    said = scl_table[block.scl]
    mask = np.where((labels > 0) & (said >= 0), said, labels)
    return np.where(block.valid, mask, 0).astype(np.uint8)


def _check_masks(train_mask: Mask, gold_mask: Mask, grid: PixelGrid, legend: Legend) -> None:
    for name, mask in (("training", train_mask), ("gold", gold_mask)):
        if mask.shape != grid.shape or mask.dtype != np.uint8:
            raise LabelError(
                f"{name} mask is {mask.dtype} of {mask.shape}, must be uint8 of {grid.shape}: "
                "burn the labels on the tile's own grid"
            )
        if int(mask.max()) > len(legend.classes):
            raise UnknownClass(f"{name} mask holds code {int(mask.max())}, not in {legend.name}")
    both = (train_mask > 0) & (gold_mask > 0)
    if both.any():
        row, col = np.argwhere(both)[0]
        raise LabelLeak(
            f"{int(both.sum())} pixels have a training and a gold label, first at row {row}, "
            f"column {col}: what judges a model must never train it; burn the labels again"
        )
    if not train_mask.any() and not gold_mask.any():
        raise NoLabels("no pixel of the area is labelled; check tile, year and area of interest")


_OBSTACLES = {"no data": NO_DATA, "clouds": CLOUDY, "unlabelled": FEW_LABELS}
"""Reason in ``Chips.dropped`` → reason in the account."""


def _reason_to_drop(
    block: SceneBlock, mask: Mask, split: str, settings: ChipSettings, layout: ChipLayout
) -> str:
    """Why a chip is not kept; empty when it is."""
    if 1.0 - block.valid.mean() > settings.max_invalid_share:
        return "no data"
    if np.isin(block.scl, SCL_CLOUDS).mean() > settings.max_cloud_share:
        return "clouds"
    needed = layout.min_labelled_share if split == TRAIN else 0.0
    labelled = (mask > 0).mean()
    return "unlabelled" if labelled == 0 or labelled < needed else ""


def _quantise(block: SceneBlock, recipe: SceneRecipe) -> npt.NDArray[np.uint16]:
    scaled = np.rint(block.reflectance * np.float32(REFLECTANCE_SCALE))
    if scaled.min() < 0 or scaled.max() > REFLECTANCE_SCALE:
        raise NotFinite(f"scene {recipe.id}: reflectance lies outside 0–1")
    # What the network will see where there is no data is what it learns to see there.
    return fill_no_data(scaled.astype(np.uint16), block.valid)


def _index_row(
    recipe: SceneRecipe,
    place: Place,
    block: SceneBlock,
    shares: Mapping[str, float],
    grid: PixelGrid,
) -> dict[str, Any]:
    window = place.window
    return {
        "chip_id": f"{recipe.id}_{place.split}_{window.row:05d}_{window.col:05d}",
        "scene_id": recipe.id,
        "date": recipe.date,
        "row": window.row,
        "col": window.col,
        "block_id": place.block_id,
        "split": place.split,
        "labelled_share": 1.0 - shares[_UNLABELLED],
        "cloud_share": float(np.isin(block.scl, SCL_CLOUDS).mean()),
        **{f"{SHARE}{name}": share for name, share in shares.items() if name != _UNLABELLED},
        "geometry": shapely.box(*grid.cut(window).bounds),
    }


def _shares(mask: Mask, legend: Legend) -> dict[str, float]:
    """Share of a chip's pixels by class name, and without a label."""
    shares = np.bincount(mask.ravel(), minlength=len(legend.classes) + 1) / mask.size
    return dict(zip((_UNLABELLED, *legend.names), map(float, shares), strict=True))


def _require_folds(rows: list[dict[str, Any]], train_mask: Mask, dropped: Counter[str]) -> None:
    counts = Counter(row["split"] for row in rows)
    wanted = (TRAIN, VALIDATION) if train_mask.any() else ()
    missing = [split for split in wanted if not counts[split]]
    if missing or not rows:
        reasons = ", ".join(f"{n} for {reason}" for reason, n in sorted(dropped.items()))
        raise NoTrainingChips(
            f"no chip is left in split {' and '.join(missing) or 'gold'}; kept: "
            f"{dict(sorted(counts.items()))}; dropped: {reasons or 'none'}. Give more dates, "
            "more labels, or wider filters"
        )
