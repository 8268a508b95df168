import math

import numpy as np
import pandas as pd
import pytest

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.estimation.estimate import Estimate, MissingReference
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.metrics.tables import (
    METRIC_SCHEMA,
    metric_rows,
    read_metrics,
    write_metrics,
)

SHARE = Estimate(0.9, 0.02, 0.86, 0.94, 100)
NOTHING = Estimate(math.nan, math.nan, math.nan, math.nan, 0)
DIGESTS = {"map_digest": "map", "sample_digest": "sample", "model_digest": "model"}


def report(verdict="estimated", overall=SHARE, **fields):
    estimated = verdict == "estimated"
    matrix = np.diag([90] + [0] * 8)
    matrix[0, 1] = 10
    classes = tuple(
        ClassFigures(
            code=c.code,
            name=c.name,
            title=c.title,
            color=c.color,
            mapped_area_ha=5.0,
            area_ha=Estimate(4.0, 1.0, 2.0, 6.0, 100) if estimated else None,
            users=SHARE if estimated else None,
            producers=NOTHING if estimated else None,
            f1=SHARE if estimated else None,
        )
        for c in KARRA_10.land
    )
    values = {
        "scope": "tile",
        "key": "33TVL",
        "year": 2023,
        "design": "systematic",
        "verdict": verdict,
        "verdict_reason": "",
        "n_units": 100,
        "n_unusable": 3,
        "total_area_ha": 46.0,
        "no_data_area_ha": 1.0,
        "overall": overall if estimated else None,
        "agreement": 0.9,
        "classes": classes,
        "matrix": matrix,
        "proportions": None,
        "warnings": (),
        "design_effect": 1.5 if estimated else None,
    }
    return AccuracyReport(**{**values, **fields})


def test_every_figure_has_one_row():
    rows = metric_rows(report(), **DIGESTS)

    assert rows["metric"].value_counts().to_dict() == {
        "mapped_area": 9,
        "area": 9,
        "users_accuracy": 9,
        "producers_accuracy": 9,
        "f1": 9,
        "confusion": 2,
        "overall_accuracy": 1,
        "agreement": 1,
        "no_data_area": 1,
        "design_effect": 1,
        "unusable_units": 1,
        "missing_share": 1,
    }
    overall = rows[rows["metric"] == "overall_accuracy"].iloc[0]
    assert (overall["estimate"], overall["ci_low"], overall["n_units"]) == (0.9, 0.86, 100)
    assert set(rows["map_digest"]) == {"map"}


def test_confusion_rows_name_map_and_reference():
    rows = metric_rows(report(), **DIGESTS)

    pairs = rows.loc[rows["metric"] == "confusion", ["class_name", "reference_class", "estimate"]]
    assert pairs.to_numpy().tolist() == [["water", "water", 90.0], ["water", "trees", 10.0]]


def test_what_the_verdict_rules_out_has_no_row():
    rows = metric_rows(report("insufficient"), **DIGESTS)

    counted = {"mapped_area", "agreement", "confusion", "no_data_area", "unusable_units"}
    assert set(rows["metric"]) == counted


MISSING = MissingReference(
    n=4,
    share=0.05,
    overall_low=0.86,
    overall_high=0.91,
    areas_low_ha=(3.5,) * 9,
    areas_high_ha=(5.75,) * 9,
)


def test_units_that_nobody_could_interpret_bound_accuracy_and_every_area():
    rows = metric_rows(report(missing=MISSING), **DIGESTS).set_index("metric")

    assert rows.loc["missing_share", "estimate"] == 0.05
    assert rows.loc["missing_share", "n_units"] == 4
    assert rows.loc["overall_accuracy_at_worst", "estimate"] == 0.86
    assert rows.loc["overall_accuracy_at_best", "estimate"] == 0.91
    for metric, area in (("area_at_least", 3.5), ("area_at_most", 5.75)):
        bounds = rows.loc[metric]
        assert bounds["class_name"].tolist() == [c.name for c in KARRA_10.land]
        assert set(bounds["estimate"]) == {area}
        assert bounds["ci_low"].isna().all()


def test_without_such_units_the_missing_share_is_zero_and_nothing_is_bounded():
    rows = metric_rows(report(), **DIGESTS)

    assert rows.loc[rows["metric"] == "missing_share", "estimate"].tolist() == [0.0]
    assert not rows["metric"].str.contains("_at_").any()


