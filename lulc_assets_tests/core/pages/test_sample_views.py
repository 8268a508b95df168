import math

import pytest

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.estimation.estimate import MissingReference
from lulc_assets.core.pages.report_views import name_design, view_table
from lulc_assets.core.pages.sample_views import (
    describe_design_effect,
    state_intervals,
    view_sample,
)
from lulc_assets.core.sampling.design import DESIGNS
from lulc_assets_tests.core.pages.sample_data import make_report

MISSING = MissingReference(
    n=12,
    share=0.031,
    overall_low=0.86,
    overall_high=0.9,
    areas_low_ha=(100.0,) * 9,
    areas_high_ha=(420.0,) * 9,
)


def facts(report):
    return {fact["term"]: fact["text"] for fact in view_sample(report)}


def test_units_without_class_are_told_with_their_worst_case():
    report = make_report(missing=MISSING)

    text = facts(report)["Not interpretable"]
    assert "12 units, which stand for 3.1\u00a0%" in text
    assert "between 86.0\u00a0% and 90.0\u00a0%" in text
    table = view_table(report)
    assert table["bounded"]
    assert {row["area"]["bounds"] for row in table["rows"]} == {"100–420\u00a0ha"}


def test_unusable_units_are_told_as_a_rate():
    assert facts(make_report(n_units=94, n_unusable=6))["Unusable units"].startswith(
        "6 of 100 (6.0"
    )


@pytest.mark.parametrize("design", [d for d in DESIGNS if d != "none"])
def test_every_design_says_where_its_intervals_come_from(design):
    text = state_intervals(make_report(design=design))

    assert text.startswith("95\u00a0% intervals come from the sampling design")


@pytest.mark.parametrize("verdict", ["insufficient", "agreement_only"])
def test_without_estimates_the_box_says_why_there_is_no_interval(verdict):
    said = facts(make_report(verdict, design_effect=2.0, missing=MISSING))

    assert said["Intervals"].startswith("None:")
    assert said.keys() == {"Intervals", "Unusable units"}


def test_without_a_sample_there_is_nothing_to_tell():
    assert view_sample(make_report("no_sample")) == []


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (4.0, "as 100 independent ones. An interval that treated every unit as independent "
              "would be 2.0 times too narrow"),
        (0.5, "0.50: the 400 units tell as much about overall accuracy as 800 independent ones."),
        (1.01, "units of a simple random sample"),
        (0.0, "no spread"),
    ],
)  # fmt: skip
def test_a_design_effect_is_told_as_what_a_unit_is_worth(effect, words):
    assert words in describe_design_effect(effect, 400)


def test_a_design_effect_that_is_not_known_is_left_out():
    assert "Design effect" not in facts(make_report(design_effect=math.nan))


def test_lattices_are_named_wherever_a_page_speaks_of_the_design():
    several = make_report(design="systematic", starts=10, design_effect=0.8)
    single = make_report(design="systematic", starts=1, design_effect=1.1)

    assert "spread between 10 lattices" in state_intervals(several)
    assert "one lattice" in state_intervals(single)
    assert name_design(several) == "systematic sample of 10 lattices"
    assert name_design(single) == "systematic sample of one lattice"
    assert (
        "10 lattices and is itself known to about ±\u00a047\u00a0%"
        in facts(several)["Design effect"]
    )
    assert "lattices" not in facts(single)["Design effect"]


def test_a_class_that_was_never_taught_is_not_mapped_which_is_not_0_ha():
    report = make_report()
    names = [c.name for c in report.classes]
    told = AccuracyReport.from_dict(report.with_taught(names[1:]).to_dict())
    rows = view_table(told)["rows"]
    assert rows[0]["mapped"] == "not mapped"
    assert "ha" in rows[1]["mapped"]
    assert told.warnings[-1].endswith(f"tell it: {report.classes[0].title}.")
    assert report.with_taught(names) is report
