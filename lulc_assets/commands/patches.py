"""``lulc patches``: classify whole patches, and say how well.

What belongs here: arguments in, files, tables and JSON out. What does not: reading, training,
judging (``core/patches``, ``core/judging``), pages (``core/pages``).
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import plain_console, print_json, progress_bar

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.patches.classifier import Trainable
    from lulc_assets.core.patches.folder import Patches
    from lulc_assets.core.training.candidate import TrainedModel

app = typer.Typer(
    no_args_is_help=True,
    help="Patch classifiers: one class for a picture of a place. Patches lie in a folder for each "
    "class, as EuroSAT's do: .tif with 13 bands (B8A last), or .jpg in red, green, blue.",
)

Folder = Annotated[Path, typer.Argument(help="Holds a folder for each class.")]
Model = Annotated[Path, typer.Argument(help="Folder that `lulc patches train` wrote.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PageFile = Annotated[Path | None, typer.Option("--page", help="Write a page, one HTML file.")]


@app.command()
def train(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Folder of the model; created if need be.")],
    bands: Annotated[
        str,
        typer.Option(help="A set (rgb, six, ten, twelve, thirteen) or bands separated by commas."),
    ] = "",
    order: Annotated[
        str,
        typer.Option(help="Bands of the files, separated by commas, where they are not EuroSAT's."),
    ] = "",
    encoder: Annotated[str, typer.Option(help="resnet18, resnet50, tu-…")] = "resnet18",
    hidden: Annotated[
        int, typer.Option(help="Channels of one more layer before the last; 0: none.")
    ] = 0,
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    batch_size: Annotated[int, typer.Option(min=2)] = 16,
    learning_rate: Annotated[float, typer.Option(min=1e-7)] = 1e-3,
    trainable: Annotated[
        str, typer.Option(help="all; decoder: the layers after the encoder; head: the last.")
    ] = "all",
    encoder_weights: Annotated[
        str, typer.Option(help="A .safetensors file of an encoder, or a hub's name.")
    ] = "",
    start_from: Annotated[
        str, typer.Option(help="weights.safetensors of a former classifier, or of a map model.")
    ] = "",
    test_share: Annotated[float, typer.Option(help="Of each class, to judge by.")] = 0.2,
    seed: int = 0,
    level: Annotated[str, typer.Option(help="Processing level of the patches.")] = "L1C",
    threads: Annotated[int, typer.Option(min=1)] = 2,
    page: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Train a classifier, and judge it on the patches that it did not see.

    Example: lulc patches train EuroSATallBands --bands thirteen --encoder resnet50 --out model
    """
    from lulc_assets.core.patches.classifier import count_parameters, recipe_with, train_patches
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.split import PatchSplit

    patches = read_patches(folder, _bands(bands), _bands(order))
    recipe = recipe_with(
        encoder=encoder,
        decoder_channels=(hidden,) if hidden else (),
        max_epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        trainable=trainable,
        encoder_weights=encoder_weights or None,
        start_from=start_from or None,
        seed=seed,
        threads=threads,
    )
    split = PatchSplit(test_share=test_share, seed=seed)
    with progress_bar("patches") as progress:
        trained = train_patches(
            patches, recipe, out, split=split, level=level, folder=Path.cwd(), progress=progress
        )
    parameters = count_parameters(trained.card.network, trained.recipe.trainable)
    if not as_json:
        share = f"{parameters.learning:,} of {parameters.total:,} parameters"
        plain_console().print(f"trained {share}, {len(trained.history)} epochs, on {_n(trained)}")
    _judge(trained, patches, out, page, as_json, parameters)


