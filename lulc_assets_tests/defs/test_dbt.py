"""The asset of all tables of the metrics database, in runs of Dagster."""

import shutil

import dagster as dg
import duckdb
import pandas as pd
import pytest

from lulc_assets.core.store.keys import Whole
from lulc_assets.defs import dbt
from lulc_assets.defs.plain_values import PlainValues
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.metrics import make_metric_tables
from lulc_assets.steps.products import METRIC_TABLES
from lulc_assets_tests.dbt_metrics.test_project import DURATION
from lulc_assets_tests.tiny_project import make_tiny_project, open_work

WHOLE = Whole()


@pytest.fixture
def project_file(tmp_path):
    """Of a project without any map, whose metric tables are committed."""
    file = make_tiny_project(tmp_path)
    work = open_work(file)
    make_metric_tables(work, [], [])
    assert work.find(METRIC_TABLES, WHOLE) is not None
    return file


def build(project_file, selection=None):
    project = ProjectResource(project_file=str(project_file))
    [tables] = dbt.models().assets
    return dg.materialize(
        [tables],
        selection=selection,
        resources={"project": project, "io_manager": PlainValues(project=project)},
        raise_on_error=False,
    )


def tables_of(project_file):
    path = project_file.parent / "metrics.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            row[0] for row in connection.sql("select table_name from duckdb_tables()").fetchall()
        }


def test_each_table_and_each_check_has_an_event(project_file):
    done = build(project_file)
    assert done.success
    made = {event.asset_key.to_user_string() for event in done.get_asset_materialization_events()}
    assert made == tables_of(project_file) and len(made) == 14
    found = done.get_asset_check_evaluations()
    assert len(found) == 15 and all(one.passed for one in found)
    assert not list(project_file.parent.glob(".metrics*"))


def test_a_run_of_one_table_publishes_all_and_tells_of_one(project_file):
    done = build(project_file, "accuracy_by_tile")
    assert done.success
    told = [event.asset_key.to_user_string() for event in done.get_asset_materialization_events()]
    assert told == ["accuracy_by_tile"] and len(tables_of(project_file)) == 14
    assert {one.asset_key.to_user_string() for one in done.get_asset_check_evaluations()} == {
        "accuracy_by_tile"
    }


def test_a_broken_rule_is_said_and_the_database_before_stays(project_file, monkeypatch):
    assert build(project_file).success
    path = project_file.parent / "metrics.duckdb"
    before = path.read_bytes()

    def write_wrong(_, path):
        pd.DataFrame([DURATION]).assign(seconds=-1.0).to_parquet(path)
        return path

    monkeypatch.setattr(dbt, "write_durations", write_wrong)
    done = build(project_file)
    assert not done.success and path.read_bytes() == before
    [failure] = [event.step_failure_data for event in done.all_events if event.is_step_failure]
    assert "durations: seconds: at_least 0 (1 rows)" in failure.user_failure_data.description
    [broken] = [
        one for one in done.get_asset_check_evaluations()
        if not one.passed and one.description != "not tried"
    ]  # fmt: skip
    assert broken.asset_key.to_user_string() == "durations"
    assert "at_least 0 (1 rows)" in broken.description
    assert done.get_asset_materialization_events() == []
    assert not list(project_file.parent.glob(".metrics*"))


def test_a_manifest_that_is_older_than_the_tables_is_named(project_file, monkeypatch, tmp_path):
    """Dagster knows assets and checks by the manifest, dbt builds what the folder has now."""
    project = shutil.copytree(dbt.DBT_FOLDER, tmp_path / "dbt_metrics")
    monkeypatch.setattr(dbt, "DBT_FOLDER", project)
    schema = project / "models" / "marts" / "schema.yml"
    schema.write_text(schema.read_text().replace("- sums_to:", "- sums_to:\n          name: newer"))
    done = build(project_file)
    [failure] = [event.step_failure_data for event in done.all_events if event.is_step_failure]
    said = failure.user_failure_data.description
    assert "does not know test.lulc_metrics.newer" in said and "make setup" in said
    assert not (project_file.parent / "metrics.duckdb").exists()
