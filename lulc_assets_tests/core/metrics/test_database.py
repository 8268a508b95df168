"""A metrics database that is not whole takes no other one's place."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.metrics.database import publish_database, remove_unpublished, wal_of

ROWS = 5


@pytest.fixture
def files(tmp_path):
    pq.write_table(pa.table({"x": range(ROWS)}), tmp_path / "m.parquet")
    return [tmp_path / "m.parquet"]


def write(path, rows=ROWS):
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE stg_metrics AS SELECT range AS x FROM range({rows})")
    return path


def rows_of(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT count(*) FROM stg_metrics").fetchone()[0]


KILLED = """
import duckdb, os, signal, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("SET checkpoint_threshold = '1GB'")
connection.execute("CREATE TABLE %s AS SELECT range AS x FROM range(5)")
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
print("open", flush=True)
sys.stdin.read()
"""


def writer(path, what, table="stg_metrics"):
    return subprocess.Popen(
        [sys.executable, "-c", KILLED % table, str(path), what],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_a_whole_database_replaces_the_old_one(tmp_path, files):
    target, fresh = write(tmp_path / "metrics.duckdb", 2), write(tmp_path / ".fresh")
    publish(fresh, target, files)
    assert rows_of(target) == ROWS and not fresh.exists()


@pytest.mark.parametrize("rows", [0, ROWS - 1, ROWS + 1])
def test_missing_rows_are_refused_and_the_old_one_stays(tmp_path, files, rows):
    target = write(tmp_path / "metrics.duckdb", 2)
    with pytest.raises(InvalidProduct, match=f"{rows} of {ROWS} rows"):
        publish(write(tmp_path / ".fresh", rows), target, files)
    assert rows_of(target) == 2


def test_a_database_without_tables_is_refused(tmp_path, files):
    target = write(tmp_path / "metrics.duckdb", 2)
    duckdb.connect(str(tmp_path / ".fresh")).close()
    with pytest.raises(InvalidProduct, match="stg_metrics"):
        publish(tmp_path / ".fresh", target, files)
    assert rows_of(target) == 2


def test_tables_that_are_in_the_wal_only_are_brought_into_the_file(tmp_path, files):
    """As a killed dbt leaves them: renamed alone, the file would have no table."""
    fresh, target = tmp_path / ".fresh", tmp_path / "metrics.duckdb"
    with writer(fresh, "die") as process:
        process.wait()
    assert wal_of(fresh).exists()
    publish(fresh, target, files)
    assert rows_of(target) == ROWS and not wal_of(fresh).exists()


def test_the_wal_of_a_killed_writer_does_not_spoil_the_next_database(tmp_path, files):
    target = write(tmp_path / "metrics.duckdb", 2)
    with writer(target, "die", "mine") as process:
        process.wait()
    assert wal_of(target).exists()
    publish(write(tmp_path / ".fresh"), target, files)
    assert rows_of(target) == ROWS and not wal_of(target).exists()


def test_a_database_that_somebody_writes_to_is_not_taken_away(tmp_path, files):
    target = write(tmp_path / "metrics.duckdb", 2)
    with writer(target, "stay", "mine") as process:
        process.stdout.readline()
        with pytest.raises(InvalidProduct, match="open for writing"):
            publish(write(tmp_path / ".fresh"), target, files)
        process.stdin.close()
        process.wait()
    assert rows_of(target) == 2
    publish(tmp_path / ".fresh", target, files)
    assert rows_of(target) == ROWS


def test_nothing_is_left_of_what_was_not_published(tmp_path):
    fresh = tmp_path / ".fresh"
    with writer(fresh, "die") as process:
        process.wait()
    remove_unpublished(fresh)
    assert list(tmp_path.iterdir()) == []


def publish(fresh, target, files):
    return publish_database(fresh, target, files, lambda: True)


def test_of_two_rebuilds_at_once_the_one_from_older_tables_does_not_win(tmp_path, files):
    """Both were begun before either ended; the older one ends last, and would lose rows."""
    target, newest = write(tmp_path / "metrics.duckdb", 2), "second"
    older, newer = write(tmp_path / ".first"), write(tmp_path / ".second")
    assert publish_database(newer, target, files, lambda: newest == "second")
    with duckdb.connect(str(target)) as connection:
        connection.execute("create table newer as select 1")
    assert not publish_database(older, target, files, lambda: newest == "first")
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.execute("select * from newer").fetchall() == [(1,)]


def test_rebuilds_at_once_leave_one_whole_database(tmp_path, files):
    target, ready = write(tmp_path / "metrics.duckdb", 2), threading.Barrier(4)

    def rebuild(number):
        fresh = write(tmp_path / f".fresh-{number}")
        ready.wait()
        publish(fresh, target, files)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(rebuild, number) for number in range(4)]:
            done.result()
    assert rows_of(target) == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.parquet", "metrics.duckdb"]


PUBLISHING = """
import os, signal, sys
from pathlib import Path
from lulc_assets.core.metrics import database
fresh, target, file, when = sys.argv[1:]
put_in_place = database.put_in_place

def killed(*paths):
    if when == "after":
        put_in_place(*paths)
    os.kill(os.getpid(), signal.SIGKILL)

database.put_in_place = killed
database.publish_database(Path(fresh), Path(target), [Path(file)], lambda: True)
"""


@pytest.mark.parametrize(("when", "rows"), [("before", 2), ("after", ROWS)])
def test_a_kill_around_the_rename_leaves_the_old_database_or_the_new_one(
    tmp_path, files, when, rows
):
    target, fresh = write(tmp_path / "metrics.duckdb", 2), write(tmp_path / ".fresh")
    command = [sys.executable, "-c", PUBLISHING, str(fresh), str(target), str(files[0]), when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert rows_of(target) == rows
    assert publish(write(tmp_path / ".next"), target, files), "the lock of the killed one is free"
    assert rows_of(target) == ROWS
