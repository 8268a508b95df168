"""Figures of calibration: whether probabilities mean what they say.

What belongs here: reliability diagrams. What does not: their numbers
(``core/model/reliability.py``).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lulc_assets.core.figures.style import (
    ACCENT,
    CONTRAST,
    MUTED,
    drawing,
    encode_figure,
    notice_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lulc_assets.core.model.reliability import Reliability  # loads torch

_FEWEST_SHOWN = 0.001
"""A bin with a smaller share of the pixels is a matter of chance and gets no point."""


def reliability_figure(
    panels: Mapping[str, "Reliability"], title: str, unit: str = "pixels"
) -> bytes:
    """Share correct against probability, a panel each for before and after calibration.

    On the dotted line a probability means what it says; below it the model is too sure. The
    bars show how many units have which probability.

    Args:
        panels: title → reliability; one or two are legible.
        title: printed above.
        unit: what is counted, in the plural.

    Returns:
        PNG bytes.
    """
    if not any(found.pixels.sum() for found in panels.values()):
        return notice_figure(title, f"There are no {unit} to judge probabilities by.")
    with drawing(3.3) as figure:
        grid = figure.subplots(
            2, len(panels), sharex=True, sharey="row", squeeze=False, height_ratios=(4, 1)
        )
        figure.suptitle(title, x=0.02, ha="left", fontsize=10, fontweight="bold")
        for (upper, lower), (name, found) in zip(grid.T, panels.items(), strict=True):
            _draw_diagram(upper, found)
            _draw_pixels(lower, found)
            error = 100 * found.expected_calibration_error
            upper.set_title(f"{name}: error {error:.1f} points", fontsize=9, fontweight="normal")
            lower.set_xlabel("Probability of the\npredicted class")
        grid[0, 0].set_ylabel("Share correct")
        grid[1, 0].set_ylabel(f"{unit.capitalize()}, %")
        return encode_figure(figure)


def _draw_diagram(axes: "Axes", found: "Reliability") -> None:
    pixels = found.pixels.astype(np.float64)
    shown = pixels > _FEWEST_SHOWN * pixels.sum()
    confidence = found.confidence[shown] / pixels[shown]
    correct = found.correct[shown] / pixels[shown]
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=":", linewidth=1.2)
    axes.vlines(confidence, confidence, correct, color=CONTRAST, linewidth=1.2)
    axes.plot(confidence, correct, color=ACCENT, marker="o", markersize=3.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xticks([0, 0.5, 1])
    axes.grid()


def _draw_pixels(axes: "Axes", found: "Reliability") -> None:
    pixels = found.pixels.astype(np.float64)
    edges = np.linspace(0, 1, len(pixels) + 1)
    shares = 100 * pixels / max(1.0, pixels.sum())
    axes.bar(edges[:-1], shares, width=np.diff(edges), align="edge", color=ACCENT)
