"""The house style of all figures, and how a figure becomes bytes.

What belongs here: sizes, fonts, colours, the drawing context, small parts that several
figures share. What does not: any figure.

Figures are 5 inches wide with 9–10 point letters: at a phone's width (360 CSS pixels)
a letter is then still 9 pixels high, and in print the figure fills a column. All go
through the object interface; pyplot and its global state are never imported. matplotlib
is imported when the first figure is drawn, because loading it reads a font cache and
takes longer than all other imports of this room.
"""

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.code_counts import count_codes
from lulc_assets.core.figures.quicklook import NO_DATA_RGB
from lulc_assets.core.legend import Legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 5.0
DPI = 180
_FITS_THIRD, _FITS_HALF = 20, 29
"""Letters of a legend's entry."""
_FITS_ROW = 36
"""Letters beside a bar."""
SMALL_PT = 8.5
"""The smallest letters: 8.5 pixels on a phone of 360."""
INK = "#1f2933"
MUTED = "#66727f"
GRID = "#d9dee3"
ACCENT = "#1b6ca8"
"""Blue; with :data:`CONTRAST` safe for the common kinds of colour blindness (Okabe & Ito)."""
CONTRAST = "#b45309"

_RC: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "text.parse_math": False,  # a "$" in a scene id is a dollar sign
}

_one_at_a_time = threading.Lock()
"""matplotlib's settings are global to the process, so figures are drawn one by one."""


@contextmanager
def drawing(height_in: float, width_in: float = WIDTH_IN) -> Iterator["Figure"]:
    """An empty figure under the house style; draw and encode it inside the context.

    A user's own matplotlib settings do not apply: the bytes depend on the data only.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with _one_at_a_time, mpl.rc_context(), warnings.catch_warnings():
        # Titles come from outside: a script that the font lacks shows as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield Figure(figsize=(width_in, height_in), dpi=DPI, layout="constrained")


def encode_figure(figure: "Figure") -> bytes:
    """PNG bytes without date or software version: same drawing, same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def draw_notice(figure: "Figure", title: str, text: str) -> None:
    """Fill a figure with a sentence that says why there is nothing to draw."""
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_title(title)
    axes.text(0.0, 0.9, wrap_text(text, 62), va="top", color=MUTED, transform=axes.transAxes)


def notice_figure(title: str, text: str) -> bytes:
    """A small picture with a title and a sentence."""
    with drawing(1.4) as figure:
        draw_notice(figure, title, text)
        return encode_figure(figure)


def wrap_text(text: str, width: int) -> str:
    """Break a text into lines of at most ``width`` characters."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) or text


def present_codes(arrays: Sequence[npt.NDArray[np.uint8]], legend: Legend) -> list[int]:
    """Codes of the legend that occur in any of the arrays, in order."""
    found = np.zeros(256, dtype=bool)
    for array in arrays:
        found |= count_codes(array) > 0
    return [code for code in legend.codes if found[code]]


def shorten(title: str) -> str:
    """A title of a class that fits into half the width of a figure; the end is cut."""
    return title if len(title) <= _FITS_HALF else f"{title[: _FITS_HALF - 1].rstrip()}…"


def pair_labels(pairs: Sequence[tuple[str, str]], between: str) -> tuple[list[str], float]:
    """Names of pairs of classes as labels of rows, and the height that a row needs.

    Args:
        pairs: two titles each.
        between: printed between them; long pairs take two lines, all or none of them.
    """
    shown = [(shorten(first), shorten(second)) for first, second in pairs]
    if all(len(first) + len(between) + len(second) <= _FITS_ROW for first, second in shown):
        return [f"{first} {between} {second}" for first, second in shown], 0.27
    return [f"{first}\n{between} {second}" for first, second in shown], 0.42


def matrix_width_in(classes: int) -> float:
    """Width of a figure with a column per class: the usual one up to ten, then as they need."""
    return WIDTH_IN + 0.36 * max(0, classes - 10)


def legend_columns(codes: Sequence[int], legend: Legend) -> int:
    """How many columns of class titles go side by side: three, or two where one is long."""
    longest = max((len(legend.by_code(code).title) for code in codes), default=0)
    return 3 if longest <= _FITS_THIRD else 2


def legend_height_in(codes: Sequence[int], legend: Legend, zero: str | None) -> float:
    """Room that the legend of classes needs below a figure."""
    return 0.19 * -(-(len(codes) + (zero is not None)) // legend_columns(codes, legend))


def swatches(codes: Sequence[int], legend: Legend, zero: str | None = None) -> list[Any]:
    """Legend handles: one coloured square per class, and one for code 0 if it has a name."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=c.color, edgecolor=MUTED, linewidth=0.4, label=shorten(c.title))
        for c in (legend.by_code(code) for code in codes)
    ]
    if zero is not None:
        grey = "#{:02x}{:02x}{:02x}".format(*NO_DATA_RGB)
        handles.append(Patch(facecolor=grey, edgecolor=MUTED, linewidth=0.4, label=zero))
    return handles


def bare_image(axes: "Axes", image: npt.NDArray[np.uint8], title: str = "") -> None:
    """Show a picture without ticks but with a thin frame."""
    axes.imshow(image)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
    if title:
        axes.set_title(title, fontsize=9)
