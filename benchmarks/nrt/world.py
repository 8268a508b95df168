"""A project with a year that lacks its last scene: what the benchmark starts from.

What belongs here: simulated scenes of any size, a small trained model, the map of all scenes but
one. What does not: what is measured.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.simulated.scene import PATTERN_PX, widen
from lulc_assets.core.grid import PixelGrid, tile_grid
from lulc_assets.core.store.keys import TileYear
from lulc_assets.demo.projects import write_simulated_project
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.spec import build_spec
from lulc_assets.simulation.archive.stac import write_catalog
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench

KEY = TileYear("33TVM", 2022)
_MARK = "last_item.txt"
_CLEAR_PCT = 30.0
"""More cloud than this, and blocks without a clear pixel would be passed over: too flattering."""

_SETTINGS = """
[selection]          # every scene counts
clear_observations = 200
max_scenes = 200
min_clear_share = 0.0

[chips]
size_px = 32
overlap_px = 8
block_px = 64

[recipe]             # time does not depend on what the network learnt
architecture = "Unet"
max_chip_views = 320

[promotion]
min_overall = 0.02
min_class_recall = 0.0
"""


@dataclass(frozen=True)
class World:
    """What was made.

    Attributes:
        project: file; the catalogue has all scenes, the map all but one.
        grid: of the tile's area.
        item: of the scene that the map lacks.
    """

    project: Path
    grid: PixelGrid
    item: Path


def make_world(folder: Path, size_px: int, scenes: int) -> World:
    """Simulate, train, and map all scenes but the last clear one.

    Args:
        folder: for everything.
        size_px: side of the tile's area, even.
        scenes: that are in the map already.
    """
    pattern_px = min(PATTERN_PX, size_px) // 2 * 2
    spec = build_spec("nrt", [KEY.tile], (KEY.year,), size_px=pattern_px,
                      scenes_per_year=scenes + 1, sample_size=300)  # fmt: skip
    archive = write_archive(spec, folder / "archive")
    project = write_simulated_project(folder, spec, archive, _SETTINGS)
    _train(Workbench.of(load_project(project)))

    corner = spec.tiles[0].grid
    grid = PixelGrid(corner.epsg, corner.x0, corner.y0, size_px, size_px)
    items = _widen_all(archive.catalog.parent, folder / "wide", grid)
    _point_to(project, "wide/", corner, grid)
    last = max(path for path, cloud in items.items() if cloud < _CLEAR_PCT)
    _write_catalog(folder / "wide", [path for path in items if path != last])
    _map_year(Workbench.of(load_project(project)))
    _write_catalog(folder / "wide", list(items))
    (folder / _MARK).write_text(str(last.relative_to(folder)))
    return World(project, grid, last)


def open_world(folder: Path) -> World | None:
    """What :func:`make_world` left in a folder; None where there is nothing whole."""
    mark, project = folder / _MARK, folder / "project.toml"
    if not mark.exists():
        return None
    return World(project, load_project(project).grid_of(KEY.tile), folder / mark.read_text())


def _point_to(project: Path, catalog: str, corner: PixelGrid, grid: PixelGrid) -> None:
    """Let the project map the larger area, from the catalogue of the larger scenes."""
    old, new = (tile_grid(KEY.tile).window_of(each) for each in (corner, grid))
    text = project.read_text().replace("archive/catalog/", catalog)
    before, after = (str([w.row, w.col, w.height, w.width]) for w in (old, new))
    project.write_text(text.replace(before, after))


def _train(work: Workbench) -> None:
    make_reference_labels(work, KEY)
    make_scene_catalog(work, KEY)
    make_training_chips(work, KEY)
    make_lulc_model(work)
    make_model_evaluation(work)
    make_model_bundle(work)


def _map_year(work: Workbench) -> None:
    make_scene_catalog(work, KEY)
    results = [predict_batch(work, batch) for batch in plan_batches(work, KEY)]
    commit_predictions(work, KEY, results)
    make_annual_map(work, KEY)


def _widen_all(source: Path, target: Path, grid: PixelGrid) -> dict[Path, float]:
    """Write all scenes on a larger grid; item's path → cloud cover in per cent, by time."""

    def one(path: Path) -> tuple[Path, float]:
        item = json.loads(path.read_text())
        folder = target / path.parent.name
        folder.mkdir(parents=True)
        widen(item, path.parent, folder, grid)
        (folder / path.name).write_text(json.dumps(item))
        return folder / path.name, float(item["properties"]["eo:cloud_cover"])

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(one, sorted(source.rglob("*/*/*/*.json"))))


def _write_catalog(folder: Path, items: list[Path]) -> None:
    write_catalog(folder / "catalog.json", "nrt", [str(p.relative_to(folder)) for p in items])
