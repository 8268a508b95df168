"""Figures of scenes: what the sensor saw, what was predicted, which dates were used.

What belongs here: figures whose subject is one scene or the list of candidates. What
does not: yearly maps (``maps``), training (``training``).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.maps import add_class_legend
from lulc_assets.core.figures.quicklook import (
    Rgb,
    class_rgb,
    shrink,
    shrink_classes,
)
from lulc_assets.core.figures.style import (
    ACCENT,
    CONTRAST,
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    legend_height_in,
    notice_figure,
    present_codes,
    swatches,
    wrap_text,
)
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LandCover

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_PANEL_PX = 450
_TITLE_LETTERS = 60
"""A Sentinel-2 product id has 60 characters and just fits."""
_MOST_BESIDE = 11
"""Classes whose legend fits into the fourth panel; that of more goes below."""
MASKED_RGB = (250, 250, 250)


def prediction_figure(
    true_color_rgb: Rgb,
    class_map: npt.NDArray[np.uint8],
    votes: npt.NDArray[np.bool_],
    legend: Legend,
    title: str,
) -> bytes:
    """A scene, its predicted classes, and what of them may vote for the year.

    Args:
        true_color_rgb: shape (h, w, 3), uint8.
        class_map: predicted codes, shape (h, w), uint8, 0 = no data.
        votes: shape (h, w); False where the scene's mask keeps the pixel from voting.
        legend: of the codes.
        title: printed above, usually the scene id.

    Returns:
        PNG bytes.
    """
    height, width = class_map.shape
    codes = shrink_classes(class_map, _PANEL_PX)
    counted = np.where(votes & (class_map <= len(legend.land)), class_map, 255).astype(np.uint8)
    voting = shrink_classes(counted, _PANEL_PX)
    masked = class_rgb(voting, legend)
    masked[(voting == 255) & (codes != LandCover.NO_DATA)] = MASKED_RGB
    share = np.count_nonzero((counted != 255) & (class_map != 0)) / class_map.size
    shown = present_codes([class_map], legend)
    zero = "No data" if np.any(class_map == LandCover.NO_DATA) else None
    panel = (WIDTH_IN - 0.1) / 2 * height / width
    beside = len(shown) <= _MOST_BESIDE
    below = 0.0 if beside else legend_height_in(shown, legend, zero)
    with drawing(2 * panel + 1.0 + below) as figure:
        axes = figure.subplots(2, 2)
        bare_image(axes[0, 0], shrink(true_color_rgb, _PANEL_PX), "True colour")
        bare_image(axes[0, 1], class_rgb(codes, legend), "Predicted class")
        bare_image(axes[1, 0], masked, f"Votes ({share:.0%}); white: masked")
        axes[1, 1].set_axis_off()
        if beside:
            handles = swatches(shown, legend, zero)
            axes[1, 1].legend(handles=handles, loc="center left", handlelength=1.2)
        else:
            add_class_legend(figure, shown, legend, zero)
        figure.suptitle(wrap_text(title, _TITLE_LETTERS), fontsize=9, fontweight="bold")
        return encode_figure(figure)


def scene_timeline_figure(candidates: "pd.DataFrame", title: str = "Scenes of the year") -> bytes:
    """Clear share of every candidate scene over the year; which were used.

    Args:
        candidates: columns ``datetime``, ``clear_pct`` (0–100 or NaN), ``selected``
            (bool), ``reason``; rows without a date cannot be drawn and are counted.
        title: printed above.

    Returns:
        PNG bytes.
    """
    import pandas as pd

    dates = pd.to_datetime(candidates["datetime"], utc=True)
    dated = dates.notna()
    if not dated.any():
        return notice_figure(title, "No candidate scene has a date.")
    clear = candidates["clear_pct"].astype(float).where(dated)
    selected = candidates["selected"].astype(bool)
    groups: tuple[tuple[str, pd.Series[bool], Any], ...] = (
        ("used", selected & clear.notna(), {"marker": "o", "color": ACCENT}),
        (
            "left out",
            ~selected & clear.notna(),
            {"marker": "o", "facecolor": "white", "edgecolor": CONTRAST},
        ),
        ("clear share unknown", dated & clear.isna(), {"marker": "x", "color": CONTRAST}),
    )
    with drawing(2.4) as figure:
        axes = figure.add_subplot()
        for label, rows, look in groups:
            if rows.any():
                when = dates[rows].dt.tz_localize(None).to_numpy()
                share = clear[rows].fillna(0).to_numpy()
                axes.scatter(when, share, s=34, label=f"{label} ({rows.sum()})", zorder=3, **look)
        _draw_calendar(axes, dates[dated].dt.tz_localize(None))
        undated = int((~dated).sum())
        axes.set_title(title if not undated else f"{title} ({undated} without a date not shown)")
        figure.legend(loc="outside lower center", ncols=3, handletextpad=0.2)
        return encode_figure(figure)


def _draw_calendar(axes: "Axes", dates: "pd.Series[pd.Timestamp]") -> None:
    """Months on the x axis from January of the first year to December of the last."""
    import pandas as pd
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    start = pd.Timestamp(year=dates.min().year, month=1, day=1)
    end = pd.Timestamp(year=dates.max().year, month=12, day=31)
    axes.set_xlim(start, end)  # type: ignore[arg-type]
    locator = AutoDateLocator(minticks=4, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_ylim(-4, 104)
    axes.set_ylabel("Clear, % of the area")
    axes.set_xlabel("Date (UTC)")
    axes.grid()
