"""The dbt project, run as people run it: a process with the project's folder as its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lulc_assets.core.accuracy.report import SCOPES, VERDICTS
from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.change.grades import Grade
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.metrics.change_tables import ALERT_SCHEMA, CHANGE_SCHEMA
from lulc_assets.core.metrics.making_tables import (
    DURATION_SCHEMA,
    TRAINING_SCHEMA,
    VERDICTS_OF_MODELS,
)
from lulc_assets.core.metrics.map_tables import MAP_SCHEMA, SCENE_SCHEMA
from lulc_assets.core.metrics.marts import build_marts, fresh_database, require_built
from lulc_assets.core.metrics.parquet import write_table
from lulc_assets.core.metrics.tables import (
    METRIC_SCHEMA,
    METRICS,
    UNITS,
    metric_rows,
    write_metrics,
)
from lulc_assets.core.sampling.design import DESIGNS
from lulc_assets_tests.core.metrics.test_tables import DIGESTS, MISSING, report

PROJECT = Path(__file__).parents[2] / "dbt_metrics"


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """One target folder, so that dbt parses once."""
    return tmp_path_factory.mktemp("target")


def run_dbt(target, *arguments, files=None, project=PROJECT, **more):
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    command += ["--target-path", str(target), "--log-path", str(target / "logs")]
    if files is not None:
        command += ["--vars", json.dumps({"metric_files": files, **more})]
    environment = {**os.environ, "LULC_METRICS_DUCKDB": str(target / "metrics.duckdb")}
    environment.pop("PYTHONWARNINGS", None)
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def rows_of(target, query):
    with duckdb.connect(str(target / "metrics.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def metric_file(folder, name, **fields):
    folder.mkdir(exist_ok=True)
    return str(write_metrics(folder / name, metric_rows(report(**fields), **DIGESTS)))


@pytest.fixture(scope="module")
def manifest(target):
    done = run_dbt(target, "parse")
    assert done.returncode == 0, done.stdout
    assert not (target / "metrics.duckdb").exists()
    return json.loads((target / "manifest.json").read_text())


def test_parsing_needs_no_database_and_names_the_upstream_asset(manifest):
    source = manifest["sources"]["source.lulc_metrics.lulc.metric_tables"]
    staging = manifest["nodes"]["model.lulc_metrics.stg_metrics"]

    assert source["config"]["meta"]["dagster"]["asset_key"] == ["metric_tables"]
    assert staging["depends_on"]["nodes"] == [source["unique_id"]]


def test_every_model_and_column_of_a_schema_is_described(manifest):
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]

    assert len(models) == 14
    for model in models:
        assert model["description"], model["name"]
        for column in model["columns"].values():
            assert column["description"], (model["name"], column["name"])


def names_of(codes):
    """As tables spell them; code 0 has no row."""
    return [code.name.lower() for code in codes if code]


def legal_of(manifest, *models):
    """Column → the values that a rule of one of these models accepts."""
    return {
        column["name"]: column["config"]["meta"]["values"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in models
        for column in node["columns"].values()
        if "values" in column["config"]["meta"]
    }


def test_sql_and_python_agree_on_legal_values(manifest):
    legal = legal_of(manifest, "stg_metrics", "change", "alerts")
    expected = {"scope": SCOPES, "design": DESIGNS, "verdict": VERDICTS}
    expected |= {"metric": METRICS, "unit": UNITS}
    expected |= {"grade": names_of(Grade), "step": names_of(Step)}
    assert set(legal_of(manifest, "training_runs")["verdict"]) == set(VERDICTS_OF_MODELS)
    assert {k: set(v) for k, v in legal.items()} == {k: set(v) for k, v in expected.items()}


def test_without_files_all_tables_are_empty_with_their_columns(manifest, target):
    done = run_dbt(target, "build")

    assert done.returncode == 0, done.stdout
    columns = rows_of(target, "select column_name, column_type from (describe stg_metrics)")
    types = {"int64": "BIGINT", "float64": "DOUBLE"}
    expected = METRIC_SCHEMA.columns.items()
    assert columns == [(n, types.get(str(c.dtype), "VARCHAR")) for n, c in expected]
    assert rows_of(target, "select * from accuracy_by_tile") == []


MAP = {
    "tile": "33TVM", "year": 2023, "scenes": 12, "datatakes": 11, "failed_scenes": 1,
    "newest_date": "2023-11-30", "observations_median": 9.5, "no_data_pct": 0.5,
    "mask_overruled_pixels": 0, "sieved_pixels": 4, "map_digest": "m", "model_digest": "b",
}  # fmt: skip
SCENE = {
    "tile": "33TVM", "year": 2023, "scene_id": "S2A", "date": "", "provider": "", "baseline": "",
    "level": "", "offset": "", "cloud_cover_pct": None, "clear_pct": None, "nodata_pct": None,
    "selected": False, "in_map": False, "reason": "no SWIR asset", "catalog_digest": "c",
}  # fmt: skip


CHANGE = {
    "tile": "33TVM", "year": 2023, "from_class": "trees", "to_class": "crops",
    "grade": "sustained", "pixels": 120, "area_ha": 1.2, "change_digest": "c", "model_digest": "b",
}  # fmt: skip
ALERT = {
    "tile": "33TVM", "year": 2023, "alert_id": "33TVM-2023-0206-1-2", "step": "confirmed",
    "from_class": "trees", "to_class": "crops", "area_ha": 1.2, "confirmed_ha": 1.1,
    "probability": 0.99, "first_on": "2023-02-06", "possible_on": "2023-02-06", "likely_on": "",
    "confirmed_on": "2023-05-01", "rejected_on": "", "alerts_digest": "a",
}  # fmt: skip


def test_change_and_alerts_can_be_asked_for(manifest, target, tmp_path):
    rows = [CHANGE, {**CHANGE, "grade": "flicker"}]
    change = write_table(tmp_path / "change.parquet", pd.DataFrame(rows), CHANGE_SCHEMA)
    alerts = write_table(tmp_path / "alerts.parquet", pd.DataFrame([ALERT]), ALERT_SCHEMA)

    done = run_dbt(target, "build", files=[], change_files=[str(change)], alert_files=[str(alerts)])

    assert done.returncode == 0, done.stdout
    found = "select * from change where grade = 'sustained'"
    assert rows_of(target, found) == [tuple(CHANGE.values())]
    assert rows_of(target, "select * from alerts") == [tuple(ALERT.values())]


TRAINING = {
    "training": 1, "candidate_digest": "k", "epochs": 3, "best_epoch": 2, "training_chips": 40,
    "validation_chips": 9, "validation_accuracy": 0.8, "calibration_error_before": 0.1,
    "calibration_error_after": 0.02, "classes_taught": 9, "verdict": "promoted",
    "reason": "it's better", "gold_agreement": 0.81, "gold_pixels": 100.0, "gold_windows": 4.0,
    "in_use": True, "bundle_digest": "b", "settings": '{"recipe":{}}',
}  # fmt: skip
REFUSED = TRAINING | {
    "training": 2, "candidate_digest": "l", "verdict": "not judged", "reason": "",
    "gold_agreement": None, "gold_pixels": None, "gold_windows": None, "in_use": False,
    "bundle_digest": "",
}  # fmt: skip
DURATION = {
    "asset": "annual_map", "key": "33TVM", "year": 2023.0, "made_at": "2026-01-02T03:04:05Z",
    "seconds": 90.5, "cost": 0.25, "currency": "EUR", "digest": "m", "run_id": "r",
}  # fmt: skip
OF_NO_TILE = DURATION | {"asset": "lulc_model", "key": "", "year": None}
FREE = DURATION | {"asset": "scene_catalog", "cost": None, "currency": "", "seconds": 1.0}


def making_files(folder, trainings=(TRAINING,), durations=(DURATION,)):
    training = write_table(folder / "t.parquet", pd.DataFrame(trainings), TRAINING_SCHEMA)
    duration = write_table(folder / "d.parquet", pd.DataFrame(durations), DURATION_SCHEMA)
    return {"training_files": [str(training)], "duration_files": [str(duration)]}


def test_trainings_durations_and_costs_can_be_asked_for(manifest, target, tmp_path):
    again = DURATION | {"made_at": "2026-02-02T03:04:05Z", "seconds": 9.5, "digest": "n"}
    given = making_files(tmp_path, [TRAINING, REFUSED], [again, DURATION, OF_NO_TILE, FREE])

    done = run_dbt(target, "build", files=[], **given)

    assert done.returncode == 0, done.stdout
    told = rows_of(target, "select * from training_runs")
    assert told == [tuple(TRAINING.values()), tuple(REFUSED.values())]
    assert rows_of(target, "select * from durations") == [
        tuple(row.values()) for row in (DURATION, again, OF_NO_TILE, FREE)
    ]
    assert rows_of(target, "select * from costs") == [
        ("33TVM", 2023, "", 1, 1.0, None, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("33TVM", 2023, "EUR", 2, 100.0, 0.5, "2026-01-02T03:04:05Z", "2026-02-02T03:04:05Z"),
    ]


def test_one_making_told_twice_fails_the_build(manifest, target, tmp_path):
    given = making_files(tmp_path, durations=[DURATION, DURATION])
    done = run_dbt(target, "build", "--select", "durations", files=[], **given)
    assert done.returncode != 0
    assert "durations: asset, key, year, made_at, digest, run_id: unique (1 rows)" in done.stdout


@pytest.mark.parametrize(
    ("row", "schema", "said"),
    [
        (TRAINING | {"best_epoch": 4}, TRAINING_SCHEMA, "best_epoch_was_trained"),
        (TRAINING | {"gold_agreement": 1.2}, TRAINING_SCHEMA, r"gold_agreement = 1\.2"),
        (DURATION | {"seconds": -1.0}, DURATION_SCHEMA, r"seconds = -1\.0"),
        (DURATION | {"currency": ""}, DURATION_SCHEMA, "cost_has_a_currency"),
        (DURATION | {"made_at": "yesterday"}, DURATION_SCHEMA, "made_at = 'yesterday'"),
    ],
)
def test_a_training_or_a_duration_that_cannot_be_is_named(row, schema, said, tmp_path):
    with pytest.raises(InvalidProduct, match=said):
        write_table(tmp_path / "x.parquet", pd.DataFrame([row]), schema)


def test_a_grade_or_a_step_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InvalidProduct, match="change table: grade = 'sure'"):
        wrong = pd.DataFrame([{**CHANGE, "grade": "sure"}])
        write_table(tmp_path / "change.parquet", wrong, CHANGE_SCHEMA)
    with pytest.raises(InvalidProduct, match="alert table: step = 'none'"):
        wrong = pd.DataFrame([{**ALERT, "step": "none"}])
        write_table(tmp_path / "alerts.parquet", wrong, ALERT_SCHEMA)


def test_what_maps_were_made_from_can_be_asked_for(manifest, target, tmp_path):
    maps = write_table(tmp_path / "maps.parquet", pd.DataFrame([MAP]), MAP_SCHEMA)
    scenes = write_table(tmp_path / "scenes.parquet", pd.DataFrame([SCENE]), SCENE_SCHEMA)

    done = run_dbt(target, "build", files=[], map_files=[str(maps)], scene_files=[str(scenes)])

    assert done.returncode == 0, done.stdout
    assert rows_of(target, "select * from observations") == [tuple(MAP.values())]
    assert rows_of(target, "select * from scene_selection") == [tuple(SCENE.values())]


def test_a_row_that_cannot_be_is_named(tmp_path):
    wrong = pd.DataFrame([{**MAP, "no_data_pct": 101.0}])
    with pytest.raises(InvalidProduct, match=r"map table: no_data_pct = 101\.0"):
        write_table(tmp_path / "maps.parquet", wrong, MAP_SCHEMA)


def test_every_column_says_in_the_database_what_it_means(manifest, target):
    assert run_dbt(target, "run").returncode == 0
    found = rows_of(
        target, "select table_name, column_name, comment from duckdb_columns() where not internal"
    )
    assert len(found) > 90
    assert [row for row in found if not row[2]] == []


def test_files_of_several_maps_become_tables_for_readers(manifest, target, tmp_path):
    folder = tmp_path / "it's [odd]"
    files = [
        metric_file(folder, "a.parquet"),
        metric_file(folder, "b.parquet", year=2024, missing=MISSING),
        metric_file(folder, "c.parquet", verdict="insufficient", year=2025),
        metric_file(folder, "d.parquet", scope="region", key="alps"),
    ]

    done = run_dbt(target, "build", files=files)

    assert done.returncode == 0, done.stdout
    by_tile = "select tile, year, verdict, n_units, overall_accuracy, mapped_area_ha, model_digest"
    assert rows_of(target, f"{by_tile} from accuracy_by_tile") == [
        ("33TVL", 2023, "estimated", 100, 0.9, 45.0, "model"),
        ("33TVL", 2024, "estimated", 100, 0.9, 45.0, "model"),
        ("33TVL", 2025, "insufficient", 100, None, 45.0, "model"),
    ]
    assert rows_of(
        target,
        "select year, n_unusable, design_effect, missing_share, overall_accuracy_at_worst, "
        "overall_accuracy_at_best from accuracy_by_tile",
    ) == [
        (2023, 3, 1.5, 0.0, None, None),
        (2024, 3, 1.5, 0.05, 0.86, 0.91),
        (2025, 3, None, None, None, None),
    ]
    assert rows_of(
        target,
        "select year, area_at_least_ha, area_at_most_ha from class_areas "
        "where class_name = 'water' and scope = 'tile' order by year",
    ) == [(2023, None, None), (2024, 3.5, 5.75), (2025, None, None)]
    assert rows_of(
        target,
        "select distinct f1, f1_ci_low, f1_ci_high from class_accuracy",
    ) == [(0.9, 0.86, 0.94)]
    assert rows_of(target, "select region, agreement from accuracy_by_region") == [("alps", 0.9)]
    assert rows_of(
        target,
        "select distinct year, area_ha, ci_width_ha from class_areas "
        "where class_name = 'water' and scope = 'tile' order by year",
    ) == [(2023, 4.0, 4.0), (2024, 4.0, 4.0), (2025, None, None)]
    assert rows_of(
        target,
        "select map_class, reference_class, n_units, share_of_disagreement, confusion_rank "
        "from confusion_pairs where scope = 'region'",
    ) == [("water", "trees", 10, 1.0, 1)]
    assert rows_of(
        target,
        "select from_year, to_year, mapped_change_ha, change_ha, intervals_overlap "
        "from area_change where class_name = 'water' order by from_year",
    ) == [(2023, 2024, 0.0, 0.0, True), (2024, 2025, 0.0, None, None)]
    assert rows_of(
        target,
        "select users_accuracy, users_n_units, producers_accuracy from class_accuracy "
        "where scope = 'region' and class_name = 'crops'",
    ) == [(0.9, 100, None)]


def test_one_map_reported_twice_fails_the_build(manifest, target, tmp_path):
    files = [metric_file(tmp_path, "a.parquet"), metric_file(tmp_path, "b.parquet")]

    done = run_dbt(target, "build", "--select", "stg_metrics", files=files)

    assert done.returncode != 0
    rows = pq.read_metadata(files[0]).num_rows
    key = "scope, key, year, metric, class_name, reference_class"
    assert f"stg_metrics: {key}: unique ({rows} rows)" in done.stdout


KINDS = {
    "metric": (lambda: metric_rows(report(), **DIGESTS).query("metric == 'overall_accuracy'")),
    "change": (lambda: pd.DataFrame([CHANGE])),
    "alert": (lambda: pd.DataFrame([ALERT])),
    "training": (lambda: pd.DataFrame([TRAINING])),
    "duration": (lambda: pd.DataFrame([DURATION])),
}


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("metric", {"key": None}, "stg_metrics: key: not_null (1 rows)"),
        ("metric", {"scope": "moon"}, "stg_metrics: scope: values (1 rows)"),
        ("metric", {"ci_low": 2.0}, "stg_metrics: ci_low, estimate, ci_high: ordered (1 rows)"),
        ("metric", {"ci_high": 0.1}, "stg_metrics: ci_low, estimate, ci_high: ordered (1 rows)"),
        ("change", {"grade": "sure"}, "change: grade: values (1 rows)"),
        ("duration", {"seconds": -1.0}, "durations: seconds: at_least 0 (1 rows)"),
        ("training", {"gold_agreement": 1.5}, "training_runs: gold_agreement: at_most 1 (1 rows)"),
        ("training", {"best_epoch": 9}, "training_runs: 1, best_epoch, epochs: ordered (1 rows)"),
        (
            "alert",
            {"step": None, "tile": None},
            "alerts: step: not_null (1 rows); tile: not_null (1 rows)",
        ),
    ],
)
def test_a_planted_row_is_said_by_table_column_and_rule(tmp_path, kind, wrong, said):
    file = tmp_path / f"{kind}.parquet"
    KINDS[kind]().assign(**wrong).to_parquet(file)
    built = build_marts(PROJECT, {f"{kind}_files": file}, fresh_database(file, "x"), tmp_path)
    with pytest.raises(InvalidProduct, match=f"failed .* stays:(?s:.*){re.escape(said)}"):
        require_built(built)


def test_builds_in_one_process_leave_closed_databases_of_their_own(tmp_path):
    for year in (2023, 2024):
        file = tmp_path / f"{year}.parquet"
        write_table(file, pd.DataFrame([CHANGE | {"year": year}]), CHANGE_SCHEMA)
        database = fresh_database(file, str(year))
        require_built(build_marts(PROJECT, {"change_files": file}, database, tmp_path))
        assert not database.with_name(f"{database.name}.wal").exists()
    for year in (2023, 2024):
        with duckdb.connect(str(tmp_path / f".metrics.{year}"), read_only=True) as connection:
            assert connection.sql("select year from change").fetchall() == [(year,)]


def test_sums_that_differ_from_what_they_are_sums_of_are_said(manifest, target, tmp_path):
    given = making_files(tmp_path)
    assert run_dbt(target, "build", files=[], **given).returncode == 0
    with duckdb.connect(str(target / "metrics.duckdb")) as connection:
        connection.execute("update costs set seconds = seconds + 1")
    done = run_dbt(target, "test", "--select", "costs", files=[], **given)
    assert done.returncode != 0
    assert "costs: seconds: sums_to durations 91.5 <> 90.5 (1 rows)" in done.stdout


def test_a_rule_that_nobody_knows_ends_the_build(target, tmp_path):
    project = shutil.copytree(PROJECT, tmp_path / "p", ignore=shutil.ignore_patterns("target"))
    schema = project / "models" / "staging" / "schema.yml"
    schema.write_text(schema.read_text().replace("not_null: true", "not_nul: true", 1))
    done = run_dbt(target, "build", "--select", "stg_metrics", files=[], project=project)
    assert done.returncode != 0
    assert "stg_metrics.scope: no rule is named not_nul" in done.stdout
