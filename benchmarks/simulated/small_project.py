"""A simulated project of small tiles with a promoted model and no map yet.

What belongs here: making it. What does not: mapping its tiles and years.
"""

from collections.abc import Sequence
from pathlib import Path

from lulc_assets.core.store.keys import TileYear
from lulc_assets.demo.projects import write_simulated_project
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.spec import build_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench

_SETTINGS = """
[chips]
size_px = 32
overlap_px = 8
block_px = 64

[recipe]             # what the network learnt does not matter here
architecture = "Unet"
max_chip_views = 160

[promotion]
min_overall = 0.02
min_class_recall = 0.0
"""


def make_small_project(
    folder: Path, name: str, tiles: Sequence[str], years: tuple[int, ...], size_px: int, scenes: int
) -> Path:
    """Write archive and project file, and train on the first tile and year.

    Args:
        folder: for everything.
        name: of the region.
        tiles: MGRS squares.
        years: to map, in order; the first one is trained from.
        size_px: side of each tile's area, even.
        scenes: of a tile and year.

    Returns:
        The project file.
    """
    spec = build_spec(name, list(tiles), years, size_px=size_px, scenes_per_year=scenes,
                      labelled_windows=12, sample_size=300)  # fmt: skip
    archive = write_archive(spec, folder / "archive")
    file = write_simulated_project(folder, spec, archive, _SETTINGS)
    text = file.read_text()
    trained = text.replace(f"years = {list(years)}", f"years = [{years[0]}]", 1)
    file.write_text(f"years = {list(years)}\n{trained}")
    work, key = Workbench.of(load_project(file)), TileYear(tiles[0], years[0])
    make_reference_labels(work, key)
    make_scene_catalog(work, key)
    make_training_chips(work, key)
    make_lulc_model(work)
    make_model_evaluation(work)
    make_model_bundle(work)
    return file
