"""What a judged patch classifier shows: its figures, its table, its page.

What belongs here: putting numbers and figures together, for the asset and the command. What does
not: training and judging, single figures, markup.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.intervals import wilson_interval
from lulc_assets.core.figures.accuracy import confusion_figure
from lulc_assets.core.figures.calibration import reliability_figure
from lulc_assets.core.figures.evaluation import (
    log_confusion_figure,
    rank_confusions,
    ranked_confusions_figure,
)
from lulc_assets.core.figures.formats import format_share
from lulc_assets.core.figures.patches import confused_patches_figure, patch_vectors_figure
from lulc_assets.core.figures.training import loss_curve_figure
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.content import Link, PageFigure
from lulc_assets.core.pages.patch_page import PatchPage, PatchRow

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.model.card import Epoch, ModelCard
    from lulc_assets.core.patches.classifier import Trainable
    from lulc_assets.core.patches.scene_map import PatchMap
    from lulc_assets.core.scene.recipe import SceneRecipe

_FEW = 30


def judged_figures(
    evaluation: "Evaluation",
    history: Sequence["Epoch"],
    legend: Legend,
    images: npt.NDArray[np.uint16],
    codes: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    bands: Sequence[str],
) -> dict[str, bytes]:
    """File name → PNG of all figures that ``PatchClassification.figures`` names.

    Args:
        evaluation: on test patches.
        history: of the training.
        legend: of the classes.
        images: test patches, (n, bands, s, s).
        codes: their labels, (n,).
        probabilities: their answers, (n, classes).
        bands: roles of the images' bands.
    """
    matrix = evaluation.matrix
    panels = {"Uncalibrated": evaluation.raw, "Calibrated": evaluation.calibrated}
    return {
        "loss.png": loss_curve_figure(history, "patches"),
        "confusion.png": confusion_figure(
            matrix, legend, "Test patches", ("Classifier", "Label"), "There is no test patch."
        ),
        "confusion_log.png": log_confusion_figure(matrix, legend, "Test patches", "patches"),
        "confusions.png": ranked_confusions_figure(matrix, legend, "Confusions of test patches"),
        "pairs.png": confused_patches_figure(images, codes, probabilities, legend, bands),
        "reliability.png": reliability_figure(panels, "Probabilities on test patches", "patches"),
    }


_CAPTIONS = {
    "loss.png": (
        "Training",
        "The weights of the epoch with the smallest validation loss are kept.",
    ),
    "confusion.png": ("Confusion, in per cent of each class", "A column is a class of the labels."),
    "confusion_log.png": ("Confusion, counts", "Colours are logarithmic: single errors show."),
    "confusions.png": ("Ranked confusions", "Bars are shares of all errors."),
    "pairs.png": ("Confused patches", "The errors of which the classifier is surest come first."),
    "reliability.png": ("Probabilities", "On the dotted line a probability means what it says."),
}


def judged_page(
    evaluation: "Evaluation",
    legend: Legend,
    figures: Mapping[str, bytes],
    card: "ModelCard",
    parameters: "Trainable",
    verdict: str = "",
    links: Sequence[Link] = (),
) -> PatchPage:
    """The page of a judged classifier; ``verdict`` says whether it may be used, and why."""
    right, count = int(np.trace(evaluation.matrix)), evaluation.n_pixels
    low, high = wilson_interval(right / count, count)
    return PatchPage(
        title="a classifier and its test patches",
        value=format_share(evaluation.overall),
        label=f"of {count:,} test patches get their label ({100 * low:.0f}–{100 * high:.0f} %, "
        "Wilson 95 % interval)",
        detail="Test patches took no part in training and did not choose the epoch. They are "
        f"chosen patches, not a sample of a region: this is not the accuracy of a map.{verdict}",
        warnings=_warnings(evaluation, card),
        figures=[PageFigure(*_with(name, png)) for name, png in figures.items()],
        columns=("Training patches", "Test patches", "Found", "F1"),
        rows=[_row(evaluation, card, code.name, legend) for code in legend.classes],
        note="Found: test patches of the class that are given it. F1: harmonic mean of the shares "
        "that are found and that are right.",
        provenance={
            "Encoder": card.network.encoder,
            "Bands": ", ".join(card.bands),
            "Parameters": f"{parameters.learning:,} of {parameters.total:,} were trained",
            "Weights (SHA-256)": card.weights.sha256,
            "Test set": evaluation.reference_digest,
        },
        links=links,
    )


def asked_page(
    names: Sequence[str],
    images: Sequence[npt.NDArray[np.uint16]],
    probabilities: npt.NDArray[np.float32],
    legend: Legend,
    card: "ModelCard",
) -> PatchPage:
    """The page of some patches with all their probabilities; of one place at several dates too."""
    best = probabilities.argmax(1)
    answers = [legend.classes[i].title for i in best]
    same = len(set(answers)) == 1
    value = answers[0] if same else " → ".join(answers)
    picture = patch_vectors_figure(images, names, probabilities, legend, card.bands)
    return PatchPage(
        title=", ".join(names),
        value=value,
        label=f"probability {', '.join(format_share(float(v)) for v in probabilities.max(1))}",
        detail="The class of the largest probability. "
        + ("" if same else "Another class is not yet a change on the ground: compare the others."),
        warnings=(),
        figures=[PageFigure("What the classifier sees and says", picture, "Per cent per class.")],
        columns=tuple(names),
        rows=[
            PatchRow(c.title, c.color, [f"{100 * v:.1f} %" for v in probabilities[:, n]])
            for n, c in enumerate(legend.classes)
        ],
        note="All probabilities; each column sums to 100 %.",
        provenance={"Weights (SHA-256)": card.weights.sha256},
    )


def scene_page(
    recipe: "SceneRecipe",
    found: "PatchMap",
    legend: Legend,
    card: "ModelCard",
    picture: bytes,
    beside: bool,
) -> PatchPage:
    """The page of a scene whose cells were classified.

    Args:
        recipe: of the scene.
        found: the map of cells.
        legend: of its classes.
        card: of the classifier.
        picture: of ``patch_map_figure``.
        beside: whether the picture shows the map model's classes too.
    """
    seen, cells = sum(found.counts.values()), int(found.codes.size)
    side = f"{found.grid.pixel_m:g} m"
    compared = "What the map model sees in the same scene is beside it, with its own legend."
    alone = "The map model has not predicted this scene, so that nothing is beside it."
    return PatchPage(
        title=f"scene {recipe.id}",
        value=f"{seen:,} of {cells:,}",
        label=f"cells of {side} have a class; of the others less than half is clear",
        detail="One class stands for a whole cell: what covers less than most of it is lost, and "
        "a cell of several covers is called one of them. This is not a map to measure areas on.",
        warnings=(),
        figures=[PageFigure("The scene in patches", picture, compared if beside else alone)],
        columns=("Cells", "Share"),
        rows=[
            PatchRow(c.title, c.color, [f"{n:,}", format_share(n / seen) if seen else "–"])
            for c in legend.classes
            if (n := found.counts[c.name])
        ],
        note="Shares are of the cells that have a class. Layers: class.tif and probability.tif "
        f"beside this page, EPSG:{found.grid.epsg}, a pixel per cell.",
        provenance={
            "Scene": recipe.id,
            "Acquired": recipe.date,
            "Level": recipe.level,
            "Weights (SHA-256)": card.weights.sha256,
        },
    )


def _with(name: str, png: bytes) -> tuple[str, bytes, str]:
    title, caption = _CAPTIONS[name]
    return title, png, caption


def _row(evaluation: "Evaluation", card: "ModelCard", name: str, legend: Legend) -> PatchRow:
    known = legend.by_code(legend.code_of(name))
    at, total = known.code - 1, evaluation.gold_pixels[name]
    f1 = evaluation.f1[name]
    found = f"{int(evaluation.matrix[at, at])} of {total}"
    values = [
        f"{card.class_pixels[name]:,}",
        f"{total:,}",
        found,
        "–" if f1 is None else f"{f1:.2f}",
    ]
    return PatchRow(known.title, known.color, values)


def _warnings(evaluation: "Evaluation", card: "ModelCard") -> list[str]:
    found = list(card.warnings)
    fewest = min(evaluation.gold_pixels.values())
    if fewest < _FEW:
        found.append(
            f"The smallest class has {fewest} test patches: figures of single classes say little."
        )
    return found


def describe_confusions(evaluation: "Evaluation", legend: Legend) -> list[dict[str, Any]]:
    """All confusions, the most frequent first, as plain JSON."""
    return [
        {"label": c.label, "predicted": c.predicted, "patches": c.pixels}
        for c in rank_confusions(evaluation.matrix, legend)
    ]


def write_figures(figures: Mapping[str, bytes], folder: Path) -> dict[str, Path]:
    """Write pictures into a folder of scratch; name → file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, png in figures.items():
        (folder / name).write_bytes(png)
    return {name: folder / name for name in figures}
