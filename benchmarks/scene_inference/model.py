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
from lulc_assets.core.model.artifacts import RecordedFile, sha256_of
from lulc_assets.core.model.bundle import GRAPH_FILE, Bundle, BundleRecord
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.card import CalibrationReport, ModelCard
from lulc_assets.core.model.footprint import measure_footprint
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.network import NetworkSpec, Normalisation, build_network
from lulc_assets.core.model.reliability import Reliability
from lulc_assets.core.scene.recipe import BAND_ROLES
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.training.candidate import setup_of
from lulc_assets.core.training.dataset import ChipSelection, select_chips
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.project import load_project
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.products import LULC_MODEL, MODEL_BUNDLE, SCENE_CATALOG
from lulc_assets.steps.training import read_training_chips
from lulc_assets.steps.workbench import Workbench

_COMPARED_SCENES = 4
_SCALE = 1e-4


def untrained_bundle(encoder: str) -> Bundle:
    """The recipe's U-Net with another encoder and fresh weights: time does not depend on them."""
    recipe = TrainingRecipe(encoder=encoder).for_labels(None)
    torch.manual_seed(0)
    bands, classes = len(BAND_ROLES), len(KARRA_10.classes)
    spec = NetworkSpec(
        recipe.architecture, encoder, recipe.encoder_depth, recipe.decoder_channels,
        bands, classes, recipe.dropout,
    )  # fmt: skip
    network = build_network(spec, Normalisation((0.1,) * bands, (0.1,) * bands)).eval()
    calibration, weights = Calibration.none(classes), safetensors.torch.save(network.state_dict())
    graph, nobody = export_graph(network, calibration), Reliability.none()
    card = ModelCard(
        **vars(setup_of(recipe)),
        legend=KARRA_10, bands=BAND_ROLES, level="L2A", gsd_m=10.0, network=spec,
        normalisation=network.normalisation,
        class_pixels=dict.fromkeys(KARRA_10.names, 1), class_weights={}, warnings=(),
        chips={}, inputs={}, history=(), best_epoch=0, calibration=calibration,
        calibration_report=CalibrationReport("none", 0, 0, (), (), (), False, *[nobody] * 3),
        weights=RecordedFile("weights.safetensors", sha256_of(weights), len(weights)),
    )  # fmt: skip
    record = BundleRecord.of(
        card, footprint=measure_footprint(network), evaluation={}, verdict={},
        graph=RecordedFile(GRAPH_FILE, sha256_of(graph), len(graph)),
    )  # fmt: skip
    return Bundle(record, sha256_of(record.to_bytes()), weights, graph)


def project_bundle(file: Path) -> Bundle:
    """The promoted model of a project."""
    work = open_work(file)
    return open_bundle(work, work.read(MODEL_BUNDLE, Whole()))


def price_of_precision(file: Path, bundle: Bundle, settings: InferenceSettings) -> dict[str, Any]:
    """What an engine's precision changes on a project's scenes and gold windows.

    ``equal_classes``: share of valid pixels of some scenes with the class of torch in
    float32. ``loss_points``: agreement with gold labels, torch's minus the engine's, in
    percentage points.
    """
    work = open_work(file)
    engine = choose_engine(bundle, settings)
    reference = TorchPredictor(bundle, precision="fp32", device="cpu")
    equal = [_equal_on_scenes(work, tile, engine, reference) for tile in work.project.tiles]
    agreement = [gold_agreement(work, run) for run in (engine, reference)]
    return {
        "precision": engine.identity()["precision"],
        "equal_classes": float(np.mean(equal)),
        "gold_agreement": agreement[0],
        "gold_agreement_fp32": agreement[1],
        "loss_points": 100 * (agreement[1] - agreement[0]),
    }


def _equal_on_scenes(work: Workbench, tile: str, engine: Predictor, reference: Predictor) -> float:
    year = work.project.training.years[0]
    grid: PixelGrid = work.grid(tile)
    recipes = read_selection(work, work.read(SCENE_CATALOG, TileYear(tile, year)))
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


def gold_agreement(work: Workbench, engine: Predictor) -> float:
    """Share of gold pixels with the class of their label."""
    gold = chips_of(work, "gold")
    hit = labelled = 0
    for item in range(len(gold)):
        image, mask = gold.image(item), gold.mask(item)
        codes = engine.predict(image, 0.0, _SCALE, f"gold chip {item}")[0]
        hit += int((codes == mask)[mask > 0].sum())
        labelled += int((mask > 0).sum())
    return hit / labelled


def chips_of(work: Workbench, split: str) -> ChipSelection:
    """The training chips of a split, ``train``, ``val`` or ``gold``."""
    sets = [
        read_chips(work.open(r, "chips.zarr.zip"), work.open(r, "index.parquet"))
        for r in read_training_chips(work.step(LULC_MODEL, Whole()))
    ]
    return select_chips(sets, split)


def open_work(file: Path) -> Workbench:
    """A project and its store."""
    project = load_project(file)
    return Workbench.of(project)
