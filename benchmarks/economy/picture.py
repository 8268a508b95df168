"""Accuracy against cost, as a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from lulc_assets.core.figures.style import ACCENT, CONTRAST, INK, MUTED, drawing, encode_figure

_KINDS = {
    "date": ("early stop, scenes by date", ACCENT, "o"),
    "gain": ("early stop, scenes by what they add", MUTED, "o"),
    "fewer": ("fewer scenes for the whole tile", CONTRAST, "s"),
    "int8": ("INT8, and with early stop by date", INK, "D"),
}


def draw(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Points of recipes, joined by kind; all scenes as a star. Returns PNG bytes."""
    with drawing(3.8) as figure:
        axes = figure.subplots()
        for mark, (label, color, marker) in _KINDS.items():
            points = sorted(
                (one["core_hours"], 100 * one["accuracy"]) for one in rows if one["kind"] == mark
            )
            if points:
                axes.plot(*zip(*points, strict=True), color=color, marker=marker, markersize=4,
                          linewidth=1.2, label=label)  # fmt: skip
        axes.scatter(rows[0]["core_hours"], 100 * rows[0]["accuracy"], marker="*", s=90,
                     color=INK, zorder=5, label="all scenes")  # fmt: skip
        axes.set(xlabel="core-hours per 1,000 km² and year", ylabel="pixels right, %")
        axes.set_xlim(left=0)
        axes.set_title("What accuracy costs")
        axes.grid()
        axes.margins(y=0.08)
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.98))
        return encode_figure(figure)
