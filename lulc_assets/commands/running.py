"""What every command shares: errors of the domain become one clear line, progress a bar.

What belongs here: the Typer group with the project's manners. What does not: commands.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from typer.core import TyperGroup

from lulc_assets.core.errors import LulcError
from lulc_assets.core.progress import Progress

USER_ERROR = 1


class PoliteGroup(TyperGroup):
    """Prints an error of the domain as one line on stderr and exits with 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except LulcError as error:
            Console(stderr=True).print(
                f"[bold red]{type(error).__name__}[/]: {error}", highlight=False, soft_wrap=True
            )
            raise typer.Exit(USER_ERROR) from error


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A progress callback that draws a bar on stderr; silent where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with RichProgress(*columns, console=console, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task("", total=None, title=title)

        def report(done: int, total: int, message: str) -> None:
            bars.update(task, completed=done, total=total, description=message)

        yield report
