"""A candidate described for others: a STAC item for catalogues, a page of text for people.

What belongs here: what a model card says, in the words of the MLM extension and in Markdown.
What does not: the card itself (``core/model/card``), or how good the model is on gold windows,
which is another product (``evaluate.py``).

The item follows the Machine Learning Model extension of STAC; ``pystac`` writes its fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pystac
from pystac.extensions.classification import Classification
from pystac.extensions.file import FileExtension
from pystac.extensions.mlm import (
    Hyperparameters,
    InputStructure,
    MLMExtension,
    ModelBand,
    ModelInput,
    ModelOutput,
    ResultStructure,
    TaskType,
)
from pystac.extensions.raster import DataType
from shapely.geometry import box, mapping

from lulc_assets.core.model.artifacts import readable_json
from lulc_assets.core.model.card import ModelCard, RecordedApplicability
from lulc_assets.core.store.typed import as_plain
from lulc_assets.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

_DEGREE_DIGITS = 7
_SHA256_MULTIHASH = "1220"
_BATCH = -1
"""The extension's word for a side of any length."""


@dataclass(frozen=True)
class Origin:
    """Where and when the training chips were seen.

    Attributes:
        bounds: west, south, east, north in EPSG:4326.
        first: date of the first scene, ``YYYY-MM-DD``.
        last: of the last.
    """

    bounds: tuple[float, float, float, float]
    first: str
    last: str

    @classmethod
    def of(cls, chip_sets: Sequence["Chips"]) -> "Origin":
        """Of all chips of some sets."""
        outlines = [chips.index.geometry.to_crs(4326) for chips in chip_sets]
        west, south, east, north = gpd.GeoSeries(pd.concat(outlines), crs=4326).total_bounds
        dates = sorted({str(d) for chips in chip_sets for d in chips.index["date"]})
        corners = [round(float(v), _DEGREE_DIGITS) for v in (west, south, east, north)]
        return cls((corners[0], corners[1], corners[2], corners[3]), dates[0], dates[-1])


def write_model_item(
    path: Path, card: ModelCard, origin: Origin, weights_name: str, licence: str
) -> Path:
    """Write the STAC item of a model.

    Args:
        path: target, ``.json``.
        card: of the model.
        origin: footprint and time of the training data.
        weights_name: file name of the weights beside the item in the store.
        licence: of the weights, an SPDX identifier or ``other``.

    Returns:
        ``path``. Same inputs, same bytes.
    """
    sha256 = card.weights.sha256
    item = pystac.Item(
        id=f"lulc-model-{sha256[:16]}",
        geometry=mapping(box(*origin.bounds)),
        bbox=list(origin.bounds),
        datetime=None,
        start_datetime=datetime.fromisoformat(origin.first).replace(tzinfo=UTC),
        end_datetime=datetime.fromisoformat(origin.last).replace(
            hour=23, minute=59, second=59, tzinfo=UTC
        ),
        properties={
            "license": licence,
            "lulc:recipe_digest": card.recipe_digest,
            "lulc:recipe_version": card.recipe_version,
            "lulc:inputs": dict(card.inputs),
            "lulc:normalisation": as_plain(card.normalisation),
        },
    )
    asset = pystac.Asset(
        href=f"./{weights_name}",
        title="Weights",
        media_type="application/octet-stream; framework=pytorch",
        roles=["mlm:model", "mlm:weights"],
        extra_fields={"mlm:artifact_type": "safetensors.torch.save_file"},
    )
    item.add_asset("weights", asset)
    described = FileExtension.ext(asset, add_if_missing=True)
    described.size = card.weights.bytes
    described.checksum = _SHA256_MULTIHASH + sha256
    _describe_model(item, card)
    path.write_bytes(readable_json(item.to_dict(include_self_link=False)))
    return path


def _describe_model(item: pystac.Item, card: ModelCard) -> None:
    network, recipe = card.network, TrainingRecipe.from_dict(card.recipe)
    started = [recipe.encoder_weights, recipe.start_from]
    MLMExtension.ext(item, add_if_missing=True).apply(
        # The extension allows letters, digits, points, hyphens and underscores.
        name=f"{network.architecture}-{network.encoder}-{card.legend.name}",
        architecture=f"{network.architecture} with encoder {network.encoder}",
        tasks=[TaskType.SEMANTIC_SEGMENTATION],
        framework="PyTorch",
        framework_version=card.framework["torch"],
        pretrained=any(started),
        pretrained_source=", ".join(s for s in started if s) or None,
        batch_size_suggestion=recipe.batch_size,
        hyperparameters=Hyperparameters(dict(card.recipe)),
        input=[_input(card)],
        output=[_output(card)],
    )


