"""Rows of the metric tables: change and alerts, typed and kept to their schemas."""

import pandas as pd
import pytest

from lulc_assets.core.metrics.change_tables import ALERT_SCHEMA, CHANGE_SCHEMA
from lulc_assets.core.metrics.parquet import validate_table
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.metric_rows import alert_rows, change_rows
from lulc_assets_tests.steps.two_years import KEY, two_years


@pytest.fixture
def work(tmp_path):
    return two_years(tmp_path)


def test_transitions_that_occur_have_a_row_for_each_grade(work):
    record = make_change_map(work, KEY)

    table = pd.DataFrame(change_rows(KEY, record), columns=list(CHANGE_SCHEMA.columns))

    validate_table(table, CHANGE_SCHEMA)
    (row,) = table[table["grade"] == "sustained"].to_dict("records")
    assert (row["from_class"], row["to_class"]) == ("trees", "bare_ground")
    assert (row["pixels"], row["area_ha"]) == (168, 1.68)
    assert (table["pixels"] > 0).all()
    assert table["pixels"].sum() == sum(
        n for grade, n in record.properties.grades.items() if grade != "none"
    )


def test_alerts_have_a_row_each_and_dates_that_did_not_come_are_empty(work):
    record = make_change_alerts(work, KEY)

    table = pd.DataFrame(alert_rows(work, KEY, record), columns=list(ALERT_SCHEMA.columns))

    validate_table(table, ALERT_SCHEMA)
    assert table["step"].value_counts().to_dict() == {
        step: n for step, n in record.properties.alerts.items() if n
    }
    (row,) = table[table["step"] == "confirmed"].to_dict("records")
    assert row["confirmed_on"].startswith(f"{KEY.year}-")
    assert row["rejected_on"] == ""


def test_a_record_that_only_says_why_has_no_rows(work):
    assert list(change_rows(KEY.former, make_change_map(work, KEY.former))) == []
    assert list(alert_rows(work, KEY.former, make_change_alerts(work, KEY.former))) == []
