"""The metrics database takes the place of the one before only when it is whole.

What belongs here: looking at a finished DuckDB file, and the rename. What does not: what is in it
(``dbt_metrics``), questions to it (``query``).

DuckDB keeps what it could not write into the file in a ``.wal`` beside it: on a full disk the
checkpoint at close fails without an error, and the file alone has no table.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.whole_files import put_in_place

STAGED = "stg_metrics"
"""The table with every row of the metric files."""


def publish_database(
    fresh: Path, target: Path, files: Sequence[Path], is_newest: Callable[[], bool]
) -> bool:
    """Check a finished database and give it its name, unless a newer one is on its way.

    Of two builds at once the one from older tables may end later: it must not take the place of
    the other. So whoever publishes asks for the newest tables, alone.

    Args:
        fresh: DuckDB file beside the target, closed by whoever wrote it.
        target: replaced; readers who have it open go on reading the old one.
        files: metric Parquet files that it was built from.
        is_newest: whether no other tables were committed since those files were read.

    Returns:
        Whether it was published.

    Raises:
        InvalidProduct: rows are missing, as on a full disk, or somebody writes to the target.
            The target stays as it is.
    """
    import duckdb  # only where there is a database

    rows = sum(pq.read_metadata(path).num_rows for path in files)
    try:
        with duckdb.connect(str(fresh)) as connection:
            connection.execute("CHECKPOINT")
        if wal_of(fresh).exists():
            raise InvalidProduct(f"{fresh} was not written whole; is the disk full?")
        with duckdb.connect(str(fresh), read_only=True) as connection:
            found = connection.execute(f"SELECT count(*) FROM {STAGED}").fetchone()
    except duckdb.Error as error:
        raise InvalidProduct(
            f"the new metrics database is not whole and was not published: {error}; make room on "
            f"the disk of {target.parent} and run it again"
        ) from error
    if found is None or found[0] != rows:
        raise InvalidProduct(
            f"the new metrics database has {found[0] if found else 0} of {rows} rows of "
            f"{STAGED} and was not published; run it again"
        )
    if is_written_to(target):
        raise InvalidProduct(
            f"another program has {target} open for writing; close it and run it again. To look "
            "at metrics, open the file read only"
        )
    with _alone_in(target.parent):
        if not is_newest():
            return False
        wal_of(target).unlink(missing_ok=True)  # of a killed writer; it fits no other file
        put_in_place(fresh, target)
    return True


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder, which ends with the process at the latest."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_unpublished(fresh: Path) -> None:
    """Remove what is left of a database that was not published."""
    fresh.unlink(missing_ok=True)
    wal_of(fresh).unlink(missing_ok=True)


def wal_of(path: Path) -> Path:
    """Where DuckDB keeps what is not in the file yet."""
    return path.with_name(f"{path.name}.wal")


def is_written_to(path: Path) -> bool:
    """Whether a process has a DuckDB file open for writing: it holds a lock then."""
    try:
        with path.open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
