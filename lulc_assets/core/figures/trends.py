"""Areas of classes over the years, with their intervals.

What belongs here: that figure and the sentence below it. What does not: estimates of change,
which need a sample of their own (``core/estimation/change``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.figures.formats import format_level, has_interval, lower_first
from lulc_assets.core.figures.style import (
    INK,
    MUTED,
    SMALL_PT,
    drawing,
    encode_figure,
    notice_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3
_ROW_IN = 1.35


def area_trend_figure(reports: Sequence[AccuracyReport]) -> bytes:
    """One small chart per class: mapped area as rings, estimates as dots with intervals.

    Args:
        reports: of one place, one per year.

    Returns:
        PNG bytes.
    """
    ordered = sorted(reports, key=lambda report: report.year)
    codes = _codes(ordered)
    if len(ordered) < 2 or not codes:
        return notice_figure("Areas by year", "There is one year only: a trend needs two.")
    lines = -(-len(codes) // _COLUMNS)
    with drawing(0.6 + _ROW_IN * lines) as figure:
        panels = figure.subplots(lines, _COLUMNS, squeeze=False).ravel()
        for axes, code in zip(panels, codes, strict=False):
            _draw_class(axes, ordered, code)
        for axes in panels[len(codes) :]:
            axes.set_axis_off()
        return encode_figure(figure)


def describe_trend(reports: Sequence[AccuracyReport]) -> str:
    """For which classes the intervals of the first and last year lie apart."""
    ordered = sorted(reports, key=lambda report: report.year)
    first, last = ordered[0], ordered[-1]
    apart = []
    for code in _codes(ordered):
        before, after = _class(first, code), _class(last, code)
        if before is None or after is None:
            continue
        old, new = before.area_ha, after.area_ha
        if old is None or new is None or not (has_interval(old) and has_interval(new)):
            continue
        if old.ci_high < new.ci_low:
            apart.append(f"{lower_first(after.title)} grew")
        elif new.ci_high < old.ci_low:
            apart.append(f"{lower_first(after.title)} shrank")
    level = format_level(last.level)
    text = f"Rings: counted on the map. Dots: estimated, bars: {level} intervals."
    years = f"{first.year} and {last.year}"
    if not apart:
        return (
            f"{text} No class has intervals that lie apart in {years}; a difference of maps is "
            "not a trend."
        )
    return f"{text} The intervals of {years} lie apart: {', '.join(apart)}."


def _draw_class(axes: "Axes", reports: Sequence[AccuracyReport], code: int) -> None:
    from matplotlib.ticker import MaxNLocator

    found = [(report.year, row) for report in reports if (row := _class(report, code)) is not None]
    years = [year for year, _ in found]
    axes.plot(years, [row.mapped_area_ha for _, row in found], "o", mfc="none", mec=MUTED, ms=5)
    for year, row in found:
        if row.area_ha is not None and has_interval(row.area_ha):
            one = row.area_ha
            axes.vlines(year, one.ci_low, one.ci_high, color=found[0][1].color, linewidth=2.5)
            axes.plot(year, one.value, "o", color=INK, ms=3)
    axes.set_title(found[0][1].title, fontsize=SMALL_PT)
    axes.margins(x=0.25, y=0.15)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
    axes.set_ylabel("ha", fontsize=SMALL_PT)
    axes.grid(axis="y")


def _codes(reports: Sequence[AccuracyReport]) -> list[int]:
    """Classes that any of the reports maps or estimates, in the order of the legend."""
    return sorted(
        {
            row.code
            for report in reports
            for row in report.classes
            if row.mapped_area_ha > 0 or (row.area_ha is not None and row.area_ha.value > 0)
        }
    )


def _class(report: AccuracyReport, code: int) -> ClassFigures | None:
    return next((row for row in report.classes if row.code == code), None)
