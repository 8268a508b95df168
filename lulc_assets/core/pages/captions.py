"""The sentence below a figure: what to conclude from it, computed from the data.

What belongs here: functions from figures to one or two sentences. What does not: fixed
claims (a caption that cannot change with the data says nothing).
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.figures.formats import (
    format_area_ha,
    format_area_interval,
    format_level,
    format_share,
    format_share_interval,
    has_interval,
    lower_first,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend

_FEW_UNITS = 20
"""Below this many units an accuracy is called weakly known (Stehman & Foody 2019 advise
far more a class)."""
_WHOLE = 0.99
"""A pixel of 100 m² covers up to 0.2 % more or less on the ground."""


def describe_ownership(report: AccuracyReport, grid: PixelGrid) -> str:
    """That the picture shows more than the report counts, where a neighbour owns a part of it."""
    shown_ha = grid.height * grid.width * grid.pixel_m**2 / 10_000
    share = report.total_area_ha / shown_ha
    if share > _WHOLE:
        return ""
    return (
        f"All shares, accuracies and areas are of the {format_share(share)} of the picture that no "
        "neighbouring tile counts."
    )


def describe_confusion(matrix: npt.NDArray[np.int64], legend: Legend) -> str:
    """The confusion of most units, and the darkest cell of the figure where that is another."""
    total = int(matrix.sum())
    if total == 0:
        return "There is no reference unit to compare the map with."
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    if not errors.any():
        return f"All {total:,} units agree: the sample shows no confusion."
    columns = matrix.sum(axis=0)
    shares = errors / np.maximum(columns, 1)
    largest = int(errors.argmax())
    darkest = int(np.lexsort((-errors.ravel(), -shares.ravel()))[0])
    text = f"Most units are lost where {_confused(largest, matrix, legend)}."
    if darkest != largest:
        text += f" The darkest cell off the diagonal: {_confused(darkest, matrix, legend)}."
    return f"{text} In all {int(errors.sum()):,} of {total:,} units disagree."


def _confused(cell: int, matrix: npt.NDArray[np.int64], legend: Legend) -> str:
    """``crops are mapped as grass, 12 of 48 units of crops``."""
    row, column = (int(at) for at in np.unravel_index(cell, matrix.shape))
    mapped, truth = legend.by_code(row + 1).title, legend.by_code(column + 1).title
    count, of_truth = int(matrix[row, column]), int(matrix[:, column].sum())
    return (
        f"{lower_first(truth)} is mapped as {lower_first(mapped)} "
        f"({count:,} of {of_truth:,} units of {lower_first(truth)})"
    )


def describe_areas(report: AccuracyReport) -> str:
    """Where the mapped area lies outside the interval of the estimate."""
    rows = [c for c in report.classes if c.mapped_area_ha > 0]
    if not rows:
        return "The map has no pixel with a class."
    if report.verdict != "estimated":
        largest = max(rows, key=lambda c: c.mapped_area_ha)
        mapped = report.total_area_ha - report.no_data_area_ha
        share = f" ({format_share(largest.mapped_area_ha / mapped)})" if mapped > 0 else ""
        return (
            f"Mapped areas only, not corrected for errors of the map. The largest class is "
            f"{lower_first(largest.title)} with {format_area_ha(largest.mapped_area_ha)}{share}."
        )
    level = format_level(report.level)
    bars = _bars(level)
    off = [c for c in report.classes if _outside(c)]
    if not off:
        return f"No mapped area lies outside the {level} interval of its estimate. {bars}"
    worst = max(off, key=_gap_ha)
    assert worst.area_ha is not None
    direction = "too much" if worst.mapped_area_ha > worst.area_ha.value else "too little"
    first = (
        f"The map shows {direction} {lower_first(worst.title)}: "
        f"{format_area_ha(worst.mapped_area_ha)} mapped, but the {level} interval of the "
        f"estimate is {format_area_interval(worst.area_ha)}."
    )
    others = [lower_first(c.title) for c in off if c is not worst]
    if not others:
        return f"{first} All other mapped areas lie inside their intervals. {bars}"
    return f"{first} Also outside their intervals: {_joined(others)}. {bars}"


def _bars(level: str) -> str:
    return f"Bars are {level} intervals from the sampling design."


def _outside(row: ClassFigures) -> bool:
    estimate = row.area_ha
    if estimate is None or not has_interval(estimate):
        return False
    return not estimate.ci_low <= row.mapped_area_ha <= estimate.ci_high


def _gap_ha(row: ClassFigures) -> float:
    assert row.area_ha is not None
    return abs(row.mapped_area_ha - row.area_ha.value)


def describe_accuracy(report: AccuracyReport) -> str:
    """The least reliable and the most overlooked class, and classes with few units."""
    if report.verdict != "estimated":
        return f"No accuracy by class is estimated: {report.verdict_reason}"
    level = format_level(report.level)
    sentences = []
    for lead, name in (("Trust the map least for", "users"), ("Most often missed:", "producers")):
        known = [(c, e) for c in report.classes if has_interval(e := getattr(c, name))]
        if known:
            row, estimate = min(known, key=lambda pair: pair[1].value)
            term = "user's" if name == "users" else "producer's"
            sentences.append(
                f"{lead} {lower_first(row.title)} ({term} accuracy {format_share(estimate.value)}, "
                f"{level} interval {format_share_interval(estimate)})."
            )
    weak = [
        lower_first(c.title) for c in report.classes if _is_weak(c.users) or _is_weak(c.producers)
    ]
    if weak:
        sentences.append(f"Fewer than {_FEW_UNITS} units, so known only roughly: {_joined(weak)}.")
    if not sentences:
        return "No class has enough units for an accuracy."
    return " ".join([*sentences, _bars(level)])


def _is_weak(estimate: Estimate | None) -> bool:
    return estimate is not None and math.isfinite(estimate.value) and estimate.n < _FEW_UNITS


def describe_scenes(selected: Sequence[bool], reasons: Sequence[str]) -> str:
    """How many candidates were used, and the commonest reason for leaving some out."""
    if not selected:
        return "The catalogue has no scene."
    used = sum(map(bool, selected))
    text = f"{used} of {len(selected)} candidate scenes are used."
    left_out = Counter(
        r.removeprefix("left out: ") for s, r in zip(selected, reasons, strict=True) if not s
    )
    if not left_out:
        return text
    reason, count = min(left_out.items(), key=lambda item: (-item[1], item[0]))
    if count == 1 and len(left_out) > 1:
        return f"{text} {sum(left_out.values())} are left out, each for its own reason."
    return f"{text} The most common reason for leaving one out: {reason} ({count})."


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
