"""How a map was decided: the share of votes behind each pixel, and how many there were.

What belongs here: that figure and the sentence below it. What does not: classes (``maps``).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.formats import format_share
from lulc_assets.core.figures.style import WIDTH_IN, bare_image, drawing, encode_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

U8 = npt.NDArray[np.uint8]

_PANEL_PX = 600
_FULL = 255
"""A vote share of 1, as stored."""
_HALF = 128
_BARS_IN = 0.8


def votes_figure(share: U8, observations: U8) -> bytes:
    """Vote share and votes counted, side by side.

    Args:
        share: (h, w) uint8, 255 = all votes for the class shown.
        observations: (h, w) uint8, votes counted; 0 = no data, left white.

    Returns:
        PNG bytes.
    """
    step = -(-max(share.shape) // _PANEL_PX)
    seen = observations[::step, ::step]
    panels = (
        ("Vote share", np.ma.masked_where(seen == 0, share[::step, ::step] / _FULL), "magma", 1.0),
        ("Votes counted", np.ma.masked_equal(seen, 0), "viridis", float(max(seen.max(), 1))),
    )
    height, width = share.shape
    panel_in = min(WIDTH_IN / 2 * height / width, 1.5 * WIDTH_IN)
    with drawing(panel_in + _BARS_IN) as figure:
        for axes, (name, image, colors, most) in zip(figure.subplots(1, 2), panels, strict=True):
            _draw(figure, axes, name, image, colors, most)
        return encode_figure(figure)


def _draw(
    figure: "Figure",
    axes: "Axes",
    name: str,
    image: Any,
    colors: str,
    most: float,
) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    bare_image(axes, image, name)
    axes.images[0].set(cmap=colors, clim=(0, most))
    share = most <= 1 and image.dtype.kind == "f"
    ticks = MaxNLocator(4, integer=not share)
    bar = figure.colorbar(axes.images[0], ax=axes, location="bottom", fraction=0.06, ticks=ticks)
    if share:
        bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0))


def describe_votes(share: U8, observations: U8) -> str:
    """How often the map was seen, and on how much of it less than half of the votes agree."""
    seen = np.bincount(observations.ravel(), minlength=_FULL + 1)[1:]
    pixels = int(seen.sum())
    if not pixels:
        return "No pixel has a vote."
    median = int(np.searchsorted(np.cumsum(seen), (pixels + 1) // 2)) + 1
    split = int(np.count_nonzero((share < _HALF) & (observations > 0)))
    return (
        f"Half of the pixels have {median} or more votes. On {format_share(split / pixels)} of "
        "them the class shown has less than half of the weighted votes: look there first. A vote "
        "share is not a probability."
    )
