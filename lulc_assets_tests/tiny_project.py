"""A project small enough for tests: one simulated tile of 256 × 256 pixels, six scenes."""

import shutil
from pathlib import Path

from lulc_assets.demo.projects import write_simulated_project
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.spec import ArchiveSpec, build_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.making import Place
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.model import make_lulc_model, make_model_bundle
from lulc_assets.steps.model_evaluation import make_model_evaluation
from lulc_assets.steps.predictions import commit_predictions, plan_batches, predict_batch
from lulc_assets.steps.report import make_accuracy_area_report
from lulc_assets.steps.samples import make_reference_sample

TILE, YEAR, REGION = "33TVM", 2022, "tiny"

SETTINGS = """
[chips]
size_px = 32
overlap_px = 8
block_px = 64

[recipe]
max_chip_views = 160
threads = 1     # tests run side by side

[promotion]     # a few steps of training: only the way of the data is judged
min_overall = 0.02
min_class_recall = 0.0
"""


def tiny_archive_spec() -> ArchiveSpec:
    """One tile, one year, six scenes, 256 × 256 pixels."""
    return build_spec(
        REGION,
        [TILE],
        (YEAR,),
        size_px=256,
        scenes_per_year=6,
        labelled_windows=12,
        sample_size=300,
    )


def make_tiny_project(folder: Path) -> Path:
    """Write archive and project file; the truth is removed, since nothing may read it."""
    spec = tiny_archive_spec()
    archive = write_archive(spec, folder / "archive")
    shutil.rmtree(archive.truth)
    return write_simulated_project(folder, spec, archive, SETTINGS)


def open_place(project_file: Path) -> Place:
    """Where the steps of a project work."""
    project = load_project(project_file)
    return Place(project, project.open_store())


def train_tiny_model(place: Place) -> None:
    """Labels, scenes, chips, model, evaluation, bundle."""
    make_reference_labels(place, TILE, YEAR)
    make_scene_catalog(place, TILE, YEAR)
    make_training_chips(place, TILE, YEAR)
    make_lulc_model(place)
    make_model_evaluation(place)
    make_model_bundle(place)


def predict_year(place: Place, tile: str = TILE, year: int = YEAR) -> None:
    """Predictions of a year and their manifest."""
    outcomes = [
        outcome
        for batch in plan_batches(place, tile, year)
        for outcome in predict_batch(place, batch)
    ]
    commit_predictions(place, tile, year, outcomes)


def map_tiny_year(place: Place) -> None:
    """Sample, predictions, map and report."""
    make_reference_sample(place, REGION, YEAR)
    predict_year(place)
    make_annual_map(place, TILE, YEAR)
    make_accuracy_area_report(place, TILE, YEAR)
