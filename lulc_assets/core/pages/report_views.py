"""What a page shows of an accuracy report: headline, figures and the table of classes.

What belongs here: choosing what a verdict allows to be shown, and wording it. What does
not: maps and scenes (``page_views.py``), markup (``templates/``).

Only a report with the verdict "estimated" shows an interval or an accuracy by class;
every other verdict shows its reason instead.
"""

from typing import Any, Protocol

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.figures.accuracy import (
    accuracy_figure,
    area_figure,
    confusion_figure,
)
from lulc_assets.core.figures.embedding import data_uri
from lulc_assets.core.figures.formats import (
    NOT_ESTIMABLE,
    NOT_MAPPED,
    format_area_estimate,
    format_area_ha,
    format_area_interval,
    format_level,
    format_number,
    format_share,
    format_share_estimate,
    format_share_interval,
    has_interval,
    is_symmetric,
)
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.captions import (
    describe_accuracy,
    describe_areas,
    describe_confusion,
)

_DESIGN_WORDS = {
    "simple_random": "simple random sample",
    "systematic": "systematic sample",
    "stratified": "stratified sample",
    "cluster": "sample of windows",
    "none": "no probability sample",
}


def name_design(report: AccuracyReport) -> str:
    """How the units of a report were drawn, in words."""
    design = _DESIGN_WORDS.get(report.design, report.design)
    if report.design != "systematic":
        return design
    return f"{design} of {report.starts} lattices" if (report.starts or 1) > 1 else (
        f"{design} of one lattice"
    )  # fmt: skip


def view_headline(report: AccuracyReport) -> dict[str, str]:
    """The one figure of a report in words: value, what it is, and what stands behind it."""
    units = f"{report.n_units:,} reference units"
    if report.n_unusable:
        units += f" ({report.n_unusable:,} more were unusable)"
    if report.verdict == "estimated" and report.overall is not None:
        interval = ""
        if has_interval(report.overall):
            interval = (
                f"{format_level(report.level)} interval {format_share_interval(report.overall)}; "
            )
        return {
            "verdict": report.verdict,
            "value": format_share_estimate(report.overall),
            "label": "overall accuracy",
            "detail": f"{interval}{units}. {report.verdict_reason}",
        }
    if report.verdict == "agreement_only" and report.agreement is not None:
        return {
            "verdict": report.verdict,
            "value": "Accuracy unknown",
            "label": f"map and held-out labels agree on {format_share(report.agreement)}",
            "detail": f"{units}. {report.verdict_reason}",
        }
    none = report.verdict == "no_sample"
    design = name_design(report)
    return {
        "verdict": report.verdict,
        "value": "No reference sample" if none else "Insufficient sample",
        "label": "accuracy not estimated",
        "detail": report.verdict_reason if none else f"{units}, {design}. {report.verdict_reason}",
    }


class Stated(Protocol):
    """What a report's record says of accuracy."""

    @property
    def verdict(self) -> str:
        """Whether it could be estimated."""

    @property
    def overall_accuracy(self) -> "StatedAccuracy | None":
        """With its interval."""

    @property
    def agreement(self) -> float | None:
        """Plain share."""


class StatedAccuracy(Protocol):
    """Overall accuracy, 0–1, with its interval."""

    @property
    def estimate(self) -> float:
        """The estimate."""

    @property
    def ci95_low(self) -> float:
        """Lower end."""

    @property
    def ci95_high(self) -> float:
        """Upper end."""


def state_accuracy(stated: Stated) -> str:
    """One sentence on accuracy from the properties of a report's record."""
    verdict, overall = stated.verdict, stated.overall_accuracy
    if verdict == "estimated" and overall is not None:
        low, high = 100 * overall.ci95_low, 100 * overall.ci95_high
        return (
            f"Overall accuracy {format_share(overall.estimate)} (95\u00a0% interval "
            f"{low:.1f}–{high:.1f}\u00a0%)."
        )
    if verdict == "agreement_only" and stated.agreement is not None:
        return (
            f"Accuracy unknown; map and held-out labels agree on {format_share(stated.agreement)}."
        )
    return "Accuracy was not estimated."


