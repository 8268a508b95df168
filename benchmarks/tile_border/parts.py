"""Why two predictions of the same pixels differ: what lies beside them, and the network's phase.

What belongs here: one scene predicted in several windows. What does not: annual maps.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from benchmarks.own_case.truth import Codes
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.products import MODEL_BUNDLE, SCENE_CATALOG
from lulc_assets.steps.workbench import Workbench

SCENES = 5
_INSIDE_PX = 288
"""Where windows begin: a multiple of any network's stride."""
_HALF_STRIDE_PX = 8
DISTANCES_PX = ((0, 5), (5, 10), (10, 20), (20, 50), (50, 100), (100, 10_980))


def measure_parts(work: Workbench, key: TileYear) -> Mapping[str, Mapping[str, float]]:
    """Share of voting pixels that differ from the prediction of the whole area, by distance.

    ``nothing_beside``: the window has the phase of the whole, and nothing beside it is seen.
    ``other_phase``: it begins half a stride later as well. ``with_surroundings``: as areas are
    mapped now.
    """
    bundle = open_bundle(work, work.read(MODEL_BUNDLE, Whole()))
    predictor = choose_engine(bundle, work.project.inference)
    whole, settings = work.grid(key.tile), work.project.windows
    recipes = read_selection(work, work.read(SCENE_CATALOG, key))
    step = max(1, len(recipes) // SCENES)
    cases = {
        "nothing_beside": (_INSIDE_PX, None),
        "other_phase": (_INSIDE_PX + _HALF_STRIDE_PX, None),
        "with_surroundings": (_INSIDE_PX, whole),
    }
    differ = {name: np.zeros((len(DISTANCES_PX), 2)) for name in cases}
    for recipe in recipes[::step][:SCENES]:
        expected, voting = _predict(recipe, whole, predictor, settings)
        for name, (first, within) in cases.items():
            part = whole.cut(Window(0, first, whole.height, whole.width - first))
            found, _ = _predict(recipe, part, predictor, settings, within)
            wrong = (found != expected[:, first:]) & voting[:, first:]
            for number, (near, far) in enumerate(DISTANCES_PX):
                columns = np.s_[:, near:far]
                differ[name][number] += wrong[columns].sum(), voting[:, first:][columns].sum()
    return {
        name: {
            f"{near}-{far} px": float(count / pixels)
            for (near, far), (count, pixels) in zip(DISTANCES_PX, counts, strict=True)
        }
        for name, counts in differ.items()
    }


def _predict(
    recipe: SceneRecipe,
    grid: PixelGrid,
    predictor: Predictor,
    settings: WindowSettings,
    within: PixelGrid | None = None,
) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Class and mask."""
    with TemporaryDirectory() as folder:
        files = predict_scene(recipe, grid, predictor, Path(folder), settings, within=within).files
        return read_raster(files["class"]), read_raster(files["mask"]) > 0
