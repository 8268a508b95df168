from dataclasses import replace

from lulc_assets.core.figures.trends import describe_trend
from lulc_assets_tests.core.pages.sample_data import make_report


def grown(factor: float):
    report = make_report()
    water = next(row for row in report.classes if row.name == "water")
    area = water.area_ha
    more = replace(area, value=area.value * factor, ci_low=area.ci_low * factor,
                   ci_high=area.ci_high * factor)  # fmt: skip
    rows = tuple(replace(r, area_ha=more) if r is water else r for r in report.classes)
    return replace(report, classes=rows, year=report.year + 1)


def test_only_intervals_that_lie_apart_are_called_a_trend():
    first = make_report()
    assert "No class has intervals that lie apart" in describe_trend([first, grown(1.01)])
    assert "lie apart: water grew." in describe_trend([grown(10), first])