def _input(card: ModelCard) -> ModelInput:
    # No scaling is asked of who feeds the network: it takes logarithms and normalises by itself.
    return ModelInput.create(
        name="reflectance",
        bands=[ModelBand.create(name=band) for band in card.bands],
        input=InputStructure.create(
            shape=[_BATCH, len(card.bands), _BATCH, _BATCH],
            dim_order=["batch", "bands", "height", "width"],
            data_type=DataType.FLOAT32,
        ),
        description=(
            f"Reflectance of 0-1 at {card.gsd_m:g} m, level {card.level}, pixels without "
            "data 0, as it is: the network itself takes log(reflectance + log_offset), less its "
            "mean, over its deviation (lulc:normalisation)."
        ),
    )


def _output(card: ModelCard) -> ModelOutput:
    classes = [
        Classification.create(
            value=known.code,
            name=known.name,
            description=known.title,
            color_hint=known.color.removeprefix("#").upper(),
        )
        for known in card.legend.classes
    ]
    return ModelOutput.create(
        name="logits",
        tasks=[TaskType.SEMANTIC_SEGMENTATION],
        result=ResultStructure.create(
            shape=[_BATCH, len(classes), _BATCH, _BATCH],
            dim_order=["batch", "class", "height", "width"],
            data_type=DataType.FLOAT32,
        ),
        classes=classes,
        description=(
            "Probabilities are softmax(logits / temperature + bias), with temperature "
            f"{card.calibration.temperature:.6g} and bias "
            f"{[round(b, 6) for b in card.calibration.bias]}; class = arg max + 1."
        ),
    )


def _applicability_line(entry: RecordedApplicability | None) -> list[str]:
    if entry is None:
        return []
    return [
        f"- Applicability: {entry.features} features of the encoder per cell of "
        f"{entry.cell_px} px; the median distance of validation cells from the training set "
        f"is {entry.median_distance:.1f}, the largest {entry.largest_distance:.1f}."
    ]


def card_as_markdown(card: ModelCard, origin: Origin, licence: str) -> str:
    """The card as a page of Markdown, for people.

    Args:
        card: of the model.
        origin: footprint and time of the training data.
        licence: of the weights.
    """
    network, best = card.network, card.best
    before, after = card.calibration_report.before, card.calibration_report.after
    west, south, east, north = origin.bounds
    chips = ", ".join(f"{count} {split}" for split, count in sorted(card.chips.items()))
    lines = [
        f"# Model {card.weights.sha256[:12]}",
        "",
        f"{network.architecture} with encoder {network.encoder}, depth "
        f"{network.encoder_depth}; legend {card.legend.name}; licence {licence}.",
        "",
        f"- Input: {', '.join(card.bands)}; level {card.level}, {card.gsd_m:g} m.",
        f"- Trained on scenes from {origin.first} to {origin.last}, longitude {west:g} to "
        f"{east:g}, latitude {south:g} to {north:g}; chips: {chips}.",
        f"- Best epoch {card.best_epoch} of {len(card.history)}: validation accuracy "
        f"{best.val_accuracy:.3f}, weighted loss {best.val_loss:.3f}.",
        "- Calibration error on validation chips: "
        f"{100 * before.expected_calibration_error:.1f} points before, "
        f"{100 * after.expected_calibration_error:.1f} after.",
        *_applicability_line(card.applicability),
        f"- Recipe version {card.recipe_version}, digest {card.recipe_digest[:12]}.",
        "",
        "Agreement with gold windows is another product, the evaluation. Neither is the "
        "accuracy of a map: that needs a probability sample.",
        "",
        "| class | training pixels | weight | bias |",
        "| --- | ---: | ---: | ---: |",
    ]
    for known, bias in zip(card.legend.classes, card.calibration.bias, strict=True):
        lines.append(
            f"| {known.title} | {card.class_pixels[known.name]:,} | "
            f"{card.class_weights[known.name]:.2f} | {bias:+.2f} |"
        )
    if card.warnings:
        lines += ["", "Warnings:", "", *(f"- {text}" for text in card.warnings)]
    lines += ["", "Made from:", "", *(f"- {k}: `{v}`" for k, v in sorted(card.inputs.items()))]
    return "\n".join(lines) + "\n"
