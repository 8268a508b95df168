"""``lulc store``: care of the store of a project's products.

What belongs here: arguments and printing. What does not: records (``core/store``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.tiles import ProjectFile

app = typer.Typer(no_args_is_help=True, help="Care of the store of a project's products.")


@app.callback()
def _commands() -> None:
    """Care of the store of a project's products."""


@app.command()
def migrate(
    project: ProjectFile = Path("project.toml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Set records of an earlier format aside, so that their products are made again.

    Their files stay, and so do the records, under former-format-1. Call it while nothing runs;
    then run the jobs again.
    """
    from lulc_assets.core.store.migrate import set_aside_first_format  # keeps --help quick
    from lulc_assets.project import load_project

    found = set_aside_first_format(load_project(project).open_store(), look_only=dry_run)
    done = "would be set aside" if dry_run else "set aside"
    for one in found:
        typer.echo(f"{one.product}: record {done} as {one.record}, {one.files} files stay")
    if not found:
        typer.echo("No record of an earlier format: nothing is to be done.")
    elif not dry_run:
        typer.echo(f"{len(found)} products are to be made again; run their jobs.")
