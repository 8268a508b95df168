"""Models for ``scene_inference``: untrained ones for speed, a project's for the price.

What belongs here: bundles, and the comparison of an engine with torch in float32. What
does not: time.
"""

from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from lulc_assets.core.chips.archive import read_chips
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.inference.windows import pad_to
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.footprint import measure_footprint
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.network import NetworkSpec, Normalisation, build_network
from lulc_assets.core.scene.recipe import BAND_ROLES
from lulc_assets.core.training.dataset import ChipSelection, select_chips
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.project import load_project
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.making import Place
from lulc_assets.steps.model import open_bundle, training_records

_COMPARED_SCENES = 4
_SCALE = 1e-4


def untrained_bundle(encoder: str) -> Bundle:
    """The recipe's U-Net with another encoder and fresh weights: time does not depend on them."""
    recipe = TrainingRecipe(encoder=encoder)
    torch.manual_seed(0)
    bands, classes = len(BAND_ROLES), len(KARRA_10.classes)
    spec = NetworkSpec(
        recipe.architecture, encoder, recipe.encoder_depth, recipe.decoder_channels,
        bands, classes, recipe.dropout,
    )  # fmt: skip
    network = build_network(spec, Normalisation((0.1,) * bands, (0.1,) * bands)).eval()
    calibration = Calibration.none(classes)
    record = {
        "levels": ["L2A"],
        "gsd_m": 10.0,
        "bands": list(BAND_ROLES),
        "network": spec.to_dict(),
        "normalisation": network.normalisation.to_dict(),
        "calibration": calibration.to_dict(),
        "footprint": measure_footprint(network).to_dict(),
    }
    weights = safetensors.torch.save(dict(network.state_dict()))
    return Bundle(record, KARRA_10, weights, export_graph(network, calibration))


def project_bundle(file: Path) -> Bundle:
    """The promoted model of a project."""
    place = open_place(file)
    return open_bundle(place, place.record("model_bundle"))


def price_of_precision(file: Path, bundle: Bundle, settings: InferenceSettings) -> dict[str, Any]:
    """What an engine's precision changes on a project's scenes and gold windows.

    ``equal_classes``: share of valid pixels of some scenes with the class of torch in
    float32. ``loss_points``: agreement with gold labels, torch's minus the engine's, in
    percentage points.
    """
    place = open_place(file)
    engine = choose_engine(bundle, settings)
    reference = TorchPredictor(bundle, precision="fp32", device="cpu")
    equal = [_equal_on_scenes(place, tile, engine, reference) for tile in place.project.tiles]
    agreement = [gold_agreement(place, run) for run in (engine, reference)]
    return {
        "precision": engine.identity()["precision"],
        "equal_classes": float(np.mean(equal)),
        "gold_agreement": agreement[0],
        "gold_agreement_fp32": agreement[1],
        "loss_points": 100 * (agreement[1] - agreement[0]),
    }


def _equal_on_scenes(place: Place, tile: str, engine: Predictor, reference: Predictor) -> float:
    year = place.project.training.years[0]
    grid: PixelGrid = place.grid(tile)
    recipes = read_selection(place, place.record("scene_catalog", tile, year))
    equal = valid = 0
    for recipe in recipes[:: max(1, len(recipes) // _COMPARED_SCENES)]:
        with SceneReader(recipe, grid) as reader:
            block = reader.read_dn_block(Window(0, 0, *grid.shape))
        stride = engine.bundle.footprint.stride
        shape = tuple(-(-size // stride) * stride for size in grid.shape)
        dn = pad_to(block.dn, (shape[0], shape[1]))
        both = (engine, reference)
        found, expected = (r.predict(dn, block.offset_dn, block.scale, recipe.id)[0] for r in both)
        same = (found == expected)[: grid.height, : grid.width]
        equal += int(same[block.valid].sum())
        valid += int(block.valid.sum())
    return equal / valid


def gold_agreement(place: Place, engine: Predictor) -> float:
    """Share of gold pixels with the class of their label."""
    gold = chips_of(place, "gold")
    hit = labelled = 0
    for item in range(len(gold)):
        image, mask = gold.image(item), gold.mask(item)
        codes = engine.predict(image, 0.0, _SCALE, f"gold chip {item}")[0]
        hit += int((codes == mask)[mask > 0].sum())
        labelled += int((mask > 0).sum())
    return hit / labelled


def chips_of(place: Place, split: str) -> ChipSelection:
    """The training chips of a split, ``train``, ``val`` or ``gold``."""
    sets = [
        read_chips(place.open(r, "chips.zarr.zip"), place.open(r, "index.parquet"))
        for r in training_records(place)
    ]
    return select_chips(sets, split)


def open_place(file: Path) -> Place:
    """A project and its store."""
    project = load_project(file)
    return Place(project, project.open_store())
