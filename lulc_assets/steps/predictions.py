"""Step of a year's predictions: which predicted scenes make its map.

What belongs here: ``scene_predictions``. What does not: predicting a scene
(``predicted_scenes``).

The year is bound by digests: batches name the records of the catalogue and the bundle that they
were planned with, outcomes the records that they committed, so that a map is of one model and
one catalogue whatever is committed beside it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.errors import (
    AllScenesFailed,
    BundleError,
    ScenesUnreachable,
)
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps import applicability
from lulc_assets.steps.products import (
    MODEL_BUNDLE,
    PREDICTED_SCENE,
    SCENE_CATALOG,
    SCENE_PREDICTIONS,
)
from lulc_assets.steps.properties import (
    PredictedRow,
    PredictedSceneProperties,
    PredictionsProperties,
)
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

if TYPE_CHECKING:
    pass
from lulc_assets.steps.predicted_scenes import LAYERS, BatchResult, Outcome


def commit_predictions(
    work: Workbench, key: TileYear, results: Sequence[BatchResult]
) -> Record[PredictionsProperties]:
    """Commit the manifest of a tile and year: which predictions make its map.

    The manifest names the layers of each scene by content key and SHA-256, so that a map
    reads exactly these, whatever happens to a scene's own record later.

    Raises:
        AllScenesFailed: there were scenes, and not one could be predicted: a map of no
            data would say that nobody looked, which is not true.
        ScenesUnreachable: too many scenes could not be reached, see ``min_reached``; the map of
            before stays.
        BundleError: the batches were not planned together, or a prediction is not of the model
            that they were planned with.
    """
    step = work.step(SCENE_PREDICTIONS, key)
    plans = {(result.batch.catalog, result.batch.bundle) for result in results}
    if len(plans) > 1:
        raise BundleError(f"batches of {key.title} were not planned together; run it again")
    if plans:
        (catalog, planned), *_ = plans
        step.use(work.kept(SCENE_CATALOG, catalog))
        bundle = step.use(work.kept(MODEL_BUNDLE, planned))
    else:
        step.read(SCENE_CATALOG)
        bundle = step.read(MODEL_BUNDLE)
    ordered = sorted((o for r in results for o in r.outcomes), key=lambda one: one.scene_id)
    failed = {o.scene_id: o.error for o in ordered if o.error}
    if failed and len(failed) == len(ordered):
        raise AllScenesFailed(
            f"none of the {len(ordered)} scenes of {key.title} could be predicted; the first: "
            f"{ordered[0].scene_id}: {ordered[0].error}"
        )
    _require_reached(step, ordered)
    records = {o.scene_id: _predicted(work, o, bundle.digest) for o in ordered if not o.error}
    made_of = {scene_id: record.digest for scene_id, record in records.items()}

    def build(scratch: Path) -> Made[PredictionsProperties]:
        pictures, far, farthest = applicability.of_the_year(work, records, scratch)
        properties = PredictionsProperties(
            bundle=bundle.digest,
            taught=bundle.properties.taught,
            scenes=tuple(_row(scene_id, record) for scene_id, record in records.items()),
            failed=failed,
            applicability=far,
            farthest_scene=farthest,
            unreachable=tuple(o.scene_id for o in ordered if o.unreachable),
        )
        return Made(pictures | _middle_picture(work, list(records.values()), scratch), properties)

    return step.make({"scenes": made_of, "failed": failed}, build)


def _require_reached(
    step: Step[TileYear, PredictionsProperties], outcomes: Sequence[Outcome]
) -> None:
    """A map without many of its scenes replaces no better one because a host was away.

    Scenes that were looked at and found bad count neither way.
    """
    away = {o.scene_id: o.error for o in outcomes if o.unreachable}
    looked_at = {o.scene_id for o in outcomes if not o.error} | set(away)
    standing = () if step.former is None else step.former.properties.scenes
    least = step.work.project.min_reached
    for scenes, what in (
        (looked_at, "selected scenes"),
        ({row.scene_id for row in standing}, "scenes of the map that stands"),
    ):
        lost = scenes & set(away)
        if len(scenes) - len(lost) < least * len(scenes):
            first = min(lost)
            raise ScenesUnreachable(
                f"{len(lost)} of the {len(scenes)} {what} of {step.key.title} could not be "
                f"reached, and min_reached is {least:g}: nothing was changed; run it again when "
                f"the place answers. The first: {first}: {away[first]}"
            )


def _predicted(work: Workbench, outcome: Outcome, bundle: str) -> Record[PredictedSceneProperties]:
    """The record of an outcome, which must be of the planned model."""
    record = work.kept(PREDICTED_SCENE, outcome.digest)
    if record.inputs.get(MODEL_BUNDLE.at(Whole())) != bundle:
        raise BundleError(
            f"the prediction of {outcome.scene_id} is of another model than the run was planned "
            "with; run it again"
        )
    return record


def _row(scene_id: str, record: Record[PredictedSceneProperties]) -> PredictedRow:
    properties = record.properties
    return PredictedRow(
        scene_id,
        record.digest,
        properties.date,
        properties.acquisition,
        *(record.files[f"{name}.tif"] for name in LAYERS),
    )


def _middle_picture(
    work: Workbench, records: Sequence[Record[PredictedSceneProperties]], scratch: Path
) -> dict[str, Path]:
    shown = [record for record in records if "prediction.png" in record.files]
    if not shown:
        return {}
    picture = work.open(shown[len(shown) // 2], "prediction.png").read_bytes()
    return {"prediction.png": write_png(scratch, "prediction.png", picture)}
