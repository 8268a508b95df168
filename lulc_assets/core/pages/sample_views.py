"""What a page says about the sample behind its figures: intervals, worth and gaps.

What belongs here: the sentences of the box "What the sample can tell". What does not: the
figures themselves (``report_views.py``) and warnings, which come with the report.
"""

import math
from collections.abc import Iterator

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.figures.formats import format_level, format_share

_NEARLY_ONE = 0.05
"""Design effects this close to 1 are called that."""

_WHERE_INTERVALS_COME_FROM = {
    "simple_random": "units drawn at random, weighted by map class",
    "systematic": "units on one lattice with a random start, treated as a random sample, which is "
    "usually a bit too wide",
    "stratified": "units drawn at random within strata, weighted by their chance of being drawn",
    "cluster": "the spread between the windows that were drawn, not between their pixels",
}


def view_sample(report: AccuracyReport) -> list[dict[str, str]]:
    """Terms and sentences about the sample; empty where there is none."""
    if report.verdict == "no_sample":
        return []
    return [{"term": term, "text": text} for term, text in _facts(report)]


def _facts(report: AccuracyReport) -> Iterator[tuple[str, str]]:
    yield "Intervals", state_intervals(report)
    lost, every = report.n_unusable, report.n_unusable + report.n_units
    if lost:
        yield (
            "Unusable units",
            f"{lost:,} of {every:,} ({format_share(lost / every)}): on no data, outside the map, "
            "or without a class from the interpreters.",
        )
    if report.response is not None:
        yield from report.response.sentences()
    if report.verdict != "estimated":
        return
    if report.missing is not None:
        missing = report.missing
        yield (
            "Not interpretable",
            f"{missing.n:,} units, which stand for {format_share(missing.share)} of the mapped "
            "area, are left out of every estimate. Whatever they are, overall accuracy is "
            f"estimated between {format_share(missing.overall_low)} and "
            f"{format_share(missing.overall_high)}, before sampling error.",
        )
    if report.design_effect is not None and math.isfinite(report.design_effect):
        yield (
            "Design effect",
            describe_design_effect(report.design_effect, report.n_units, report.starts),
        )


def state_intervals(report: AccuracyReport) -> str:
    """Where the intervals of a page come from, or why there are none."""
    if report.verdict == "estimated":
        source = _WHERE_INTERVALS_COME_FROM[report.design]
        if (report.starts or 1) > 1:
            source = f"the spread between {report.starts} lattices with random starts of their own"
        return (
            f"{format_level(report.level)} intervals come from the sampling design: {source}. Of "
            f"100 such samples about {100 * report.level:g} would give an interval that holds the "
            "true value. Mistakes of the interpreters are not in them."
        )
    if report.verdict == "agreement_only":
        return "None: the units were not drawn by chance, so nothing says how far agreement is off."
    return "None: the sample does not support an estimate here; the reason stands above."


def describe_design_effect(effect: float, units: int, starts: int | None = None) -> str:
    """What a unit of this design is worth, and how wrong the naive interval would be.

    Args:
        effect: variance of overall accuracy over that of as many independent units.
        units: used.
        starts: lattices of a systematic sample, whose spread gave the variance.
    """
    if effect <= 0 or units == 0:
        return "0: no unit disagrees, so the sample shows no spread."
    worth = f"the {units:,} units tell as much about overall accuracy as {units / effect:,.0f}"
    doubt = _doubt(starts or 1)
    if abs(effect - 1.0) <= _NEARLY_ONE:
        return f"{effect:.2f}: {worth} units of a simple random sample.{doubt}"
    text = f"{effect:.2f}: {worth} independent ones."
    if effect < 1.0:
        return text + doubt
    return (
        f"{text} An interval that treated every unit as independent would be "
        f"{math.sqrt(effect):.1f} times too narrow.{doubt}"
    )


def _doubt(starts: int) -> str:
    """How well a design effect is known whose variance has k − 1 degrees of freedom."""
    if starts == 1:
        return ""
    spread = f"±\u00a0{100 * math.sqrt(2.0 / (starts - 1)):.0f}\u00a0%"
    return f" It comes from {starts} lattices and is itself known to about {spread}."
