"""Questions to the metrics database, which can only be read.

What belongs here: one SELECT, its answer, and what tables there are. What does not: building the
database (``dbt_metrics``), printing.

A build puts a whole new file in the place of the old one, so a reader never waits and never sees
half of it: who has it open goes on reading the old one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import ProductNotFound, QueryRefused

_LOCKED = {
    "enable_external_access": "false",  # no files, no network, no ATTACH, no COPY
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",  # a query cannot unlock the above
}


@dataclass(frozen=True)
class Answer:
    """Names of columns, and rows of plain values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def ask(path: Path, sql: str) -> Answer:
    """The answer to one SELECT.

    Args:
        path: of the DuckDB file.
        sql: one statement that reads.

    Raises:
        ProductNotFound: there is no database yet.
        QueryRefused: not exactly one statement, one that does more than read, or one that fails;
            the message says what DuckDB says.
    """
    import duckdb  # keeps --help quick

    if not path.is_file():
        raise ProductNotFound(
            f"no metrics database at {path}; run the job `metrics` first (materialize dbt_metrics)"
        )
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryRefused(f"this is not SQL: {_first_line(error)}") from error
    if len(statements) != 1:
        raise QueryRefused(f"{len(statements)} statements; ask one question at a time")
    kind = statements[0].type
    if kind not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise QueryRefused(f"{kind.name} is not a question; metrics can only be read, with SELECT")
    try:
        with duckdb.connect(str(path), read_only=True, config=dict(_LOCKED)) as connection:
            found = connection.execute(statements[0])
            columns = tuple(column[0] for column in found.description or ())
            return Answer(columns, tuple(found.fetchall()))
    except duckdb.Error as error:
        raise QueryRefused(_first_line(error)) from error


def list_columns(path: Path) -> Answer:
    """Tables, columns, types and what they mean; raises as :func:`ask`."""
    return ask(
        path,
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where not internal order by table_name, column_index",
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