def report_figures(report: AccuracyReport, legend: Legend) -> list[dict[str, str]]:
    """Areas, error matrix and accuracies that the verdict allows, with their captions."""
    figures = [
        view_figure("How much of each class is there?", area_figure(report), describe_areas(report))
    ]
    if report.matrix.any():
        caption = describe_confusion(report.matrix, legend)
        caption += " Cells count sample units and have no interval."
        if report.design == "stratified":
            caption += " Units of a stratified sample are not shares of the area."
        figures.append(
            view_figure("Where does the map err?", confusion_figure(report.matrix, legend), caption)
        )
    if _is_estimated(report):
        figures.append(
            view_figure(
                "Which classes can you rely on?", accuracy_figure(report), describe_accuracy(report)
            )
        )
    return figures


def _is_estimated(report: AccuracyReport) -> bool:
    return report.verdict == "estimated"


def view_figure(title: str, png: bytes, caption: str) -> dict[str, str]:
    """A figure with its heading and the sentence below it."""
    return {"title": title, "uri": data_uri(png), "caption": caption}


def view_table(report: AccuracyReport) -> dict[str, Any]:
    """The table of classes; only an estimated report has more than mapped areas."""
    estimated = _is_estimated(report)
    mapped = report.total_area_ha - report.no_data_area_ha
    rows = [_class_row(row, mapped, estimated) for row in report.classes]
    if estimated and report.missing is not None:
        bounds = zip(report.missing.areas_low_ha, report.missing.areas_high_ha, strict=True)
        for row, (low, high) in zip(rows, bounds, strict=True):
            row["area"]["bounds"] = f"{format_number(low)}–{format_area_ha(high)}"
    no_data = format_area_ha(report.no_data_area_ha) if report.no_data_area_ha > 0 else ""
    bounded = estimated and report.missing is not None
    return {
        "level": format_level(report.level),
        "estimated": estimated,
        "bounded": bounded,
        "rows": rows,
        "no_data": no_data,
    }


def _class_row(row: ClassFigures, mapped_ha: float, estimated: bool) -> dict[str, Any]:
    share = format_share(row.mapped_area_ha / mapped_ha) if mapped_ha > 0 else NOT_ESTIMABLE
    view: dict[str, Any] = {
        "title": row.title,
        "color": row.color,
        "mapped": format_area_ha(row.mapped_area_ha) if row.taught else NOT_MAPPED,
        "share": share if row.taught else "",
    }
    if estimated:
        view["area"] = _area_cell(row.area_ha)
        view["users"] = _share_cell(row.users)
        view["producers"] = _share_cell(row.producers)
        view["f1"] = _share_cell(row.f1, counted=False)
    return view


def _area_cell(estimate: Estimate | None) -> dict[str, str]:
    """Value, interval and, filled in where units have no class, the worst case."""
    value, interval = NOT_ESTIMABLE, ""
    if estimate is not None:
        value = format_area_ha(estimate.value)
        if has_interval(estimate):
            interval = format_area_interval(estimate)
            value = format_area_estimate(estimate) if is_symmetric(estimate) else value
    return {"value": value, "interval": interval, "bounds": ""}


def _share_cell(estimate: Estimate | None, *, counted: bool = True) -> dict[str, str]:
    if estimate is None:
        return {"value": NOT_ESTIMABLE, "interval": ""}
    interval = format_share_interval(estimate) if has_interval(estimate) else ""
    if not counted:
        return {"value": format_share(estimate.value), "interval": interval}
    units = f"{estimate.n:,} unit{'' if estimate.n == 1 else 's'}"
    return {
        "value": format_share(estimate.value),
        "interval": f"{interval}, {units}" if interval else units,
    }


def name_largest_classes(report: AccuracyReport) -> str:
    """The three largest classes of the map with their shares."""
    mapped = report.total_area_ha - report.no_data_area_ha
    rows = sorted(report.classes, key=lambda c: (-c.mapped_area_ha, c.code))[:3]
    parts = [
        f"{row.title}\u00a0{format_share(row.mapped_area_ha / mapped)}"
        for row in rows
        if mapped > 0 and row.mapped_area_ha > 0
    ]
    return ", ".join(parts) or "no data anywhere"
