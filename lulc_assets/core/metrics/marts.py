"""The tables of a dbt project, built and tested by dbt in this process.

A process of its own would import dbt once more and would be asked for its version first: half of
the time that a build takes. Paths of files come as variables, and dbt parses all anew when those
change; so the project is parsed without them, from what an earlier parse left, and the build gets
the result.

What belongs here: running dbt. What does not: the SQL (``dbt_metrics``), putting the database in
place (``database``), events (``defs/dbt``).
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import InvalidProduct

DATABASE = "metrics"
"""What dbt calls the database; a file of it is named so, up to the first dot inside its name."""

SKIPPED = "not tried"
"""What is said of a table or a test whose table was not built."""

_ONE_BUILD = threading.Lock()
"""dbt keeps its settings in the process: two builds at once would share them."""


@dataclass(frozen=True)
class Built:
    """What became of one table or test.

    Attributes:
        node: dbt's id of it, ``model.…`` or ``test.…``.
        ok: made, or nothing wrong found.
        said: by dbt; of a test what is wrong, of a table that was not made the error.
        seconds: that it took.
    """

    node: str
    ok: bool
    said: str
    seconds: float


def fresh_database(target: Path, name: str) -> Path:
    """A file beside ``target`` that dbt may write; ``name`` is nobody else's."""
    return target.with_name(f".{DATABASE}.{name}")


def build_marts(
    project: Path, files: Mapping[str, Path], database: Path, scratch: Path
) -> list[Built]:
    """Build and test all tables.

    Args:
        project: folder of the dbt project; nothing is written there.
        files: variable of the project → Parquet file that it reads.
        database: DuckDB file to write, by :func:`fresh_database`; closed at the end.
        scratch: folder for what dbt leaves.

    Returns:
        In the order in which they were built; those that a failure kept from being built too.

    Raises:
        InvalidProduct: dbt ended before it built anything.
        KeyboardInterrupt: somebody stopped it.
    """
    from dbt.adapters import factory
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    connections: Any = DuckDBConnectionManager  # these two have no types
    adapters: Any = factory

    shared = [
        "--quiet",
        "--no-write-json",
        *("--log-level-file", "none"),
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", str(scratch), "--log-path", str(scratch)),
    ]
    parsed_before = project / "target" / "partial_parse.msgpack"
    known = ["--partial-parse-file-path", str(parsed_before)] if parsed_before.is_file() else []
    settings = {name: [str(path)] for name, path in files.items()} | {"duckdb_path": str(database)}
    with _ONE_BUILD:
        try:
            manifest = _result(dbtRunner().invoke(["parse", *shared, *known]))
            build = ["build", *shared, "--vars", json.dumps(settings)]
            done = _result(dbtRunner(manifest=manifest).invoke(build))
        finally:
            adapters.cleanup_connections()
            adapters.reset_adapters()
            connections.close_all_connections()
    return [_built(one) for one in done.results]


def require_built(built: Sequence[Built]) -> None:
    """Raises InvalidProduct, which says every failure, unless all was built and no test failed."""
    kept_from = [one for one in built if one.said == SKIPPED]
    failed = [one for one in built if not one.ok and one.said != SKIPPED]
    if not failed and not kept_from:
        return
    said = "\n".join(one.said for one in failed)
    raise InvalidProduct(
        f"{len(failed)} of {len(built)} tables and tests of the metrics database failed"
        f" ({len(kept_from)} more were not tried), so it was not published and the one before "
        f"stays:\n{said}"
    )


def _result(done: Any) -> Any:
    """What a run of dbt ended with, also where tests failed; dbt catches even a stop."""
    if done.exception is not None and not isinstance(done.exception, Exception):
        raise done.exception
    if done.exception is not None or done.result is None:
        raise InvalidProduct(f"dbt could not build the metrics database: {done.exception}")
    return done.result


def _built(result: Any) -> Built:
    status = str(result.status)
    node, seconds = result.node.unique_id, float(result.execution_time)
    if status in {"success", "pass"}:
        return Built(node, True, "", seconds)
    if status == "skipped":
        return Built(node, False, SKIPPED, seconds)
    return Built(node, False, str(result.message or f"{node}: {status}"), seconds)
