"""Figures of change and alerts: where, from what to what, how well shown.

What belongs here: figures whose subject is change. What does not: maps of one year (``maps``).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.layers import FROM, SHOWN
from lulc_assets.core.figures.formats import format_number
from lulc_assets.core.figures.maps import add_class_legend, draw_on_grid
from lulc_assets.core.figures.quicklook import NO_DATA_RGB, class_palette
from lulc_assets.core.figures.style import (
    MUTED,
    WIDTH_IN,
    drawing,
    encode_figure,
    legend_height_in,
    notice_figure,
    pair_labels,
    present_codes,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend

_FIGURE_PX = 900
_MOST_ROWS = 12
_PALE = 0.72
"""How far the map of before is whitened, so that change stands out."""
GRADE_COLORS = {
    "sustained": "#7a0177", "recent": "#dd3497", "flicker": "#bdbdbd", "insufficient": "#e8e8e8",
}  # fmt: skip
STEP_COLORS = {1: "#fed976", 2: "#fd8d3c", 3: "#b10026", 4: "#6baed6"}
STEP_TITLES = {1: "Possible", 2: "Likely", 3: "Confirmed", 4: "Rejected"}

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


def change_figure(from_to: U16, grade: U8, grid: PixelGrid, legend: Legend, title: str) -> bytes:
    """What changed into what, in full colour on a pale map of the year before.

    Args:
        from_to: (h, w) uint16, see ``core/change/layers``.
        grade: (h, w) uint8.
        grid: of both.
        legend: of the codes.
        title: printed above.

    Returns:
        PNG bytes; sustained and recent changes are drawn, each pixel of a large map stands for a
        block of pixels and shows a change if the block has one.
    """
    shown = np.isin(grade, SHOWN)
    before = (from_to // FROM).astype(np.uint8)
    to = np.where(shown, from_to % FROM, 0).astype(np.uint8)
    step = -(-max(grid.shape) // _FIGURE_PX)
    palette = class_palette(legend)
    base = palette[before[::step, ::step]].astype(np.float64)
    image = (base + (255 - base) * _PALE).astype(np.uint8)
    top = _largest(to, step)
    image[top > 0] = palette[top[top > 0]]
    codes = present_codes([to], legend)
    if not codes:
        title = f"{title}: no lasting change is shown"
    with drawing(_map_height(grid) + 1.05 + legend_height_in(codes, legend, None)) as figure:
        axes = figure.add_subplot()
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.0, fontweight="bold")
        draw_on_grid(axes, image, grid)
        add_class_legend(figure, codes, legend, None)
        return encode_figure(figure)


def transitions_figure(
    graded: Mapping[str, npt.NDArray[np.int64]], legend: Legend, pixel_ha: float, title: str
) -> bytes:
    """The largest transitions of the map, by how well each is shown.

    Args:
        graded: grade → (land + 1, land + 1) pixels by from and to.
        legend: of the codes.
        pixel_ha: area of a pixel.
        title: printed above.
    """
    grades = [one.name.lower() for one in Grade if one is not Grade.NONE]
    lasting = graded["sustained"] + graded["recent"]
    every = sum((graded[name] for name in grades), start=np.zeros_like(lasting))
    pairs = sorted(
        ((int(a), int(b)) for a, b in np.argwhere(every)),
        key=lambda pair: (-int(lasting[pair]), -int(every[pair])),
    )[:_MOST_ROWS]
    if not pairs:
        return notice_figure(title, "The maps of the two years agree everywhere.")
    titles = [(legend.by_code(a).title, legend.by_code(b).title) for a, b in pairs]
    names, row_in = pair_labels(titles, "→")
    with drawing(1.15 + row_in * len(pairs)) as figure:
        axes = figure.add_subplot()
        left = np.zeros(len(pairs))
        for name in grades:
            areas = np.array([graded[name][pair] * pixel_ha for pair in pairs])
            axes.barh(range(len(pairs)), areas, left=left, color=GRADE_COLORS[name],
                      edgecolor=MUTED, linewidth=0.3, height=0.7, label=name)  # fmt: skip
            left += areas
        for place, pair in enumerate(pairs):
            area = format_number(float(lasting[pair] * pixel_ha))
            axes.text(left[place], place, f" {area} shown", va="center", fontsize=8.5)
        axes.set_yticks(range(len(pairs)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, float(left.max()) * 1.3)
        axes.set_xlabel("ha by grade; shown: sustained or recent")
        axes.set_title(title)
        axes.grid(axis="x")
        figure.legend(loc="outside lower center", ncols=4)
        return encode_figure(figure)


def alerts_figure(step: U8, baseline: U8, grid: PixelGrid, legend: Legend, title: str) -> bytes:
    """Pixels on the ladder on a pale map of last year.

    Args:
        step: (h, w) uint8, see ``core/alerts/ladder.Step``.
        baseline: (h, w) uint8, last year's map.
        grid: of both.
        legend: of the map.
        title: printed above.
    """
    from matplotlib.patches import Patch

    at = -(-max(grid.shape) // _FIGURE_PX)
    base = class_palette(legend)[baseline[::at, ::at]].astype(np.float64)
    image = (base + (255 - base) * _PALE).astype(np.uint8)
    image[baseline[::at, ::at] == 0] = NO_DATA_RGB
    live = _largest(np.where(step < 4, step, 0).astype(np.uint8), at)
    closed = _largest((step == 4).astype(np.uint8), at)
    image[closed > 0] = _rgb(STEP_COLORS[4])
    for code in (1, 2, 3):
        image[live == code] = _rgb(STEP_COLORS[code])
    present = [code for code in STEP_TITLES if (step == code).any()]
    with drawing(_map_height(grid) + 1.25) as figure:
        axes = figure.add_subplot()
        suffix = "" if present else ": none"
        figure.suptitle(title + suffix, x=0.01, ha="left", fontsize=10.0, fontweight="bold")
        draw_on_grid(axes, image, grid)
        handles = [Patch(facecolor=STEP_COLORS[c], edgecolor=MUTED, linewidth=0.4,
                         label=STEP_TITLES[c]) for c in present]  # fmt: skip
        if handles:
            figure.legend(handles=handles, loc="outside lower center", ncols=4)
        return encode_figure(figure)


def _map_height(grid: PixelGrid) -> float:
    return min((WIDTH_IN - 0.9) * grid.height / grid.width, 1.5 * WIDTH_IN)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _largest(codes: U8, step: int) -> U8:
    """The largest code of blocks of pixels: a patch of a few pixels stays visible."""
    if step == 1:
        return codes
    height, width = codes.shape
    padded = np.pad(codes, ((0, -height % step), (0, -width % step)))
    found: U8 = padded.reshape(padded.shape[0] // step, step, -1, step).max(axis=(1, 3))
    return found
