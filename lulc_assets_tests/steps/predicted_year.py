"""A project whose scenes are predicted by hand, without imagery or a model."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.store.records import digest_of
from lulc_assets.project import load_project
from lulc_assets.steps.making import Made, Place

TILE, YEAR = "33TVM", 2022

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


def open_project(folder: Path, sections: str = "") -> Place:
    """Write the project file, with further sections, and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(PROJECT + sections)
    project = load_project(folder / "project.toml")
    return Place(project, project.open_store())


def commit_scenes(place: Place, scenes: Sequence[PredictedScene], year: int = YEAR) -> None:
    """Commit predictions and their manifest, as ``scene_predictions`` does."""
    layers, names = {}, ("class", "probability", "mask")
    for scene in scenes:
        files = {f"{name}.tif": path for name, path in zip(names, scene.fetch(), strict=True)}
        key = ("scene_predictions", TILE, year, scene.scene_id)
        record = place.make(key, {"content": scene.content}, lambda _, f=files: Made(f))
        layers[scene.scene_id] = {name: asdict(record.files[f"{name}.tif"]) for name in names}
    properties = {
        "scenes": len(scenes),
        "failed": {},
        "layers": layers,
        "dates": {scene.scene_id: scene.date for scene in scenes},
        "acquisitions": {scene.scene_id: scene.datatake for scene in scenes},
    }
    identity = {"bundle": "by hand", "scenes": digest_of(properties)}
    place.make(("scene_predictions", TILE, year), identity, lambda _: Made({}, properties))
