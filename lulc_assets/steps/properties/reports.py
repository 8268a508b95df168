"""What records say of samples, reports, tables and pages.

What belongs here: one frozen dataclass per kind of product, and its rows. What does not: types
that a room of the domain owns, which are used as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SampleProperties:
    """Of ``reference_sample``.

    Attributes:
        design: how the units were drawn.
        units: how many.
        is_probability_sample: whether every place had a known chance.
    """

    design: str
    units: int
    is_probability_sample: bool


@dataclass(frozen=True)
class OverallAccuracy:
    """Overall accuracy, 0–1, with its interval."""

    estimate: float
    ci95_low: float
    ci95_high: float


@dataclass(frozen=True)
class ReportProperties:
    """Of ``accuracy_area_report`` and ``region_report``: what people look for first.

    Attributes:
        verdict: whether the sample allows estimates.
        reason: of the verdict.
        overall_accuracy: None unless it can be estimated.
        agreement: plain share of the units where map and reference agree; None without units.
        sample_units: used.
        mapped_ha: class name → mapped area, of the classes that the model was taught.
        no_data_ha: area without data.
        warnings: sentences for a reader.
        tiles: of a region.
    """

    verdict: str
    reason: str
    overall_accuracy: OverallAccuracy | None
    agreement: float | None
    sample_units: int
    mapped_ha: Mapping[str, float]
    no_data_ha: float
    warnings: tuple[str, ...]
    tiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class TablesProperties:
    """Of ``metric_tables``: the reports that were collected, and rows of all of them."""

    reports: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class PageRow:
    """A page: its file, and a digest of what it was rendered from."""

    file: str
    of: str


@dataclass(frozen=True)
class PagesProperties:
    """Of ``report_pages``: all pages of the set."""

    pages: tuple[PageRow, ...]
