"""The figure of the coverage benchmark.

What belongs here: coverage against effective omission units, and by design. What does not:
the page around it (``page.py``).
"""

from typing import Any

from benchmarks.accuracy_coverage.rows import (
    HIGH,
    LOW,
    OMISSION_FIGURES,
    THIN,
    honest_rows,
    is_naive,
    row_of,
)
from lulc_assets.core.figures.style import ACCENT, CONTRAST, GRID, INK, drawing, encode_figure


def draw_coverage(runs: list[dict]) -> bytes:
    """Coverage of areas and producer's accuracies against m_j, and of overall accuracy."""
    honest = [r for r in honest_rows(runs) if r["figure"] in OMISSION_FIGURES]
    with drawing(6.2) as figure:
        upper, lower = figure.subplots(2, 1, height_ratios=(1.15, 1.0))
        x = [max(r["effective_count"], 0.3) for r in honest]
        for key, color, mark, label in (
            ("normal_coverage", CONTRAST, "x", "estimate ± t SE"),
            ("coverage", ACCENT, "o", "engine's default"),
        ):
            upper.plot(
                x,
                [r[key] for r in honest],
                mark,
                color=color,
                markersize=4,
                linestyle="",
                label=label,
            )
        upper.set_xscale("log")
        upper.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        upper.axvline(THIN, color=INK, linewidth=0.8, linestyle="--")
        upper.axhspan(LOW, HIGH, color=GRID, alpha=0.7, linewidth=0)
        upper.set_ylim(top=1.01)
        upper.set_xlabel("Effective omission units, m_j")
        upper.set_ylabel("Coverage")
        upper.set_title("Areas and producer's accuracies")
        upper.legend(loc="lower right", frameon=True, framealpha=1.0, edgecolor="none")
        _draw_overall(lower, runs)
        return encode_figure(figure)


def _draw_overall(axes: Any, runs: list[dict]) -> None:
    """Coverage of overall accuracy by design; the naive one in the contrast colour."""
    values = [row_of(run, "overall accuracy")["coverage"] for run in runs]
    colors = [CONTRAST if is_naive(run) else ACCENT for run in runs]
    places = range(len(runs))
    axes.hlines(places, 0, values, color=GRID, linewidth=1.5)
    axes.scatter(values, places, color=colors, s=22, zorder=3)
    for place, value in zip(places, values, strict=True):
        axes.text(value - 0.015, place - 0.08, f"{value:.3f}", ha="right", va="bottom", fontsize=7)
    axes.axvspan(LOW, HIGH, color=GRID, alpha=0.7, linewidth=0)
    axes.set_yticks(places, [shorten(run["design"]) for run in runs], fontsize=7.5)
    axes.set_ylim(len(runs) - 0.4, -0.9)
    axes.set_xlim(0, 1)
    axes.set_xlabel("Coverage (* variance from neighbours)")
    axes.set_title("Overall accuracy, by design")


def shorten(title: str) -> str:
    """A design's title short enough for an axis."""
    replaced = title.replace("stratified by map class", "map strata").replace(
        "NAIVE: the 40 windows, pixels taken as independent", "naive: 4,000 pixels"
    )
    for words, short in ((", variance from neighbours", " *"), (", poststratified", "")):
        replaced = replaced.replace(words, short)
    return replaced.replace(" of 10 × 10 px", "")
