"""Where, when, whose and how to cite; the page's tables as files."""

import base64
import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.pages.about import plain_words, view_about, view_downloads
from lulc_assets.core.pages.content import SceneRow
from lulc_assets_tests.core.pages.sample_data import make_grid, make_report


def facts(**changes):
    given = {
        "title": "33TVM · Lake",
        "year": 2023,
        "grid": make_grid(100),
        "scenes": [SceneRow("a", "2023-07-01", 90.0, True, ""),
                   SceneRow("b", "2023-02-01", 80.0, True, ""),
                   SceneRow("c", "2023-12-01", 1.0, False, "cloudy")],
        "provenance": {"Model bundle": "0123456789abcdef", "Annual map": "fedcba9876543210"},
        "project": "Our maps",
        "licence": "CC-BY-4.0",
    }  # fmt: skip
    return {row["term"]: row["text"] for row in view_about(**{**given, **changes})}


def test_a_map_says_where_when_from_what_and_how_to_cite_it():
    found = facts()

    assert "1 km × 1 km" in found["Where"]
    assert "°\u00a0N" in found["Where"]
    assert "EPSG:32633" in found["Where"]
    assert "2 dates from 2023-02-01 to 2023-07-01" in found["When"]
    assert "0123456789ab" in found["Model"]
    assert found["Licence"] == "CC-BY-4.0"
    assert found["Cite as"] == (
        "Our maps. Land cover of 33TVM · Lake, 2023, from Sentinel-2. version fedcba987654. "
        "CC-BY-4.0."
    )


def test_what_is_not_known_is_not_made_up():
    found = facts(grid=None, scenes=(), provenance={}, licence="")
    assert set(found) == {"When", "Licence", "Cite as"}
    assert found["Licence"] == "Not stated by the project."


@pytest.mark.parametrize("verdict", ["estimated", "insufficient", "agreement_only", "no_sample"])
def test_the_first_paragraph_claims_accuracy_only_where_it_is_estimated(verdict):
    text = plain_words(make_report(verdict))
    assert "largest class" in text
    assert ("is right on about" in text) == (verdict == "estimated")


def test_an_empty_map_is_said_to_be_one():
    report = make_report("no_sample")
    empty = replace(report, no_data_area_ha=report.total_area_ha)
    assert plain_words(empty) == "The map has no data here."


def table(report, title, scenes=()):
    uri = next(d["uri"] for d in view_downloads(report, scenes) if d["title"].startswith(title))
    text = base64.b64decode(uri.split(",")[1]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_tables_come_as_csv_with_plain_names():
    report = make_report("estimated")
    rows = table(report, "Classes")

    assert rows[0][:3] == ["class", "mapped_ha", "area_ha"]
    assert [row[0] for row in rows[1:]] == [one.title for one in report.classes]
    assert float(rows[1][1]) == report.classes[0].mapped_area_ha
    matrix = [[int(v) for v in row[1:]] for row in table(report, "Map")[1:]]
    assert (np.array(matrix) == report.matrix).all()
    names = {one["name"] for one in view_downloads(report, ())}
    assert f"classes_{report.key}_{report.year}.csv" in names


def test_text_that_a_spreadsheet_would_run_stays_text_and_nan_is_empty():
    scenes = [SceneRow('=HYPERLINK("x")', "2023-01-01", math.nan, True, "-1+1")]
    row = table(make_report("estimated"), "Scenes", scenes)[1]
    assert row == ['\'=HYPERLINK("x")', "2023-01-01", "", "True", "'-1+1"]
