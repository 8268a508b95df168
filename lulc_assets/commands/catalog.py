"""``lulc catalog``: the project's products as a STAC catalogue.

What belongs here: arguments and printing. What does not: items (``core/publishing``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.running import PoliteGroup, progress_bar
from lulc_assets.commands.tiles import ProjectFile

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
    the predictions that it was made from. Layers stay where they are.

    Example: lulc catalog export --out catalog --href-base https://example.org/store
    """
    from lulc_assets.core.publishing.catalogue import read_catalogue  # keeps --help quick
    from lulc_assets.project import load_project
    from lulc_assets.steps.stac_catalogue import export_catalogue
    from lulc_assets.steps.workbench import Workbench

    found = load_project(project)
    with progress_bar("catalogue") as progress:
        work = Workbench(found, found.open_store(), progress)
        path = export_catalogue(work, out, href_base, licence)
    for collection, items in read_catalogue(path).items():
        typer.echo(f"{collection}: {len(items)} items")
    typer.echo(path)
