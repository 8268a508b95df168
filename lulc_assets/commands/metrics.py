"""``lulc metrics``: questions to the metrics database.

What belongs here: arguments and printing. What does not: asking (``core/metrics/query``).
"""

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.metrics.query import Answer


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def metrics(
    sql: Annotated[
        str, typer.Argument(help="One SELECT; none: list the tables and what columns mean.")
    ] = "",
    project: ProjectFile = Path("project.toml"),
    database: Annotated[Path | None, typer.Option(help="DuckDB file; none: the project's.")] = None,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,
) -> None:
    """Ask the metrics a question in SQL; they can only be read.

    Example: lulc metrics "SELECT tile, year, overall_accuracy FROM accuracy_by_tile"
    """
    from lulc_assets.core.metrics.query import ask, list_columns  # keeps --help quick

    path = database or _of_project(project)
    answer = ask(path, sql) if sql.strip() else list_columns(path)
    if format is Format.json:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    elif format is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    else:
        _print(answer)


def _of_project(project: Path) -> Path:
    from lulc_assets.project import load_project  # keeps --help quick

    found = load_project(project)
    return Path(found.path_of(found.metrics))


def _print(answer: "Answer") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for place, name in enumerate(answer.columns):
        numbers = any(_is_number(row[place]) for row in answer.rows)
        # Names and values come from people: Text is never read as markup.
        table.add_column(Text(name), justify="right" if numbers else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*(Text(_word(value)) for value in row))
    Console().print(table)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
