"""``lulc instance``: the Dagster instance of a server or a cluster.

What belongs here: arguments and printing. What does not: what an instance needs
(``running/bootstrap``).
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.tiles import ProjectFile

app = typer.Typer(no_args_is_help=True, help="The Dagster instance of a server or a cluster.")


@app.callback()
def _commands() -> None:
    """The Dagster instance of a server or a cluster."""


@app.command("bootstrap")
def bootstrap_instance(
    project: ProjectFile = Path("project.toml"),
    gpu: Annotated[int, typer.Option(help="Trainings and predictions that run at once.")] = 1,
    postgres: Annotated[
        bool, typer.Option("--postgres", help="Write settings for PostgreSQL, if there are none.")
    ] = False,
) -> None:
    """Make the instance in DAGSTER_HOME ready: settings, limits of pools, tiles and regions.

    Can be called again, for instance after a change to the project file.

    Example: DAGSTER_HOME=/srv/lulc/dagster lulc instance bootstrap --postgres --gpu 2
    """
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick
    from lulc_assets.project import load_project
    from lulc_assets.running.bootstrap import bootstrap, write_settings

    home = os.environ.get("DAGSTER_HOME", "")
    if not Path(home).is_absolute():
        raise InvalidProject(f"DAGSTER_HOME is {home!r}; set it to an absolute path")
    if write_settings(Path(home), postgres=postgres):
        typer.echo(f"{home}/dagster.yaml: written")
    found = load_project(project)
    done = bootstrap(Path(home), found, gpu=gpu)
    typer.echo(f"storage: {done.storage}")
    typer.echo(", ".join(f"pool {pool}: {slots}" for pool, slots in done.pools.items()))
    typer.echo(f"{len(found.tiles)} tiles and {len(found.regions)} regions are registered")
    for setting in done.missing:
        typer.echo(f"dagster.yaml lacks {setting}")
