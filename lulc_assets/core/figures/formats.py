"""How numbers are written for people.

What belongs here: functions from a number (or an estimate) to text with its unit.
What does not: deciding what is shown (``page_views.py``) or what it means
(``captions.py``).
"""

import math

from lulc_assets.core.estimation.estimate import Estimate

NOT_ESTIMABLE = "–"
NOT_MAPPED = "not mapped"
"""In place of an area: the model never learnt the class."""
_NBSP = "\u00a0"
_ASYMMETRY = 0.1
"""An interval whose halves differ by more than this share is not written with ±."""


def format_area_ha(area_ha: float) -> str:
    """An area with its unit: ``1,235 ha``, ``3.4 ha``, ``–`` for NaN."""
    number = format_number(area_ha)
    return number if number == NOT_ESTIMABLE else f"{number}{_NBSP}ha"


def format_number(value: float) -> str:
    """A number with thousands separators; one decimal below 100, two below 1."""
    if not math.isfinite(value):
        return NOT_ESTIMABLE
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:,.2f}"


def format_count(count: int, thing: str) -> str:
    """``1 polygon``, ``12 polygons``."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def lower_first(title: str) -> str:
    """A title within a sentence: ``bare ground``."""
    return title[:1].lower() + title[1:]


def format_share(share: float) -> str:
    """A share of 0–1 as per cent with one decimal: ``87.3 %``, ``–`` for NaN.

    A share that is not 0 or 1 is never written as 0.0 or 100.0 %.
    """
    if not math.isfinite(share):
        return NOT_ESTIMABLE
    pct = 100 * share
    if 0 < pct < 0.05:
        return f"<{_NBSP}0.1{_NBSP}%"
    if 99.95 <= pct < 100:
        return f">{_NBSP}99.9{_NBSP}%"
    return f"{pct:.1f}{_NBSP}%"


def has_interval(estimate: Estimate | None) -> bool:
    """Whether value and both ends of the interval are numbers."""
    return estimate is not None and all(
        math.isfinite(v) for v in (estimate.value, estimate.ci_low, estimate.ci_high)
    )


def format_share_estimate(estimate: Estimate | None) -> str:
    """``87.3 % ± 2.1``, or with both ends where the interval is lopsided."""
    if estimate is None:
        return NOT_ESTIMABLE
    text = format_share(estimate.value)
    if not has_interval(estimate):
        return text
    if is_symmetric(estimate):
        return f"{text} ±{_NBSP}{100 * _half_width(estimate):.1f}"
    return f"{text} ({format_share_interval(estimate)})"


def format_level(level: float) -> str:
    """A level of confidence: ``95 %``."""
    return f"{round(100 * level, 10):g}{_NBSP}%"


def format_share_interval(estimate: Estimate) -> str:
    """The two ends: ``85.2–89.4 %``."""
    return f"{100 * estimate.ci_low:.1f}–{100 * estimate.ci_high:.1f}{_NBSP}%"


def format_area_estimate(estimate: Estimate | None) -> str:
    """``1,234 ± 120 ha``, or with both ends where the interval is lopsided."""
    if estimate is None:
        return NOT_ESTIMABLE
    if not has_interval(estimate):
        return format_area_ha(estimate.value)
    number = format_number(estimate.value)
    if is_symmetric(estimate):
        return f"{number} ±{_NBSP}{format_area_ha(_half_width(estimate))}"
    return f"{format_area_ha(estimate.value)} ({format_area_interval(estimate)})"


def format_area_interval(estimate: Estimate) -> str:
    """The two ends: ``1,114–1,354 ha``."""
    return f"{format_number(estimate.ci_low)}–{format_area_ha(estimate.ci_high)}"


def _half_width(estimate: Estimate) -> float:
    return (estimate.ci_high - estimate.ci_low) / 2


def is_symmetric(estimate: Estimate) -> bool:
    """Whether the halves of the interval are about equal, so that ± tells the truth."""
    below = estimate.value - estimate.ci_low
    above = estimate.ci_high - estimate.value
    return abs(below - above) <= _ASYMMETRY * max(below, above)
