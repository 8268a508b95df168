"""Pictures of the dates and places that each rule found in Romania.

What belongs here: maps of dates, and of the largest alerts the ground before and after with its
series. What does not: figures. Nothing here says who is right.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.colors import Normalize
from matplotlib.dates import DateFormatter, YearLocator, date2num
from matplotlib.figure import Figure
from scipy import ndimage

from benchmarks.change.landscapes import Scenery
from lulc_assets.core.change.dates import day_number, day_of_number
from lulc_assets.core.figures.style import ACCENT, CONTRAST, INK, MUTED

U16 = npt.NDArray[np.uint16]
PLACES = 4
AROUND_PX = 6
"""Pixels around a place that its pictures show."""
_COLUMNS = 4


def draw_maps(land: Scenery, alerts: Mapping[str, U16], path: Path) -> Path:
    """The ground before and after, and for each rule the dates of its alerts."""
    count = len(alerts) + 2
    rows = -(-count // _COLUMNS)
    figure = Figure(figsize=(2.6 * _COLUMNS, 2.8 * rows + 0.8), layout="constrained")
    figure.get_layout_engine().set(rect=(0.0, 0.0, 1.0, 0.98))  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, year in zip(axes, (2018, 2020), strict=False):
        axis.imshow(_summer(land, year), cmap="YlGn", vmin=0.2, vmax=0.95)
        axis.set_title(f"NDVI, summer {year}", fontsize=9)
    first, last = day_number("2019-01-01"), day_number("2020-12-31")
    shown = None
    for axis, (name, days) in zip(axes[2:], alerts.items(), strict=False):
        axis.imshow(_summer(land, 2018), cmap="Greys", vmin=0.0, vmax=1.6)
        layer = np.ma.masked_equal(days.astype(float), 0)
        shown = axis.imshow(layer, cmap="plasma", norm=Normalize(first, last))
        axis.set_title(f"{name}: {(days > 0).sum() / 100:g} ha", fontsize=9)
    if shown is not None:
        bar = figure.colorbar(shown, ax=axes.tolist(), orientation="horizontal", shrink=0.5,
                              aspect=40)  # fmt: skip
        ticks = [day_number(f"{year}-{month:02d}-01") for year in (2019, 2020)
                 for month in (1, 4, 7, 10)]  # fmt: skip
        bar.set_ticks(ticks, labels=[f"{day_of_number(t):%b %Y}" for t in ticks])
        bar.ax.tick_params(labelsize=8)
        bar.set_label("date on which the rule confirmed", fontsize=9)
    figure.savefig(path, dpi=130)
    return path


def draw_places(land: Scenery, alerts: Mapping[str, U16], path: Path) -> Path:
    """The largest alerts of the first rule: a date before, one after, and the NDVI through time."""
    ours = next(iter(alerts.values()))
    labels, count = ndimage.label(ours > 0)
    size = np.bincount(labels.ravel())[1:]
    chosen = (np.argsort(-size, kind="stable") + 1)[:PLACES]
    figure = Figure(figsize=(11, 2.3 * max(len(chosen), 1) + 0.5), layout="constrained")
    axes = figure.subplots(max(len(chosen), 1), 3, squeeze=False, width_ratios=(1, 1, 4))
    if not count:
        figure.suptitle("No alert.")
    for row, number in zip(axes, chosen, strict=False):
        inside = labels == number
        confirmed = int(np.median(ours[inside]))
        for axis, at in zip(row[:2], _around(land, inside, confirmed), strict=True):
            _picture(axis, land, inside, at)
        _series(row[2], land, alerts, inside)
    handles, names = axes[0, 2].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    figure.savefig(path, dpi=130)
    return path


def _summer(land: Scenery, year: int) -> npt.NDArray[np.float64]:
    at = [i for i, day in enumerate(land.dates) if f"{year}-06" <= day <= f"{year}-09"]
    seen = np.where(land.masks[at] > 0, land.ndvi[at] / 1e4, np.nan)
    return np.nan_to_num(np.nanmedian(seen, axis=0))


def _around(land: Scenery, inside: npt.NDArray[np.bool_], day: int) -> list[int]:
    """A wholly clear date in the same season a year before, and the first after confirmation."""
    clear = np.array([(mask[inside] > 0).all() for mask in land.masks])
    numbers = np.array([day_number(one) for one in land.dates])
    after = np.flatnonzero(clear & (numbers >= day))
    before = np.flatnonzero(clear & (numbers <= day - 200))
    last = int(after[0]) if after.size else int(np.flatnonzero(clear)[-1])
    wanted = numbers[last] - 365
    return [int(before[np.argmin(abs(numbers[before] - wanted))]), last]


def _picture(axis: object, land: Scenery, inside: npt.NDArray[np.bool_], at: int) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    rows, cols = np.nonzero(inside)
    top, left = max(rows.min() - AROUND_PX, 0), max(cols.min() - AROUND_PX, 0)
    part = np.s_[top : rows.max() + AROUND_PX + 1, left : cols.max() + AROUND_PX + 1]
    axis.imshow(land.ndvi[at][part] / 1e4, cmap="YlGn", vmin=0.2, vmax=0.95)
    axis.contour(inside[part], levels=[0.5], colors=[CONTRAST], linewidths=1.2)
    axis.set_title(f"NDVI, {land.dates[at]}", fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([])


def _series(
    axis: object, land: Scenery, alerts: Mapping[str, U16], inside: npt.NDArray[np.bool_]
) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    clear = [(mask[inside] > 0).mean() >= 0.5 for mask in land.masks]
    days = [np.datetime64(day) for day, seen in zip(land.dates, clear, strict=True) if seen]
    values = [
        float(np.median(ndvi[inside][mask[inside] > 0])) / 1e4
        for ndvi, mask, seen in zip(land.ndvi, land.masks, clear, strict=True)
        if seen
    ]
    axis.plot(days, values, ".-", color=MUTED, ms=4, lw=0.7, label="NDVI, median of the patch")
    for place, (name, found) in enumerate(alerts.items()):
        dated = found[inside][found[inside] > 0]
        color, style = (ACCENT, "-") if place == 0 else (f"C{place}", ":")
        if dated.size >= inside.sum() / 2:
            day = date2num(day_of_number(int(np.median(dated))))
            axis.axvline(float(day), color=color, ls=style, lw=2 if place == 0 else 1.4)
        axis.plot([], [], color=color, ls=style, lw=2 if place == 0 else 1.4, label=name)
    axis.set_ylim(0, 1)
    axis.xaxis.set_major_locator(YearLocator())
    axis.xaxis.set_major_formatter(DateFormatter("%Y"))
    axis.tick_params(labelsize=8, colors=INK)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(f"{int(inside.sum()) / 100:g} ha", fontsize=9, loc="left")
