"""A scene of a project through its patch classifier, beside what the map model saw in it.

What belongs here: finding scene, classifier and the model's prediction in the store, files and a
page in a folder. What does not: the map (``core/patches/scene_map``). Nothing is committed: it is a
look at a scene, not a product that others are made of.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import ProductNotFound
from lulc_assets.core.figures.patches import patch_map_figure
from lulc_assets.core.figures.quicklook import true_color
from lulc_assets.core.imagery.cog import read_coarse
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.pages.patch_report import scene_page
from lulc_assets.core.pages.rendering import render_patch_page
from lulc_assets.core.patches.opening import Classifier, open_classifier
from lulc_assets.core.patches.scene_map import PatchMap, map_scene, require_scene
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import SceneOfYear, TileYear, Whole
from lulc_assets.core.whole_files import whole_file
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.products import PATCH_BUNDLE, PREDICTED_SCENE, SCENE_CATALOG
from lulc_assets.steps.workbench import Workbench

_SHOWN_PX = 800


@dataclass(frozen=True)
class MappedScene:
    """What was written.

    Attributes:
        found: the map of cells.
        page: HTML beside the layers.
        beside: whether the map model had predicted the scene, so that both are shown.
    """

    found: PatchMap
    page: Path
    beside: bool


def map_scene_by_patches(
    work: Workbench, tile: str, scene: str, out: Path, folder: Path | None = None
) -> MappedScene:
    """Classify all cells of a scene; writes ``class.tif``, ``probability.tif``, ``index.html``.

    Args:
        work: whose catalogues have the scene.
        tile: of the project.
        scene: its id.
        out: created if need be.
        folder: of a classifier; None: the project's own, which must have been promoted.

    Raises:
        ProductNotFound: no catalogue has the scene, or no classifier was promoted.
        IncompatibleScene: the classifier does not take it.
        SceneError: it cannot be read.
    """
    year, recipe = _find_scene(work, tile, scene)
    asked = open_classifier(folder) if folder is not None else _promoted(work)
    require_scene(recipe, asked.card)
    grid = work.grid(tile)
    found = map_scene(recipe, grid, asked.model, asked.card, out, progress=work.progress)
    look = look_at_scene(recipe, lattice_of(grid, _SHOWN_PX))
    seen = true_color(look.reflectance, look.valid)
    other = _predicted(work, SceneOfYear(tile, year, recipe.id))
    picture = patch_map_figure(
        seen, found.codes, found.covers(grid), asked.model.legend,
        None if other is None else (other, work.legend),
    )  # fmt: skip
    page = scene_page(recipe, found, asked.model.legend, asked.card, picture, other is not None)
    target = out / "index.html"
    with whole_file(target) as part:
        part.write_text(render_patch_page(page), encoding="utf-8")
    return MappedScene(found, target, other is not None)


def _find_scene(work: Workbench, tile: str, scene: str) -> tuple[int, SceneRecipe]:
    """The year and recipe of a scene that some catalogue of the tile selected."""
    work.grid(tile)  # refuses tiles of other projects
    known: list[str] = []
    trained = {year for _, year in work.project.training_partitions()}
    for year in sorted({*work.project.mapped_years(), *trained}):
        record = work.find(SCENE_CATALOG, TileYear(tile, year))
        for recipe in [] if record is None else read_selection(work, record):
            if recipe.id == scene:
                return year, recipe
            known.append(recipe.id)
    shown = ", ".join(known[:20]) or "none: materialize scene_catalog first"
    raise ProductNotFound(f"no selected scene of tile {tile} is called {scene!r}; it has {shown}")


def _promoted(work: Workbench) -> Classifier:
    bundle = open_bundle(work, work.read(PATCH_BUNDLE, Whole()))
    return Classifier(bundle, bundle.record.card)


def _predicted(work: Workbench, key: SceneOfYear) -> npt.NDArray[np.uint8] | None:
    """Classes that the map model saw in the scene, shrunk; None where it was not asked."""
    record = work.find(PREDICTED_SCENE, key)
    if record is None:
        return None
    return read_coarse(work.open(record, "class.tif"), _SHOWN_PX).astype(np.uint8)
