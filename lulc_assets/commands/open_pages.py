"""``lulc open``: the first page of a project.

What belongs here: finding it and handing it to a browser. What does not: making pages.
"""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.tiles import ProjectFile


def open_pages(
    project: ProjectFile = Path("project.toml"),
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it, where there is a browser.")
    ] = True,
) -> None:
    """Print the path of the project's first page, and open it where there is a screen.

    Example: lulc open --project project.toml
    """
    from lulc_assets.core.errors import InvalidPage  # keeps --help quick
    from lulc_assets.project import load_project

    found = load_project(project)
    index = Path(found.path_of(found.pages)) / "index.html"
    if not index.is_file():
        raise InvalidPage(f"{index} does not exist yet; make it with lulc run --project {project}")
    typer.echo(index)
    if browser and _has_screen():
        webbrowser.open(index.as_uri())


def _has_screen() -> bool:
    """Whether somebody sits before a terminal that has a display."""
    if not sys.stdout.isatty():
        return False
    on_linux = sys.platform.startswith("linux")
    return not on_linux or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
