"""``lulc catalog``: the project's products as a STAC catalogue.

What belongs here: arguments and printing. What does not: items (``core/publishing``).
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.running import PoliteGroup, progress_bar
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.store.keys import TileYear

app = typer.Typer(cls=PoliteGroup, no_args_is_help=True, help="Products as a STAC catalogue.")


@app.callback()
def _commands() -> None:
    """Products as a STAC catalogue."""


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="Folder of the catalogue.")],
    project: ProjectFile = Path("project.toml"),
    href_base: Annotated[
        str,
        typer.Option(
            help="Address under which the store is published; none: items point to the files "
            "where they are."
        ),
    ] = "",
    licence: Annotated[
        str, typer.Option(help="Licence of the products, an SPDX identifier; none: the project's.")
    ] = "",
) -> None:
    """Write a static STAC catalogue, stac-geoparquet tables and QGIS styles.

    A collection per product, an item per map and per prediction, with links from each map to
    the predictions that it was made from. Layers stay where they are. With DAGSTER_HOME set, the
    observations of a map say which passes the catalogue of scenes lacked.

    Example: lulc catalog export --out catalog --href-base https://example.org/store
    """
    from lulc_assets.core.publishing.catalogue import read_catalogue  # keeps --help quick
    from lulc_assets.project import load_project
    from lulc_assets.steps.stac_catalogue import export_catalogue
    from lulc_assets.steps.workbench import Workbench

    found = load_project(project)
    with progress_bar("catalogue") as progress:
        work = Workbench(found, found.open_store(), progress)
        with ExitStack() as stack:
            path = export_catalogue(work, out, href_base, licence, _gaps(stack))
    for collection, items in read_catalogue(path).items():
        typer.echo(f"{collection}: {len(items)} items")
    typer.echo(path)


def _gaps(stack: ExitStack) -> "Callable[[TileYear], str]":
    """What the audits of the instance in DAGSTER_HOME found missing; without one, nothing."""
    if not os.environ.get("DAGSTER_HOME"):
        return lambda _: ""
    import dagster as dg  # keeps --help quick

    from lulc_assets.defs.map_facts import say_gap

    instance = stack.enter_context(dg.DagsterInstance.get())
    return lambda key: say_gap(instance, key)
