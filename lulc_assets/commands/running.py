"""What every command shares: errors of the domain become one clear line, progress a bar.

What belongs here: the Typer group with the project's manners. What does not: commands.
"""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from typer.core import TyperGroup

from lulc_assets.core.errors import LulcError
from lulc_assets.core.progress import Progress

USER_ERROR = 1
INTERRUPTED = 130
SECONDS_BETWEEN_LINES = 10.0


class PoliteGroup(TyperGroup):
    """Prints an error of the domain or of the system as one line on stderr and exits with 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except LulcError as error:
            _complain(type(error).__name__, str(error))
            raise typer.Exit(USER_ERROR) from error
        except OSError as error:
            if error.errno is None:
                raise
            _complain(type(error).__name__, _about_the_system(error))
            raise typer.Exit(USER_ERROR) from error
        except KeyboardInterrupt as error:
            Console(stderr=True).print("Stopped. Call it again to go on: what was published stays.")
            raise typer.Exit(INTERRUPTED) from error


def _complain(kind: str, message: str) -> None:
    Console(stderr=True).print(
        # A message may quote other people's text, and that is never markup.
        f"[bold red]{kind}[/]: {escape(message)}",
        highlight=False,
        soft_wrap=True,
    )


def _about_the_system(error: OSError) -> str:
    """File, reason and what to look at: a full disk, a folder that nobody may write to."""
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}{reason}; make room and call it again: what was published stays"
    return f"{where}{reason}; check that the place exists and that you may write there"


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A progress callback that draws a bar on stderr, or prints lines where that is no terminal."""
    if not sys.stderr.isatty():
        yield _progress_lines(title)
        return
    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("", total=None, title=title)

        def report(done: int, total: int, message: str) -> None:
            bars.update(task, completed=done, total=total, description=message)

        yield report


def _progress_lines(title: str) -> Progress:
    last = time.monotonic()

    def report(done: int, total: int, message: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            print(f"  {title}: {done}/{total} {message}", file=sys.stderr, flush=True)

    return report
