"""A project small enough for tests: one simulated tile of 256 × 256 pixels, six scenes."""

import shutil
from pathlib import Path

from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.demo.projects import write_simulated_project
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.spec import ArchiveSpec, build_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.report import make_accuracy_area_report
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench

TILE, YEAR, REGION = "33TVM", 2022, "tiny"
KEY, REGION_KEY = TileYear(TILE, YEAR), RegionYear(REGION, YEAR)

SETTINGS = """
[chips]
size_px = 32
overlap_px = 8
block_px = 64

[recipe]
architecture = "Unet"   # not what so few labels would get
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


def open_work(project_file: Path) -> Workbench:
    """Where the steps of a project work."""
    return Workbench.of(load_project(project_file))


def train_tiny_model(work: Workbench) -> None:
    """Labels, scenes, chips, model, evaluation, bundle."""
    make_reference_labels(work, KEY)
    make_scene_catalog(work, KEY)
    make_training_chips(work, KEY)
    make_lulc_model(work)
    make_model_evaluation(work)
    make_model_bundle(work)


def predict_year(work: Workbench, key: TileYear = KEY) -> None:
    """Predictions of a year and their manifest."""
    results = [predict_batch(work, batch) for batch in plan_batches(work, key)]
    commit_predictions(work, key, results)


def map_tiny_year(work: Workbench) -> None:
    """Sample, predictions, map and report."""
    make_reference_sample(work, REGION_KEY)
    predict_year(work)
    make_annual_map(work, KEY)
    make_accuracy_area_report(work, KEY)
