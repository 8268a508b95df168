"""``lulc patches``: classify whole patches, and say how well.

What belongs here: arguments in, files, tables and JSON out. What does not: reading, training,
judging (``core/patches``, ``core/judging``), pages (``core/pages``).
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.patch_answers import (
    AsJson,
    Model,
    PageFile,
    TrustedKey,
    compare,
    predict,
    read_bands,
    write_page,
)
from lulc_assets.commands.running import plain_console, print_json, progress_bar

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.patches.classifier import Trainable
    from lulc_assets.core.patches.folder import Patches
    from lulc_assets.core.patches.opening import Classifier

app = typer.Typer(
    no_args_is_help=True,
    help="Patch classifiers: one class for a picture of a place. Patches lie in a folder for each "
    "class, as EuroSAT's do: .tif with 13 bands (B8A last), or .jpg in red, green, blue.",
)

Folder = Annotated[Path, typer.Argument(help="Holds a folder for each class.")]


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
    from lulc_assets.core.patches.classifier import recipe_with, train_patches
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.opening import Classifier
    from lulc_assets.core.patches.split import PatchSplit

    patches = read_patches(folder, read_bands(bands), read_bands(order))
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
    asked = Classifier(trained, trained.card)
    if not as_json:
        learnt, chips = _parameters(asked), trained.card.chips
        share = f"{learnt.learning:,} of {learnt.total:,} parameters"
        counts = f"{chips['train']} patches (validation {chips['val']}, test {chips['gold']})"
        plain_console().print(f"trained {share}, {len(trained.history)} epochs, on {counts}")
    _judge(asked, patches, out, page, as_json)


@app.command()
def evaluate(
    model: Model,
    folder: Folder,
    order: Annotated[str, typer.Option(help="Bands of the files, separated by commas.")] = "",
    all_patches: Annotated[
        bool, typer.Option("--all", help="All patches: of a folder that no training saw.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of page and figures; else the classifier's, for a bundle ./evaluation."
        ),
    ] = None,
    page: PageFile = None,
    as_json: AsJson = False,
    trusted_key: TrustedKey = None,
) -> None:
    """Judge a classifier on the test patches of its folder, or on a folder that it never saw."""
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.opening import is_bundle, open_classifier

    asked = open_classifier(model, trusted_key)
    patches = read_patches(folder, asked.card.bands, read_bands(order))
    place = out or (Path("evaluation") if is_bundle(model) else model)
    _judge(asked, patches, place, page, as_json, every=all_patches)


def _judge(
    asked: "Classifier",
    patches: "Patches",
    folder: Path,
    page: Path | None,
    as_json: bool,
    *,
    every: bool = False,
) -> None:
    from lulc_assets.core.pages.patch_report import judged_figures, judged_page, write_figures
    from lulc_assets.core.patches.answers import judge_patches

    judged = judge_patches(asked, patches, every=every)
    card, legend = asked.card, asked.model.legend
    figures = judged_figures(
        judged.evaluation, card.history, legend, judged.images, judged.codes,
        judged.probabilities, patches.bands,
    )  # fmt: skip
    write_figures(figures, folder / "figures")
    shown = judged_page(judged.evaluation, legend, figures, card, _parameters(asked))
    write_page(page or folder / "index.html", shown)
    if as_json:
        print_json(_as_json(judged.evaluation, asked))
        return
    plain_console().print(
        f"{100 * judged.evaluation.overall:.1f} % of {judged.evaluation.n_pixels} test patches; "
        f"page: {page or folder / 'index.html'}"
    )


def _as_json(evaluation: "Evaluation", asked: "Classifier") -> dict[str, Any]:
    from lulc_assets.core.estimation.intervals import wilson_interval
    from lulc_assets.core.pages.patch_report import describe_confusions

    low, high = wilson_interval(evaluation.overall, evaluation.n_pixels)
    parameters = _parameters(asked)
    return {
        "accuracy": evaluation.overall,
        "ci95": [float(low), float(high)],
        "test_patches": evaluation.n_pixels,
        "classes": list(evaluation.classes),
        "confusion": evaluation.matrix.tolist(),
        "confusions": describe_confusions(evaluation, asked.model.legend),
        "parameters": {"total": parameters.total, "trained": parameters.learning},
        "history": [asdict(row) for row in asked.card.history],
        "weights_sha256": asked.card.weights.sha256,
    }


def _parameters(asked: "Classifier") -> "Trainable":
    from lulc_assets.core.patches.classifier import count_parameters
    from lulc_assets.core.training.recipe import TrainingRecipe

    recipe = TrainingRecipe.from_dict(dict(asked.card.recipe))
    return count_parameters(asked.card.network, recipe.trainable)


app.command()(predict)
app.command()(compare)