@app.command()
def evaluate(
    model: Model,
    folder: Folder,
    order: Annotated[str, typer.Option(help="Bands of the files, separated by commas.")] = "",
    all_patches: Annotated[
        bool, typer.Option("--all", help="All patches: of a folder that no training saw.")
    ] = False,
    page: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge a classifier on the test patches of its folder, or on a folder that it never saw."""
    from lulc_assets.core.patches.classifier import count_parameters
    from lulc_assets.core.patches.folder import read_patches

    trained = _open(model)
    card = trained.card
    patches = read_patches(folder, card.bands, _bands(order))
    parameters = count_parameters(card.network, trained.recipe.trainable)
    _judge(trained, patches, model, page, as_json, parameters, every=all_patches)


@app.command()
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
) -> None:
    """Say of each patch how probable each class is; or map a whole scene in patches.

    Example: lulc patches predict --tile 33TVM --scene S2A_… --out patch_map
    """
    if bool(tile) != bool(scene):
        raise typer.BadParameter("a scene needs --tile and --scene")
    if scene:
        if patches:
            raise typer.BadParameter("name files of patches, or a scene")
        _map_scene(project, tile, scene, out, model, as_json)
        return
    if model is None or not patches:
        raise typer.BadParameter("name the folder of a classifier and files of patches")
    _ask(model, patches, _bands(order), page, as_json)


@app.command()
def compare(
    model: Model,
    before: Annotated[Path, typer.Argument(help="A patch.")],
    after: Annotated[Path, typer.Argument(help="The same place at another date.")],
    order: Annotated[str, typer.Option(help="Bands of the files, separated by commas.")] = "",
    page: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Show one place at two dates, side by side, with both vectors of probabilities."""
    _ask(model, [before, after], _bands(order), page, as_json)


def _ask(
    model: Path, files: list[Path], order: list[str] | None, page: Path | None, as_json: bool
) -> None:
    from lulc_assets.core.patches.answers import answer_files
    from lulc_assets.core.patches.opening import open_classifier

    asked = open_classifier(model)
    card, legend = asked.card, asked.model.legend
    images, probabilities = answer_files(asked, files, order)
    if page is not None:
        from lulc_assets.core.pages.patch_report import asked_page

        shown = asked_page([f.stem for f in files], images, probabilities, legend, card)
        _write_page(page, shown)
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


def _judge(
    trained: "TrainedModel",
    patches: "Patches",
    folder: Path,
    page: Path | None,
    as_json: bool,
    parameters: "Trainable",
    *,
    every: bool = False,
) -> None:
    from lulc_assets.core.pages.patch_report import judged_figures, judged_page, write_figures
    from lulc_assets.core.patches.answers import judge_patches

    judged = judge_patches(trained, patches, every=every)
    card, legend = trained.card, trained.legend
    figures = judged_figures(
        judged.evaluation, trained.history, legend, judged.images, judged.codes,
        judged.probabilities, patches.bands,
    )  # fmt: skip
    write_figures(figures, folder / "figures")
    shown = judged_page(judged.evaluation, legend, figures, card, parameters)
    _write_page(page or folder / "index.html", shown)
    if as_json:
        print_json(_as_json(judged.evaluation, trained, parameters))
        return
    plain_console().print(
        f"{100 * judged.evaluation.overall:.1f} % of {judged.evaluation.n_pixels} test patches; "
        f"page: {page or folder / 'index.html'}"
    )


def _as_json(
    evaluation: "Evaluation", trained: "TrainedModel", parameters: "Trainable"
) -> dict[str, Any]:
    from lulc_assets.core.estimation.intervals import wilson_interval
    from lulc_assets.core.pages.patch_report import describe_confusions

    low, high = wilson_interval(evaluation.overall, evaluation.n_pixels)
    return {
        "accuracy": evaluation.overall,
        "ci95": [float(low), float(high)],
        "test_patches": evaluation.n_pixels,
        "classes": list(evaluation.classes),
        "confusion": evaluation.matrix.tolist(),
        "confusions": describe_confusions(evaluation, trained.legend),
        "parameters": {"total": parameters.total, "trained": parameters.learning},
        "history": [asdict(row) for row in trained.history],
        "weights_sha256": trained.card.weights.sha256,
    }


def _open(model: Path) -> "TrainedModel":
    from lulc_assets.core.patches.classifier import require_patch_network
    from lulc_assets.core.training.candidate import TrainedModel

    trained = TrainedModel.open(model)
    require_patch_network(trained.card.network, str(model))
    return trained


def _n(trained: "TrainedModel") -> str:
    chips = trained.card.chips
    return f"{chips['train']} patches (validation {chips['val']}, test {chips['gold']})"


def _bands(text: str) -> list[str] | None:
    from lulc_assets.core.scene.bands import BAND_SETS, parse_bands

    if not text:
        return None
    return list(parse_bands(text if text in BAND_SETS else text.split(",")))


def _write_page(path: Path, page: Any) -> None:
    from lulc_assets.core.pages.rendering import render_patch_page
    from lulc_assets.core.whole_files import whole_file

    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(render_patch_page(page), encoding="utf-8")
