"""Figures of accuracy and area: what is known about a map, and how well.

What belongs here: error matrices, areas and accuracies as pictures. What does not: their
estimation (``core/estimation``) and the sentences below them (``captions.py``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.figures.formats import format_level, has_interval
from lulc_assets.core.figures.style import (
    ACCENT,
    CONTRAST,
    GRID,
    INK,
    MUTED,
    SMALL_PT,
    drawing,
    encode_figure,
    matrix_width_in,
    notice_figure,
    shorten,
)
from lulc_assets.core.legend import Legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOG_FROM = 50.0
"""Areas whose largest is this many times the smallest are drawn on a log axis."""


def confusion_figure(
    matrix: npt.NDArray[np.int64],
    legend: Legend,
    title: str = "Confusion matrix",
    axis_titles: tuple[str, str] = ("Map class", "Reference class"),
    empty: str = "There is no reference unit to compare the map with.",
) -> bytes:
    """The error matrix as per cent of each reference class; agreement blue, confusion orange.

    Args:
        matrix: counts, rows = map, columns = reference, shape (k, k), int64; row and
            column i belong to class code i + 1. Classes without any unit are left out.
        legend: of the codes.
        title: printed above.
        axis_titles: of rows and columns.
        empty: said where there is nothing to show.

    Returns:
        PNG bytes.

    Raises:
        UnknownClass: the matrix is larger than the legend.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) > len(legend.classes):
        raise UnknownClass(
            f"error matrix of shape {matrix.shape} does not fit legend {legend.name} with "
            f"{len(legend.classes)} classes; pass a square matrix of at most that size"
        )
    used = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    if len(used) == 0:
        return notice_figure(title, empty)
    counts = matrix[np.ix_(used, used)]
    totals = counts.sum(axis=0)
    shares = np.divide(
        counts, totals, out=np.zeros(counts.shape), where=np.broadcast_to(totals > 0, counts.shape)
    )
    with drawing(1.75 + 0.36 * len(used), matrix_width_in(len(used))) as figure:
        axes = figure.add_subplot()
        _draw_cells(axes, shares)
        texts = _cell_texts(counts, totals)
        for row, column in np.ndindex(*counts.shape):
            dark = shares[row, column] > 0.6
            axes.text(
                column, row, texts[row][column], ha="center", va="center",
                fontsize=SMALL_PT, color="white" if dark else INK,
            )  # fmt: skip
        titles = [shorten(legend.by_code(int(i) + 1).title) for i in used]
        axes.set_xticks(
            range(len(used)),
            [f"{t} (n={n})" for t, n in zip(titles, totals, strict=True)],
            rotation=45,
            ha="right",
            rotation_mode="anchor",
        )
        axes.set_yticks(range(len(used)), titles)
        axes.set_xlabel(f"{axis_titles[1]} (% of column)")
        axes.set_ylabel(axis_titles[0])
        axes.set_title(title)
        return encode_figure(figure)


def _draw_cells(axes: "Axes", shares: npt.NDArray[np.float64]) -> None:
    """Colour by share of the reference class: blue on the diagonal, orange off it."""
    diagonal = np.eye(len(shares), dtype=bool)
    for hidden, colors in ((~diagonal, "Blues"), (diagonal, "Oranges")):
        axes.imshow(
            np.ma.masked_array(shares, hidden | (shares == 0)),
            cmap=colors,
            vmin=0,
            vmax=1.1,
            aspect="auto",
        )
    edges = np.arange(len(shares) + 1) - 0.5
    axes.hlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.6)
    axes.vlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.6)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cell_texts(counts: npt.NDArray[np.int64], totals: npt.NDArray[np.int64]) -> list[list[str]]:
    """Numbers of the cells; an empty cell stays empty."""

    def text(count: int, total: int) -> str:
        if count == 0:
            return ""
        pct = 100 * count / total
        return "<1" if pct < 0.5 else "100" if count == total else f"{min(pct, 99):.0f}"

    return [[text(int(c), int(t)) for c, t in zip(line, totals, strict=True)] for line in counts]