def test_what_cannot_be_estimated_has_a_row_without_numbers():
    rows = metric_rows(report(), **DIGESTS)

    producers = rows[rows["metric"] == "producers_accuracy"]
    assert producers["estimate"].isna().all()
    assert producers["n_units"].eq(0).all()


def test_a_table_survives_its_file_and_the_bytes_repeat(tmp_path):
    rows = metric_rows(report(), **DIGESTS)

    first = write_metrics(tmp_path / "a.parquet", rows)
    second = write_metrics(tmp_path / "b.parquet", metric_rows(report(), **DIGESTS))

    assert read_metrics([first]).equals(rows)
    assert first.read_bytes() == second.read_bytes()


def test_a_table_without_any_number_keeps_its_column_types(tmp_path):
    rows = metric_rows(report("no_sample", agreement=None, matrix=np.zeros((9, 9), int)), **DIGESTS)

    again = read_metrics([write_metrics(tmp_path / "a.parquet", rows)])

    assert again["se"].dtype == "float64"
    assert list(again.columns) == list(METRIC_SCHEMA.columns)


@pytest.mark.parametrize(
    ("overall", "check"),
    [
        (Estimate(0.9, 0.1, 0.95, 1.0, 9), "ci_low_below_estimate"),
        (Estimate(0.9, 0.1, 0.8, 0.85, 9), "ci_high_above_estimate"),
        (Estimate(1.2, 0.1, 0.8, 1.3, 9), "shares_at_most_one"),
        (Estimate(0.9, -0.1, 0.8, 1.0, 9), "greater_than_or_equal_to"),
    ],
)
def test_impossible_figures_are_refused(overall, check):
    with pytest.raises(InvalidProduct, match=check):
        metric_rows(report(overall=overall), **DIGESTS)


def test_a_figure_may_not_come_twice(tmp_path):
    rows = metric_rows(report(), **DIGESTS)
    rows.loc[1, "metric"] = "overall_accuracy"

    with pytest.raises(InvalidProduct, match="metric table"):
        write_metrics(tmp_path / "a.parquet", rows)
    assert not (tmp_path / "a.parquet").exists()


def test_a_file_of_the_first_version_has_intervals_of_95_percent(tmp_path):
    table = metric_rows(report(), **DIGESTS)
    first = table.drop(columns="ci_level")
    first = first.rename(columns={"ci_low": "ci95_low", "ci_high": "ci95_high"})
    first.to_parquet(tmp_path / "first.parquet")

    found = read_metrics([tmp_path / "first.parquet"])

    expected = table.assign(ci_level=table["ci_low"].where(table["ci_low"].isna(), 0.95))
    pd.testing.assert_frame_equal(found, expected)


def test_columns_of_an_unknown_version_are_named_with_the_remedy(tmp_path):
    table = metric_rows(report(), **DIGESTS).rename(columns={"unit": "units"})
    table.to_parquet(tmp_path / "odd.parquet")
    with pytest.raises(InvalidProduct, match=r"odd.parquet: .*differs in unit, units; materialize"):
        read_metrics([tmp_path / "odd.parquet"])


def test_of_many_files_the_one_with_the_wrong_row_is_named(tmp_path):
    paths = []
    for year in (2022, 2023, 2024):
        table = metric_rows(report(year=year), **DIGESTS)
        paths.append(write_metrics(tmp_path / f"{year}.parquet", table))
    assert sorted(set(read_metrics(paths)["year"])) == [2022, 2023, 2024]

    metric_rows(report(), **DIGESTS).assign(scope="moon").to_parquet(paths[1])
    with pytest.raises(InvalidProduct, match=r"2023\.parquet: metric table: scope = 'moon'"):
        read_metrics(paths)


def test_without_files_there_are_no_rows_but_all_columns():
    none = read_metrics([])
    assert none.empty and list(none.columns) == list(METRIC_SCHEMA.columns)
    assert none["n_units"].dtype == "int64"


def test_a_truncated_file_is_corrupt_not_empty(tmp_path):
    path = write_metrics(tmp_path / "a.parquet", metric_rows(report(), **DIGESTS))
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ProductCorrupt, match=r"a\.parquet"):
        read_metrics([path])
    with pytest.raises(ProductCorrupt, match=r"b\.parquet"):
        read_metrics([tmp_path / "b.parquet"])
