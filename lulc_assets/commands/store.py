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


@app.command()
def gc(
    project: ProjectFile = Path("project.toml"),
    versions: Annotated[
        int, typer.Option(help="Records of each product that stay besides the current one.")
    ] = 2,
    days: Annotated[float, typer.Option(help="Anything younger stays.")] = 14.0,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it. Without this, only list what would go.")
    ] = False,
) -> None:
    """List what nothing in the store refers to any more; with --delete, remove it.

    Current products, the last versions before them, and all that these refer to stay: the inputs of
    a report, the model of a map, the evaluation of a decision. With DAGSTER_HOME set, nothing is
    removed while a run is active.

    Example: lulc store gc --versions 3 --delete
    """
    import time  # keeps --help quick

    from lulc_assets.core.store.collect import plan_sweep, sweep
    from lulc_assets.project import load_project

    store = load_project(project).open_store()
    now = time.time()
    found = plan_sweep(store, versions=versions, days=days, now=now)
    told = f"{len(found.keys)} objects, {found.size / 1e6:,.1f} MB"
    stays = f"{found.kept} objects, {found.kept_size / 1e6:,.1f} MB stay"
    if not delete:
        for key in found.keys:
            typer.echo(key)
        typer.echo(f"{told} would go; {stays}. Call it with --delete to take them away.")
        return
    _require_rest()
    typer.echo(f"{sweep(store, found, days=days, now=now)} of {told} are gone; {stays}.")


def _require_rest() -> None:
    """Refuse to take anything while a run of the instance is at work or waits."""
    import os

    import dagster as dg

    from lulc_assets.core.errors import StoreError

    if not os.environ.get("DAGSTER_HOME"):
        return
    with dg.DagsterInstance.get() as instance:
        at_work = [s for s in dg.DagsterRunStatus if s.value in _AT_WORK]
        runs = instance.get_run_records(dg.RunsFilter(statuses=at_work), limit=1)
    if runs:
        raise StoreError(
            f"run {runs[0].dagster_run.run_id} is active or queued: nothing was removed; try "
            "again when all runs have ended"
        )


_AT_WORK = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "MANAGED", "CANCELING"}
