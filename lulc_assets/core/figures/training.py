"""Figures of training: what the network was shown, and how it learnt.

What belongs here: curves and chips. What does not: accuracy of maps
(``accuracy_figures.py``).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.maps import add_class_legend
from lulc_assets.core.figures.quicklook import class_rgb, true_color
from lulc_assets.core.figures.style import (
    ACCENT,
    CONTRAST,
    MUTED,
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    legend_height_in,
    notice_figure,
    present_codes,
)
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.scene.bands import SIX

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lulc_assets.core.model.card import Epoch  # loads torch

CHIP_SCALE = 10_000
"""Chips store reflectance × 10000 as uint16."""

_MOST_CHIPS = 12


def loss_curve_figure(history: Sequence["Epoch"], unit: str = "labelled pixels") -> bytes:
    """Loss and accuracy by epoch, training and validation together.

    Args:
        history: one row per epoch; NaN leaves a gap. A dotted line marks each fall of the
            learning rate.
        unit: what accuracy is a share of.

    Returns:
        PNG bytes.
    """
    if not history:
        return notice_figure("Training", "No epoch has finished yet.")
    epochs = [row.epoch for row in history]
    with drawing(3.9) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True)
        figure.suptitle("Training", x=0.02, ha="left", fontsize=10, fontweight="bold")
        for axes, key, scale in ((upper, "loss", 1.0), (lower, "accuracy", 100.0)):
            for part, color, mark in (("train", CONTRAST, "s"), ("val", ACCENT, "o")):
                values = [scale * getattr(row, f"{part}_{key}") for row in history]
                label = "training" if part == "train" else "validation"
                axes.plot(epochs, values, color=color, marker=mark, markersize=3.5, label=label)
            _mark_rate_drops(axes, history)
            axes.grid()
        upper.set_ylabel("Loss")
        lower.set_ylabel(f"Accuracy, % of\n{unit}")
        lower.set_xlabel("Epoch")
        lower.xaxis.get_major_locator().set_params(integer=True)
        handles, labels = upper.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        return encode_figure(figure)


def rate_drops(history: Sequence["Epoch"]) -> list[tuple[int, float]]:
    """Epochs from which on the learning rate is lower than before, and the new rate."""
    drops = []
    for before, after in pairwise(history):
        if after.learning_rate < before.learning_rate:
            drops.append((after.epoch, after.learning_rate))
    return drops


def _mark_rate_drops(axes: "Axes", history: Sequence["Epoch"]) -> None:
    for place, (epoch, _) in enumerate(rate_drops(history)):
        label = "learning rate lowered" if place == 0 else None
        axes.axvline(epoch - 0.5, color=MUTED, linestyle=":", linewidth=1.2, label=label)


def chip_panel_figure(
    images: npt.NDArray[Any],
    masks: npt.NDArray[np.uint8],
    legend: Legend,
    roles: Sequence[str] = SIX,
) -> bytes:
    """At most twelve chips in true colour, taken evenly from the whole array, with their labels.

    Args:
        images: shape (n, bands, s, s); uint16 of reflectance × 10000, or float of 0–1.
        masks: shape (n, s, s), uint8, 0 = unlabelled (grey).
        legend: of the masks.
        roles: of the bands.

    Returns:
        PNG bytes.
    """
    count = min(len(images), _MOST_CHIPS)
    if count == 0:
        return notice_figure("Training chips", "There is no chip.")
    chosen = np.unique(np.linspace(0, len(images) - 1, count).round().astype(int))
    columns = min(4, count)
    lines = -(-count // columns)
    shown = present_codes([masks[chosen]], legend)
    zero = "Unlabelled" if np.any(masks[chosen] == LandCover.NO_DATA) else None
    panel = (WIDTH_IN - 0.1) / columns
    with drawing(2 * lines * panel + 0.4 + legend_height_in(shown, legend, zero)) as figure:
        grid = figure.subplots(2 * lines, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for place, index in enumerate(chosen):
            line, column = divmod(place, columns)
            for axes, image in (
                (grid[2 * line, column], chip_rgb(images[index], roles)),
                (grid[2 * line + 1, column], class_rgb(masks[index], legend)),
            ):
                axes.set_axis_on()
                bare_image(axes, image)
            grid[2 * line, column].set_title(f"chip {index}", fontsize=8, fontweight="normal")
        text = f"Training chips: {count} of {len(images)}, labels below each"
        figure.suptitle(text, x=0.02, ha="left", fontsize=10, fontweight="bold")
        add_class_legend(figure, shown, legend, zero)
        return encode_figure(figure)


def chip_rgb(image: npt.NDArray[Any], roles: Sequence[str] = SIX) -> npt.NDArray[np.uint8]:
    """One chip (bands, s, s) in true colour; pixels that are 0 in all bands are grey."""
    whole = np.issubdtype(image.dtype, np.integer)
    reflectance = image.astype(np.float32) / np.float32(CHIP_SCALE if whole else 1)
    return true_color(reflectance, np.any(image != 0, axis=0), roles)
