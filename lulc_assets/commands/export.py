"""``lulc export``: maps, tables, catalogue and pages as files for others.

What belongs here: arguments and printing. What does not: what is exported (``steps/export``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.running import progress_bar
from lulc_assets.commands.tiles import ProjectFile


def export(
    to: Annotated[Path, typer.Option(help="Folder; made if missing.")],
    project: ProjectFile = Path("project.toml"),
    crs: Annotated[
        str, typer.Option(help="Of the maps, like EPSG:3035; none: the UTM zone of the area.")
    ] = "",
) -> None:
    """Write one map a year, clipped to the area, with tables, a STAC catalogue and the pages.

    Maps have a palette, names of classes and a QGIS style; every file can be read by everybody
    and none needs this program.

    Example: lulc export --to delivery --crs EPSG:3035
    """
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.steps.export import export_project
    from lulc_assets.steps.workbench import Workbench

    found = load_project(project)
    with progress_bar("export") as progress:
        folder = export_project(Workbench(found, found.open_store(), progress), to.resolve(), crs)
    for path in sorted(p for p in folder.rglob("*.tif")):
        typer.echo(path)
    typer.echo(folder / "tables.gpkg")
    typer.echo(folder / "pages" / "index.html")
