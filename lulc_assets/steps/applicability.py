"""The optional applicability layer of scene predictions.

What belongs here: its files, its picture and its figures in the records of scene and year. What
does not: the prediction itself (``predictions``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.figures.applicability import applicability_figure
from lulc_assets.core.figures.looks import Look
from lulc_assets.core.imagery.cog import read_coarse
from lulc_assets.core.store.records import Record
from lulc_assets.steps.looks import PICTURE_PX
from lulc_assets.steps.properties import Applicability, PredictedSceneProperties
from lulc_assets.steps.workbench import Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.inference.applicability import ApplicabilityLayer

LAYER, PICTURE = "applicability.tif", "applicability.png"


def files_of(
    layer: "ApplicabilityLayer", look: Look | None, scene_id: str, scratch: Path
) -> dict[str, Path]:
    """The layer as a COG and, where the scene has a look, its picture."""
    file = layer.finish()
    if look is None:
        return {LAYER: file}
    coarse, far_pct = read_coarse(file, PICTURE_PX), layer.summarise().get("far_pct")
    picture = applicability_figure(look.rgb, coarse, far_pct, scene_id)
    return {LAYER: file, PICTURE: write_png(scratch, PICTURE, picture)}


def figures_of(layer: "ApplicabilityLayer") -> Applicability | None:
    """The layer's figures; None where no pixel was seen."""
    found = layer.summarise()
    return Applicability(**{k: float(v) for k, v in found.items()}) if found else None


def of_the_year(
    work: Workbench, records: Mapping[str, Record[PredictedSceneProperties]], scratch: Path
) -> tuple[dict[str, Path], dict[str, Applicability], str]:
    """Picture of the farthest scene, the figures of all, and which one it is."""
    found = {
        scene_id: record.properties.applicability
        for scene_id, record in records.items()
        if record.properties.applicability is not None
    }
    if not found:
        return {}, {}, ""
    farthest = max(found, key=lambda scene_id: (found[scene_id].far_pct, scene_id))
    if PICTURE not in records[farthest].files:
        return {}, found, farthest
    picture = work.open(records[farthest], PICTURE).read_bytes()
    return {PICTURE: write_png(scratch, PICTURE, picture)}, found, farthest
