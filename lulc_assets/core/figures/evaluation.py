"""Figures of an evaluation: where a model and the annotators differ.

What belongs here: panels of chips, the confusion matrix on a logarithmic scale, the ranked
list of confusions, and the set of pictures of one evaluation. What does not: the matrix in
shares (``accuracy_figures.py``), or any figure of a population.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.accuracy import confusion_figure
from lulc_assets.core.figures.calibration import reliability_figure
from lulc_assets.core.figures.formats import lower_first
from lulc_assets.core.figures.maps import add_class_legend
from lulc_assets.core.figures.quicklook import class_rgb
from lulc_assets.core.figures.style import (
    ACCENT,
    GRID,
    INK,
    SMALL_PT,
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    legend_height_in,
    matrix_width_in,
    notice_figure,
    pair_labels,
    present_codes,
    shorten,
)
from lulc_assets.core.figures.training import chip_rgb
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_class import LandCover

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation, ShownChips  # loads torch

_SHOWN_CONFUSIONS = 12


class Confusion(NamedTuple):
    """One kind of error: pixels of a labelled class that the model gives another class."""

    label: str
    predicted: str
    pixels: int
    share_of_label: float
    share_of_errors: float


def evaluation_pictures(
    evaluation: "Evaluation", chips: "ShownChips", legend: Legend
) -> dict[str, bytes]:
    """All pictures of one evaluation: file name → PNG.

    Args:
        evaluation: of a split.
        chips: some chips of the same split with their predictions.
        legend: of both.
    """
    matrix = evaluation.matrix
    where = "gold windows" if evaluation.split == "gold" else f"{evaluation.split} chips"
    return {
        "confusion.png": confusion_figure(matrix, legend, title=f"Agreement on {where}"),
        "confusion_log.png": log_confusion_figure(matrix, legend, f"Pixels of {where}"),
        "confusions.png": ranked_confusions_figure(matrix, legend, f"Confusions on {where}"),
        "panels.png": panels_figure(chips, legend, f"Some chips of {where}"),
        "reliability.png": reliability_figure(
            {"Uncalibrated": evaluation.raw, "Calibrated": evaluation.calibrated},
            f"Probabilities on {where}",
        ),
    }


def rank_confusions(matrix: npt.NDArray[np.int64], legend: Legend) -> list[Confusion]:
    """All errors of a matrix, the largest first; ties by code of the label.

    Args:
        matrix: pixels, rows = prediction, columns = label; class code = index + 1.
        legend: of the codes.
    """
    errors = matrix - np.diag(np.diag(matrix))
    total, labelled = errors.sum(), matrix.sum(axis=0)
    found = [
        Confusion(
            legend.by_code(int(column) + 1).title,
            legend.by_code(int(row) + 1).title,
            int(errors[row, column]),
            float(errors[row, column] / labelled[column]),
            float(errors[row, column] / total),
        )
        for column, row in zip(*np.nonzero(errors.T), strict=True)
    ]
    return sorted(found, key=lambda confusion: -confusion.pixels)


def ranked_confusions_figure(matrix: npt.NDArray[np.int64], legend: Legend, title: str) -> bytes:
    """The largest confusions as bars; beside each its share of the labelled class."""
    ranked = rank_confusions(matrix, legend)
    if not ranked:
        return notice_figure(title, "The model and the labels agree on every pixel.")
    shown = ranked[:_SHOWN_CONFUSIONS]
    pairs = [(confusion.label, lower_first(confusion.predicted)) for confusion in shown]
    names, row_in = pair_labels(pairs, "seen as")
    with drawing(0.9 + row_in * len(shown)) as figure:
        axes = figure.add_subplot()
        shares = [100 * confusion.share_of_errors for confusion in shown]
        axes.barh(range(len(shown)), shares, color=ACCENT, height=0.65)
        for place, (confusion, share) in enumerate(zip(shown, shares, strict=True)):
            of_what = "the class" if "\n" in names[place] else lower_first(confusion.label)
            text = f" {_per_cent(confusion.share_of_label)} % of {of_what}"
            axes.text(share, place, text, va="center", fontsize=SMALL_PT, color=INK)
        axes.set_yticks(range(len(shown)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.45 * max(shares))
        axes.set_xlabel("Share of all errors, %")
        figure.suptitle(title, x=0.02, ha="left", fontsize=10, fontweight="bold")
        return encode_figure(figure)


def log_confusion_figure(
    matrix: npt.NDArray[np.int64], legend: Legend, title: str, unit: str = "pixels"
) -> bytes:
    """Counts on a logarithmic colour scale: rare confusions stay visible beside common ones."""
    used = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    if len(used) == 0:
        return notice_figure(title, "There is no labelled pixel to compare with.")
    counts = matrix[np.ix_(used, used)]
    decades = np.log10(np.maximum(counts, 1))
    largest = max(1.0, float(decades.max()))
    with drawing(1.75 + 0.36 * len(used), matrix_width_in(len(used))) as figure:
        axes = figure.add_subplot()
        empty = np.ma.masked_array(decades, counts == 0)
        axes.imshow(empty, cmap="Blues", vmin=-0.3 * largest, vmax=largest, aspect="auto")
        for row, column in np.argwhere(counts > 0):
            dark = decades[row, column] > 0.6 * largest
            axes.text(
                column, row, _short(int(counts[row, column])), ha="center", va="center",
                fontsize=SMALL_PT, color="white" if dark else INK,
            )  # fmt: skip
        edges = np.arange(len(used) + 1) - 0.5
        axes.hlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.6)
        axes.vlines(edges, edges[0], edges[-1], color=GRID, linewidth=0.6)
        titles = [shorten(legend.by_code(int(i) + 1).title) for i in used]
        axes.set_xticks(range(len(used)), titles, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(used)), titles)
        axes.set_xlabel(f"Label ({unit}, logarithmic colours)")
        axes.set_ylabel("Prediction")
        axes.set_title(title)
        return encode_figure(figure)


def panels_figure(chips: "ShownChips", legend: Legend, title: str) -> bytes:
    """A row per chip: what the network sees, what annotators say, what the network says."""
    count = len(chips.images)
    if count == 0:
        return notice_figure(title, "There is no chip.")
    shown = present_codes([chips.masks, chips.predicted], legend)
    unlabelled = "Unlabelled" if np.any(chips.masks == LandCover.NO_DATA) else None
    panel = (WIDTH_IN - 0.1) / 3
    with drawing(count * panel + 0.5 + legend_height_in(shown, legend, unlabelled)) as figure:
        grid = figure.subplots(count, 3, squeeze=False)
        for line, image, mask, predicted in zip(
            grid, chips.images, chips.masks, chips.predicted, strict=True
        ):
            for axes, picture in zip(
                line,
                (
                    chip_rgb(image, chips.bands),
                    class_rgb(mask, legend),
                    class_rgb(predicted, legend),
                ),
                strict=True,
            ):
                bare_image(axes, picture)
        for axes, name in zip(grid[0], ("Scene", "Labels", "Prediction"), strict=True):
            axes.set_title(name, fontsize=9, fontweight="normal")
        figure.suptitle(title, x=0.02, ha="left", fontsize=10, fontweight="bold")
        add_class_legend(figure, shown, legend, unlabelled)
        return encode_figure(figure)


def _per_cent(share: float) -> str:
    """Two digits: 27, 4.2, 0.3."""
    return f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1f}"


def _short(count: int) -> str:
    """At most four characters: 950, 9.5k, 95k, 1.2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{letter}" if value < 10 else f"{value:.0f}{letter}"
    return str(count)
