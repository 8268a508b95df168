"""Figures of class maps and labels: where each class lies, and how much of it there is.

What belongs here: figures whose subject is a raster of class codes. What does not:
scenes (``scene_figures.py``), accuracies (``accuracy_figures.py``).
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.formats import format_number, format_share
from lulc_assets.core.figures.quicklook import NO_DATA_RGB, class_rgb, shrink_classes
from lulc_assets.core.figures.style import (
    INK,
    MUTED,
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    legend_columns,
    legend_height_in,
    notice_figure,
    present_codes,
    shorten,
    swatches,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LandCover

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FIGURE_PX = 900
"""About as many pixels as a figure has: a larger map is shrunk by mode before drawing."""
_SEASON_PX = 450


def map_figure(
    class_map: npt.NDArray[np.uint8], grid: PixelGrid, legend: Legend, title: str
) -> bytes:
    """A class map with coordinates, scale bar, north arrow and the classes it holds.

    Args:
        class_map: codes, shape of ``grid``, uint8, 0 = no data.
        grid: where the map lies; north is up.
        legend: of the codes.
        title: printed above.

    Returns:
        PNG bytes.
    """
    return _georeferenced(class_map, grid, legend, title, "No data")


def label_figure(
    mask: npt.NDArray[np.uint8],
    legend: Legend,
    grid: PixelGrid | None = None,
    title: str = "Labels",
) -> bytes:
    """A mask of labels with the classes it holds, unlabelled ground in grey.

    Args:
        mask: codes, shape (h, w), uint8, 0 = unlabelled.
        legend: of the codes.
        grid: adds coordinates, scale bar and north arrow.
        title: printed above.
    """
    return _georeferenced(mask, grid, legend, title, "Unlabelled")


def _georeferenced(
    codes: npt.NDArray[np.uint8],
    grid: PixelGrid | None,
    legend: Legend,
    title: str,
    zero_title: str,
) -> bytes:
    shown = present_codes([codes], legend)
    zero = zero_title if np.any(codes == LandCover.NO_DATA) else None
    below = legend_height_in(shown, legend, zero)
    height, width = codes.shape
    map_height = min((WIDTH_IN - 0.9) * height / width, 1.5 * WIDTH_IN)
    with drawing(map_height + 1.05 + below) as figure:
        axes = figure.add_subplot()
        # The layout makes room for a title of the figure, not for one of axes of fixed shape.
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.0, fontweight="bold")
        image = class_rgb(shrink_classes(codes, _FIGURE_PX), legend)
        if grid is None:
            axes.imshow(image)
            axes.set_xlabel("Column, pixels")
            axes.set_ylabel("Row, pixels")
        else:
            draw_on_grid(axes, image, grid)
        add_class_legend(figure, shown, legend, zero)
        return encode_figure(figure)


def add_class_legend(figure: "Figure", codes: list[int], legend: Legend, zero: str | None) -> None:
    """Put the classes that occur below a figure, in columns."""
    handles = swatches(codes, legend, zero)
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=legend_columns(codes, legend),
            handlelength=1.2,
            handleheight=1.0,
            columnspacing=1.2,
        )


def draw_on_grid(axes: "Axes", image: npt.NDArray[np.uint8], grid: PixelGrid) -> None:
    """Show a picture (h, w, 3) with coordinates, scale bar and north arrow."""
    left, bottom, right, top = (v / 1000 for v in grid.bounds)
    axes.imshow(image, extent=(left, right, bottom, top))
    axes.set_xlabel(f"Easting, km (EPSG:{grid.epsg})")
    axes.set_ylabel("Northing, km")
    axes.locator_params(nbins=4)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.tick_params(axis="y", labelrotation=90)
    for label in axes.get_yticklabels():
        label.set_verticalalignment("center")
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
    _draw_scale_bar(axes, grid)
    _draw_north(axes)


def scale_bar_m(width_m: float) -> float:
    """A round length (1, 2 or 5 times a power of ten) of at most a quarter of a width."""
    exponent = 10.0 ** math.floor(math.log10(width_m / 4))
    return max(step * exponent for step in (1, 2, 5) if step * exponent <= width_m / 4)


def format_length(length_m: float) -> str:
    """``500 m`` or ``2 km``."""
    return f"{length_m / 1000:g}\u00a0km" if length_m >= 1000 else f"{length_m:g}\u00a0m"


def _draw_scale_bar(axes: "Axes", grid: PixelGrid) -> None:
    from matplotlib.patches import Rectangle

    width_m = grid.width * grid.pixel_m
    length_m = scale_bar_m(width_m)
    share = length_m / width_m
    box: Any = {"transform": axes.transAxes, "clip_on": False}
    back = Rectangle((0.03, 0.03), share + 0.06, 0.095, facecolor="white", alpha=0.85, **box)
    axes.add_patch(back)
    axes.add_patch(Rectangle((0.06, 0.05), share, 0.012, facecolor=INK, **box))
    axes.text(
        0.06 + share / 2, 0.072, format_length(length_m), ha="center", va="bottom",
        fontsize=8.5, transform=axes.transAxes,
    )  # fmt: skip


def _draw_north(axes: "Axes") -> None:
    axes.annotate(
        "N",
        xy=(0.95, 0.97),
        xytext=(0.95, 0.865),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontweight="bold",
        bbox={
            "boxstyle": "round,pad=0.2",
            "facecolor": "white",
            "edgecolor": "none",
            "alpha": 0.85,
        },
        arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0},
    )


def class_histogram_figure(
    amounts: Mapping[int, float], legend: Legend, unit: str = "ha", title: str = "Class areas"
) -> bytes:
    """How much of each class there is, as bars with numbers and shares.

    Args:
        amounts: class code → area or count; code 0 counts as no data. Zeros are left out.
        legend: of the codes.
        unit: printed on the axis and behind the numbers, e.g. ``ha`` or ``pixels``.
        title: printed above.

    Returns:
        PNG bytes.
    """
    rows = [(code, float(amounts[code])) for code in sorted(amounts) if amounts[code] > 0]
    total = sum(amount for _, amount in rows)
    if not rows:
        return notice_figure(title, "There is nothing to count: every amount is zero.")
    with drawing(0.75 + 0.27 * len(rows)) as figure:
        axes = figure.add_subplot()
        for place, (code, amount) in enumerate(rows):
            color, _ = _class_style(code, legend)
            axes.barh(place, amount, color=color, edgecolor=MUTED, linewidth=0.5, height=0.7)
            text = f" {format_number(amount)}  ({format_share(amount / total)})"
            axes.text(amount, place, text, va="center", fontsize=8.5)
        axes.set_yticks(
            range(len(rows)), [shorten(_class_style(code, legend)[1]) for code, _ in rows]
        )
        axes.invert_yaxis()
        axes.set_xlim(0, max(amount for _, amount in rows) * 1.42)
        axes.set_xlabel(f"{unit} (share of all)")
        axes.set_title(title)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
        axes.grid(axis="x")
        return encode_figure(figure)


def seasons_figure(
    maps: Mapping[str, tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]],
    legend: Legend,
) -> bytes:
    """Maps of seasons side by side, and below each how often its ground was seen.

    Args:
        maps: name → class codes (h, w) uint8, 0 = no data, and votes counted (h, w) uint8.
        legend: of the codes.

    Returns:
        PNG bytes.
    """
    from matplotlib.ticker import MaxNLocator

    classes = {name: shrink_classes(pair[0], _SEASON_PX) for name, pair in maps.items()}
    seen = {name: pair[1][:: _step(pair[1]), :: _step(pair[1])] for name, pair in maps.items()}
    most = max((int(votes.max()) for votes in seen.values()), default=0)
    height, width = next(iter(classes.values())).shape
    row_in = WIDTH_IN / len(maps) * height / width + 0.25
    zero = "No data" if any(np.any(codes == 0) for codes in classes.values()) else None
    codes = present_codes(list(classes.values()), legend)
    with drawing(2 * row_in + 0.55 + legend_height_in(codes, legend, zero)) as figure:
        axes = figure.subplots(2, len(maps), squeeze=False)
        for column, name in enumerate(maps):
            bare_image(axes[0, column], class_rgb(classes[name], legend), name)
            bare_image(axes[1, column], seen[name])
            shown = axes[1, column].images[0]
            shown.set(cmap="viridis", clim=(0, max(most, 1)))
        whole = MaxNLocator(6, integer=True)
        bar = figure.colorbar(shown, ax=axes[1, :], location="bottom", fraction=0.06, ticks=whole)
        bar.set_label("Votes counted")
        add_class_legend(figure, codes, legend, zero)
        return encode_figure(figure)


def _step(votes: npt.NDArray[np.uint8]) -> int:
    return -(-max(votes.shape) // _SEASON_PX)


def _class_style(code: int, legend: Legend) -> tuple[str, str]:
    """Colour and title of a code."""
    if code == LandCover.NO_DATA:
        return "#{:02x}{:02x}{:02x}".format(*NO_DATA_RGB), "No data"
    known = legend.by_code(code)
    return known.color, known.title
