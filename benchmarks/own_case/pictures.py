"""Pictures of an own case: what was brought, what came out, and the border of two tiles.

What belongs here: drawing. What does not: what is drawn (``truth``, ``border``).
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.own_case.border import Mosaic
from benchmarks.own_case.truth import Codes
from lulc_assets.core.legend import Legend

_BORDER_PX = 64
"""Shown to each side of the border."""


def draw_given(
    area: Path, labels: Path, column: str, mosaic: Mosaic, legend: Legend, path: Path
) -> None:
    """The polygon, the labels and the border of the tiles."""
    epsg, extent = mosaic.grid.epsg, _extent(mosaic)
    figure = Figure(figsize=(8.2, 3.9), layout="constrained")
    axes = figure.add_subplot()
    drawn = gpd.read_file(labels).to_crs(epsg)
    for each in legend.classes:
        part = drawn[drawn[column] == each.name]
        if len(part):
            part.plot(ax=axes, color=each.color, linewidth=0)
    gpd.read_file(area).to_crs(epsg).boundary.plot(ax=axes, color="black", linewidth=1.2)
    axes.axvline(mosaic.grid.x0 + 10 * mosaic.border, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlim(extent[0] - 300, extent[1] + 300)
    axes.set_ylim(extent[2] - 300, extent[3] + 300)
    _bare(axes)
    figure.legend(handles=_swatches(legend), loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path, dpi=110)


def draw_map(mosaic: Mosaic, legend: Legend, path: Path) -> None:
    """Map above truth, with the border of the tiles."""
    figure = Figure(figsize=(8.2, 7.2), layout="constrained")
    for axes, codes, title in zip(
        figure.subplots(2, 1), (mosaic.mapped, mosaic.truth), ("map", "truth"), strict=True
    ):
        axes.imshow(codes, **_paint(legend))
        axes.axvline(mosaic.border - 0.5, color="black", linewidth=0.8, linestyle="--")
        axes.set_title(title, fontsize=10, loc="left")
        _bare(axes)
    figure.legend(handles=_swatches(legend), loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path, dpi=110)


def draw_border(
    mosaic: Mosaic,
    twice: tuple[Codes, Codes],
    legend: Legend,
    title: str,
    path: Path,
    seam: int | None = None,
) -> None:
    """The map about the border; ground that both tiles saw, mapped from each; the difference.

    Args:
        mosaic: of both tiles.
        twice: the same ground by the western and the eastern tile.
        legend: of the codes.
        title: of the difference.
        path: of the picture.
        seam: column of that ground from which on the eastern tile counts.
    """
    first = max(0, mosaic.border - _BORDER_PX)
    near = mosaic.mapped[:, first : mosaic.border + _BORDER_PX]
    west, east = twice
    columns = near.shape[1] + 3 * west.shape[1]
    height = min(10.5, 8.0 * near.shape[0] / columns + 0.9)
    figure = Figure(figsize=(8.2, height), layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=[near.shape[1], *(3 * [west.shape[1]])])
    axes[0].imshow(near, **_paint(legend))
    axes[0].axvline(mosaic.border - first - 0.5, color="black", linewidth=0.8, linestyle="--")
    for axis, codes in zip(axes[1:3], twice, strict=True):
        axis.imshow(codes, **_paint(legend))
    both = (west > 0) & (east > 0)
    differs = np.where(both, np.where(west != east, 2, 1), 0)
    axes[3].imshow(differs, cmap=ListedColormap(["white", "#E4E4E4", "#B00020"]), vmin=0, vmax=2,
                   interpolation="nearest")  # fmt: skip
    titles = ("the map", "by the western tile", "by the eastern tile", title)
    for axis, text in zip(axes, titles, strict=True):
        axis.set_title(text, fontsize=9, loc="left")
        _bare(axis)
    if seam is not None:
        for axis in axes[1:]:
            axis.axvline(seam - 0.5, color="black", linewidth=0.8, linestyle="--")
    figure.legend(handles=_swatches(legend), loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path, dpi=110)


def _paint(legend: Legend) -> dict[str, object]:
    colors: npt.NDArray[np.float64] = legend.rgb_table() / 255
    shown = {"cmap": ListedColormap(colors), "vmin": -0.5, "vmax": len(colors) - 0.5}
    return {**shown, "interpolation": "nearest"}


def _swatches(legend: Legend) -> list[Patch]:
    return [Patch(facecolor=c.color, label=c.title) for c in legend.land]


def _extent(mosaic: Mosaic) -> tuple[float, float, float, float]:
    left, bottom, right, top = mosaic.grid.bounds
    return left, right, bottom, top


def _bare(axes: object) -> None:
    axes.set_xticks([])  # type: ignore[attr-defined]
    axes.set_yticks([])  # type: ignore[attr-defined]