def area_figure(report: AccuracyReport) -> bytes:
    """Mapped area of each class beside its estimate with its interval, in hectares.

    Classes that are neither mapped nor estimated are left out. The axis is logarithmic
    when the areas differ much; an interval that reaches 0 then ends at the axis.

    Returns:
        PNG bytes.
    """
    title = "Area by class"
    rows = [c for c in report.classes if c.mapped_area_ha > 0 or _positive(c.area_ha)]
    if not rows:
        return notice_figure(title, "The map has no pixel with a class.")
    estimated = report.verdict == "estimated"
    with drawing(1.25 + 0.34 * len(rows)) as figure:
        axes = figure.add_subplot()
        log, low = _axis_of_areas(rows, estimated)
        for place, row in enumerate(rows):
            if row.mapped_area_ha > 0:
                axes.plot(
                    row.mapped_area_ha, place + 0.14 * estimated, marker="D", color=row.color,
                    markeredgecolor=INK, markersize=6.5, linestyle="",
                )  # fmt: skip
            if estimated and row.area_ha is not None:
                _draw_interval(axes, row.area_ha, place - 0.14, (ACCENT, "o"), low=low)
        axes.set_yticks(range(len(rows)), [row.title for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        if log:
            axes.set_xscale("log")
        axes.set_xlim(left=low)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
        axes.set_xlabel("Area, ha" + (" (log scale)" if log else ""))
        axes.set_title(title)
        axes.grid(axis="x")
        figure.legend(
            handles=_area_handles(estimated, report.level), loc="outside lower center", ncols=2
        )
        return encode_figure(figure)


def _positive(estimate: Estimate | None) -> bool:
    return estimate is not None and estimate.value > 0


def _axis_of_areas(rows: Sequence[ClassFigures], estimated: bool) -> tuple[bool, float]:
    """Whether the axis is logarithmic, and where it starts."""
    values = [row.mapped_area_ha for row in rows if row.mapped_area_ha > 0]
    if estimated:
        values += [r.area_ha.value for r in rows if r.area_ha is not None and _positive(r.area_ha)]
    if max(values) / min(values) < _LOG_FROM:
        return False, 0.0
    return True, min(values) / 4


def _area_handles(estimated: bool, level: float) -> list[object]:
    from matplotlib.lines import Line2D

    mapped = Line2D(
        [], [], marker="D", color="#ffffff", markeredgecolor=INK, linestyle="", label="mapped"
    )
    if not estimated:
        return [mapped]
    interval = Line2D(
        [], [], marker="o", color=ACCENT, label=f"estimate, {format_level(level)} interval"
    )
    return [mapped, interval]


def accuracy_figure(report: AccuracyReport) -> bytes:
    """User's and producer's accuracy of each class with its intervals and units.

    Without a probability sample the points stand alone, and without any figure a
    sentence says why.

    Returns:
        PNG bytes.
    """
    title = "Accuracy by class"
    rows = [c for c in report.classes if _finite(c.users) or _finite(c.producers)]
    if report.verdict not in ("estimated", "agreement_only") or not rows:
        return notice_figure(title, f"Not estimated: {report.verdict_reason}")
    with drawing(1.25 + 0.4 * len(rows)) as figure:
        axes = figure.add_subplot()
        pairs = ((-0.16, ACCENT, "o"), (0.16, CONTRAST, "s"))
        for place, row in enumerate(rows):
            for estimate, (shift, color, mark) in zip(
                (row.users, row.producers), pairs, strict=True
            ):
                if estimate is None or not _finite(estimate):
                    continue
                shown = estimate if report.verdict == "estimated" else _point(estimate)
                _draw_interval(axes, shown, place + shift, (color, mark), scale=100)
                axes.text(
                    103, place + shift, f"{estimate.n}", color=color, fontsize=SMALL_PT,
                    va="center", ha="left", clip_on=False,
                )  # fmt: skip
        axes.text(103, -0.62, "units", color=MUTED, fontsize=SMALL_PT, ha="left", va="bottom")
        axes.set_yticks(range(len(rows)), [row.title for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.set_xlim(0, 101)
        axes.set_xlabel("Accuracy, %")
        axes.set_title(title)
        axes.grid(axis="x")
        figure.legend(
            handles=_accuracy_handles(report.verdict == "estimated"),
            loc="outside lower center",
            ncols=2,
        )
        return encode_figure(figure)


def _finite(estimate: Estimate | None) -> bool:
    return estimate is not None and bool(np.isfinite(estimate.value))


def _point(estimate: Estimate) -> Estimate:
    """The figure without its interval."""
    nan = float("nan")
    return Estimate(estimate.value, nan, nan, nan, estimate.n)


def _accuracy_handles(intervals: bool) -> list[object]:
    from matplotlib.lines import Line2D

    line: Literal["-", ""] = "-" if intervals else ""
    return [
        Line2D(
            [], [], marker="o", color=ACCENT, linestyle=line, label="user's (is the map right?)"
        ),
        Line2D(
            [], [], marker="s", color=CONTRAST, linestyle=line, label="producer's (is it found?)"
        ),
    ]


def _draw_interval(
    axes: "Axes",
    estimate: Estimate,
    place: float,
    look: tuple[str, str],
    *,
    low: float = 0.0,
    scale: float = 1.0,
) -> None:
    """A point with its interval; an interval that is not known is not drawn."""
    if not np.isfinite(estimate.value):
        return
    color, mark = look
    if has_interval(estimate):
        ends = [max(scale * estimate.ci_low, low), scale * estimate.ci_high]
        axes.plot(ends, [place, place], color=color, linewidth=1.6)
        axes.plot(ends, [place, place], color=color, marker="|", markersize=6, linestyle="")
    if scale * estimate.value >= low:
        axes.plot(scale * estimate.value, place, marker=mark, color=color, markersize=4.5)
