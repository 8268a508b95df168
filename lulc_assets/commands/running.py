"""What every command shares: errors of the domain become one clear line, progress a bar.

What belongs here: the Typer group with the project's manners, and printing that any terminal
bears. What does not: commands.
"""

import codecs
import errno
import json
import os
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
NOBODY_READS = 141
"""As a shell reports a program that SIGPIPE ended."""
_PLAIN = {"–": "-", "—": "-", "−": "-", "…": "...", "±": "+/-", "×": "x", "²": "2", "·": ".",
          "’": "'", "≥": ">=", "≤": "<=", "→": "->"}  # fmt: skip
"""Signs of ours for terminals that lack them."""
SECONDS_BETWEEN_LINES = 10.0


class PoliteGroup(TyperGroup):
    """Prints an error of the domain or of the system as one line on stderr and exits with 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        _bear_any_terminal()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError as error:
            # The reader, `head` for example, has what it wanted. What Python still holds must
            # not fail once more when the program ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(NOBODY_READS) from error
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


def _bear_any_terminal() -> None:
    """Signs that an ASCII or a Windows terminal lacks are replaced, not an error after the work."""
    codecs.register_error("lulc.plain", _replace_signs)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="lulc.plain")


def _replace_signs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end


def plain_console() -> Console:
    """A console that prints other people's text as it is: "[dense]" is a name, not markup."""
    return Console(markup=False, emoji=False, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as JSON; letters that the terminal lacks become escapes, not others."""
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, allow_nan=False)
    typer.echo(text)


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
    """A progress callback: a bar on stderr, or lines where that is not a terminal."""
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
