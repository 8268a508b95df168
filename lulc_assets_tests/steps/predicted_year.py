"""A project whose scenes are predicted by hand, without imagery or a model."""

from collections.abc import Sequence
from pathlib import Path

from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.store.keys import SceneOfYear, TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.products import PREDICTED_SCENE, SCENE_PREDICTIONS
from lulc_assets.steps.properties import (
    PredictedRow,
    PredictedSceneProperties,
    PredictionsProperties,
)
from lulc_assets.steps.workbench import Made, Workbench

TILE, YEAR = "33TVM", 2022
KEY = TileYear(TILE, YEAR)

PROJECT = """\
name = "By hand"

[catalog]
location = "catalog.json"

[tiles.33TVM]
window = [1000, 2000, 24, 40]

[labels]
path = "labels.gpkg"
class_column = "class"
crosswalk = "karra-10"
role_column = "role"

[training]
tiles = ["33TVM"]
years = [2022]
"""


def open_project(folder: Path, sections: str = "") -> Workbench:
    """Write the project file, with further sections, and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(PROJECT + sections)
    return Workbench.of(load_project(folder / "project.toml"))


def commit_scenes(
    work: Workbench,
    scenes: Sequence[PredictedScene],
    year: int = YEAR,
    bundle: str = "by hand",
) -> None:
    """Commit predictions and their manifest, as ``scene_predictions`` does."""
    rows = [_predicted(work, scene, year) for scene in scenes]
    properties = PredictionsProperties(bundle, work.legend.names, tuple(rows), failed={})
    made_of = {row.scene_id: row.record for row in rows} | {"bundle": bundle}
    step = work.step(SCENE_PREDICTIONS, TileYear(TILE, year))
    step.make(made_of, lambda _: Made({}, properties))


def _predicted(work: Workbench, scene: PredictedScene, year: int) -> PredictedRow:
    names = ("class", "probability", "mask")
    files = {f"{name}.tif": path for name, path in zip(names, scene.fetch(), strict=True)}
    properties = PredictedSceneProperties(scene.date, scene.datatake, {})
    step = work.step(PREDICTED_SCENE, SceneOfYear(TILE, year, scene.scene_id))
    record = step.make(scene.content, lambda _: Made(files, properties))
    layers = (record.files[f"{name}.tif"] for name in names)
    return PredictedRow(scene.scene_id, record.digest, scene.date, scene.datatake, *layers)
