"""``lulc metrics``: answers, and everything that is not a question is refused."""

import csv
import io
import json
import shutil
import threading

import duckdb
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.metrics.database import publish_database
from lulc_assets.core.metrics.query import ask


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("metrics") / "metrics.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table areas (class_name varchar, area_ha double)")
        connection.execute("comment on column areas.area_ha is 'Estimated, hectares.'")
        rows = [("[red]water[/]", 1.5), ('it\'s "odd" <b>', None)]
        connection.executemany("insert into areas values (?, ?)", rows)
    return path


def run(database, *arguments):
    return CliRunner().invoke(app, ["metrics", "--database", str(database), *arguments])


def test_an_answer_is_a_table_or_csv_or_json(database):
    sql = "select class_name, area_ha from areas order by area_ha nulls last"

    table, lines, text = (
        run(database, sql, "--format", kind).stdout for kind in ("table", "csv", "json")
    )

    assert "[red]water[/]" in table
    assert list(csv.reader(io.StringIO(lines))) == [
        ["class_name", "area_ha"], ["[red]water[/]", "1.5"], ["it's \"odd\" <b>", ""],
    ]  # fmt: skip
    assert json.loads(text)[1] == {"class_name": 'it\'s "odd" <b>', "area_ha": None}


def test_without_a_question_the_columns_are_explained(database):
    found = json.loads(run(database, "--format", "json").stdout)
    assert {"table_name": "areas", "column_name": "area_ha", "data_type": "DOUBLE",
            "comment": "Estimated, hectares."} in found  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "drop table areas",
        "insert into areas values ('x', 1)",
        "update areas set area_ha = 0",
        "delete from areas",
        "create table other (a int)",
        "attach '/tmp/other.duckdb'",
        "copy areas to '/tmp/areas.csv'",
        "select 1; drop table areas",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "set enable_external_access = true",
        "install httpfs",
        "pragma enable_profiling",
        "export database '/tmp/all'",
        "selekt 1",
        "select nothing from areas",
        ";",
    ],
)
def test_whatever_writes_reads_files_or_fails_is_refused_in_one_line(database, sql):
    before = database.read_bytes()

    done = run(database, sql)

    assert done.exit_code == 1
    assert "QueryRefused" in done.stderr
    assert "Traceback" not in done.stderr
    assert database.read_bytes() == before


def test_without_a_database_the_job_is_named(tmp_path):
    done = run(tmp_path / "none.duckdb", "select 1")
    assert done.exit_code == 1
    assert "run the job `metrics` first" in " ".join(done.stderr.split())


def test_readers_never_fail_while_the_database_is_put_in_place_fifty_times(database, tmp_path):
    target = tmp_path / "metrics.duckdb"
    shutil.copy(database, target)
    done, failures, answers = threading.Event(), [], []

    def read():
        while not done.is_set():
            try:
                answers.append(ask(target, "select count(*) from areas").rows[0][0])
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(50):
        fresh = rebuilt(database, tmp_path / ".metrics.duckdb.run")
        assert publish_database(fresh, target, [], lambda: True)
    done.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert set(answers) == {2}


def rebuilt(database, path):
    """A fresh database beside the one that is read, as dbt leaves it."""
    shutil.copy(database, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table stg_metrics (x int)")
    return path
