"""The optional applicability layer of scene predictions.

What belongs here: its files, its picture and its figures in the records of scene and year. What
does not: the prediction itself (``predictions``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.figures.applicability import applicability_figure
from lulc_assets.core.figures.quicklook import true_color
from lulc_assets.core.imagery.cog import read_coarse
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.records import Record
from lulc_assets.steps.making import Place, write_png

if TYPE_CHECKING:
    from lulc_assets.core.inference.applicability import ApplicabilityLayer

LAYER, PICTURE = "applicability.tif", "applicability.png"

_PICTURE_PX = 1024


def files_of(layer: "ApplicabilityLayer", recipe: SceneRecipe, scratch: Path) -> dict[str, Path]:
    """The layer as a COG and its picture."""
    look, file = look_at_scene(recipe, lattice_of(layer.grid, _PICTURE_PX)), layer.finish()
    picture = applicability_figure(
        true_color(look.reflectance, look.valid),
        read_coarse(file, _PICTURE_PX),
        layer.summarise().get("far_pct"),
        recipe.id,
    )
    return {LAYER: file, PICTURE: write_png(scratch, PICTURE, picture)}


def of_the_year(
    place: Place, records: Mapping[str, Record], scratch: Path
) -> tuple[dict[str, Path], dict[str, Any]]:
    """Picture of the farthest scene, and the figures of all; nothing where the layer is off."""
    found = {
        scene_id: record.properties["applicability"]
        for scene_id, record in records.items()
        if record.properties.get("applicability")
    }
    if not found:
        return {}, {}
    farthest = max(found, key=lambda scene_id: (found[scene_id]["far_pct"], scene_id))
    picture = place.open(records[farthest], PICTURE).read_bytes()
    files = {PICTURE: write_png(scratch, PICTURE, picture)}
    return files, {"applicability": found, "farthest_scene": farthest}
