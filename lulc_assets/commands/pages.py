"""``lulc pages``: report pages and the map page as plain files, and a server to look at them.

What belongs here: arguments and printing. What does not: what a site is made of.
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.running import PoliteGroup, progress_bar
from lulc_assets.commands.tiles import ProjectFile

app = typer.Typer(
    cls=PoliteGroup, no_args_is_help=True, help="Pages: build them as files, look at them."
)

_MEGABYTE = 1_000_000


@app.command("build")
def build(
    out: Annotated[Path, typer.Option(help="Folder of the site; other files in it stay.")],
    project: ProjectFile = Path("project.toml"),
    photo_px: Annotated[
        int, typer.Option(min=0, help="Longest side of each date's true-colour picture; 0: none.")
    ] = 2048,
    single_file_mb: Annotated[
        float,
        typer.Option(min=0, help="With no more data than this, the map page is one file."),
    ] = 8.0,
    link: Annotated[
        bool, typer.Option("--link", help="Hard links to the store instead of copies.")
    ] = False,
) -> None:
    """Write index, report pages and the map page with its layers into a folder.

    Copy the folder to a bucket or to any file server that answers range requests; nothing has
    to run there. A second call copies only what is new. A small area becomes one file.

    Example: lulc pages build --project project.toml --out site
    """
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.steps.map_site import build_site
    from lulc_assets.steps.workbench import Workbench

    found = load_project(project)
    with progress_bar("pages") as progress:
        index = build_site(
            Workbench(found, found.open_store(), progress),
            out,
            photo_px=photo_px,
            single_file_bytes=round(single_file_mb * _MEGABYTE),
            link=link,
        )
    typer.echo(f"{index}\n{index.with_name('map.html')}")


@app.command("serve")
def serve(
    folder: Annotated[Path, typer.Argument(help="Built by `lulc pages build`.")],
    port: Annotated[int, typer.Option(help="Port.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 127.0.0.1: this machine only.")
    ] = "127.0.0.1",
) -> None:
    """Serve a site on this machine: range requests, gzip for text, no listing of folders.

    Only files that the build wrote are served.

    Example: lulc pages serve site
    """
    import uvicorn  # keeps --help quick

    from lulc_assets.commands.page_server import page_app

    served = page_app(folder)
    typer.echo(f"http://{host}:{port}/map.html")
    uvicorn.run(served, host=host, port=port, log_level="warning", access_log=False)
