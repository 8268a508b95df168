"""``lulc patches predict`` and ``compare``: what a classifier says of files, or of a whole scene.

What belongs here: arguments in, tables, JSON and pages out. What does not: training and judging
(``commands/patches``), asking (``core/patches``).
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lulc_assets.commands.running import plain_console, print_json, progress_bar

Model = Annotated[Path, typer.Argument(help="Folder that `lulc patches train` wrote, or a bundle.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PageFile = Annotated[Path | None, typer.Option("--page", help="Write a page, one HTML file.")]
TrustedKey = Annotated[
    Path | None,
    typer.Option(help="Public key (PEM): refuse the bundle unless it was signed by its owner."),
]


def predict(
    model: Annotated[
        Path | None,
        typer.Argument(help="Folder of a classifier or bundle; of a scene: else the project's."),
    ] = None,
    patches: Annotated[list[Path] | None, typer.Argument(help="Files of patches.")] = None,
    order: Annotated[str, typer.Option(help="Bands of the files, separated by commas.")] = "",
    page: PageFile = None,
    as_json: AsJson = False,
    tile: Annotated[str, typer.Option(help="Tile of the scene.")] = "",
    scene: Annotated[str, typer.Option(help="Id of a scene of the project, all of it.")] = "",
    out: Annotated[Path, typer.Option(help="Folder of a scene's map.")] = Path("patch_map"),
    project: Annotated[
        Path, typer.Option("--project", envvar="LULC_PROJECT", help="Whose scene it is.")
    ] = Path("project.toml"),
    trusted_key: TrustedKey = None,
) -> None:
    """Say of each patch how probable each class is; or map a whole scene in patches.

    Example: lulc patches predict --tile 33TVM --scene S2A_… --out patch_map
    """
    if bool(tile) != bool(scene):
        raise typer.BadParameter("a scene needs --tile and --scene")
    if scene:
        if patches:
            raise typer.BadParameter("name files of patches, or a scene")
        if trusted_key is not None:
            raise typer.BadParameter("of a scene, [patches] trusted_key of the project decides")
        _map_scene(project, tile, scene, out, model, as_json)
        return
    if model is None or not patches:
        raise typer.BadParameter("name the folder of a classifier and files of patches")
    _ask(model, patches, read_bands(order), page, as_json, trusted_key)


def compare(
    model: Model,
    before: Annotated[Path, typer.Argument(help="A patch.")],
    after: Annotated[Path, typer.Argument(help="The same place at another date.")],
    order: Annotated[str, typer.Option(help="Bands of the files, separated by commas.")] = "",
    page: PageFile = None,
    as_json: AsJson = False,
    trusted_key: TrustedKey = None,
) -> None:
    """Show one place at two dates, side by side, with both vectors of probabilities."""
    _ask(model, [before, after], read_bands(order), page, as_json, trusted_key)


def _ask(
    model: Path,
    files: list[Path],
    order: list[str] | None,
    page: Path | None,
    as_json: bool,
    trusted_key: Path | None,
) -> None:
    from lulc_assets.core.patches.answers import answer_files
    from lulc_assets.core.patches.opening import open_classifier

    asked = open_classifier(model, trusted_key)
    card, legend = asked.card, asked.model.legend
    images, probabilities = answer_files(asked, files, order)
    if page is not None:
        from lulc_assets.core.pages.patch_report import asked_page

        shown = asked_page([f.stem for f in files], images, probabilities, legend, card)
        write_page(page, shown)
    answers = [
        {
            "patch": str(file),
            "class": legend.names[int(vector.argmax())],
            "probabilities": {n: float(v) for n, v in zip(legend.names, vector, strict=True)},
        }
        for file, vector in zip(files, probabilities, strict=True)
    ]
    if as_json:
        print_json(answers)
        return
    for answer in answers:
        ranked = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])  # type: ignore[attr-defined]
        shares = ", ".join(f"{name} {100 * value:.1f} %" for name, value in ranked)
        plain_console().print(f"{answer['patch']}: {shares}")


def _map_scene(
    project: Path, tile: str, scene: str, out: Path, model: Path | None, as_json: bool
) -> None:
    from dataclasses import replace

    from lulc_assets.project import load_project
    from lulc_assets.steps.patch_maps import map_scene_by_patches
    from lulc_assets.steps.workbench import Workbench

    work = Workbench.of(load_project(project))
    with progress_bar("patches") as progress:
        made = map_scene_by_patches(replace(work, progress=progress), tile, scene, out, model)
    files = {name: str(path) for name, path in made.found.files.items()}
    if as_json:
        print_json({"files": files, "page": str(made.page), "cells": dict(made.found.counts),
                    "beside_the_map_model": made.beside})  # fmt: skip
        return
    for path in [*files.values(), made.page]:
        typer.echo(path)


def read_bands(text: str) -> list[str] | None:
    """Roles of bands, from the name of a set or a list; None where nothing is said."""
    from lulc_assets.core.scene.bands import BAND_SETS, parse_bands

    if not text:
        return None
    return list(parse_bands(text if text in BAND_SETS else text.split(",")))


def write_page(path: Path, page: Any) -> None:
    """Write a page as one HTML file; its folder is created."""
    from lulc_assets.core.pages.rendering import render_patch_page
    from lulc_assets.core.whole_files import whole_file

    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(render_patch_page(page), encoding="utf-8")
