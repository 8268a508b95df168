"""Scene predictions: plan batches → predict a batch (GPU) → commit the year's manifest.

A graph-backed asset, so that batches run side by side on as many workers as the pool
``gpu`` has slots. A scene that cannot be read comes back as data: one failed mapped op
would fail the whole asset.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.partitions import tile_year_of, tile_years
from lulc_assets.defs.policies import (
    GPU_POOL,
    GPU_TAGS,
    OWNERS,
    PREDICT_RETRIES,
    attempt,
    metadata_of,
    named_failures,
)
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.predictions import (
    Batch,
    Outcome,
    commit_predictions,
    plan_batches,
    predict_batch,
)


@dg.op(
    ins={"scene_catalog": dg.In(dg.Nothing), "model_bundle": dg.In(dg.Nothing)},
    out=dg.DynamicOut(dict[str, Any]),
)
def plan_scene_batches(
    context: dg.OpExecutionContext, project: ProjectResource
) -> Iterator[dg.DynamicOutput[dict[str, Any]]]:
    """Split the selected scenes into batches, bound to the promoted bundle."""
    place = project.place(context.log.info)
    with named_failures():
        batches = plan_batches(place, *tile_year_of(context.partition_key))
    for number, batch in enumerate(batches):
        yield dg.DynamicOutput(batch.to_dict(), mapping_key=f"batch_{number:03d}")


@dg.op(tags=GPU_TAGS, pool=GPU_POOL, retry_policy=PREDICT_RETRIES)
def predict_scene_batch(
    context: dg.OpExecutionContext, project: ProjectResource, batch: dict[str, Any]
) -> list[dict[str, str]]:
    """Predict each scene of a batch that has no prediction of this identity yet."""
    place = project.place(context.log.info)
    with named_failures():
        outcomes = predict_batch(place, Batch.from_dict(batch))
    for outcome in outcomes:
        if outcome.error:
            context.log.warning(f"scene {outcome.scene_id} is left out: {outcome.error}")
    return [outcome.to_dict() for outcome in outcomes]


@dg.op(out=dg.Out(dg.Nothing, is_required=False))
def commit_scene_predictions(
    context: dg.OpExecutionContext, project: ProjectResource, outcomes: list[list[dict[str, str]]]
) -> Iterator[dg.Output[None]]:
    """Commit which predictions make the year's map."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    found = [Outcome(**outcome) for batch in outcomes for outcome in batch]
    record = attempt(context.log.warning, lambda: commit_predictions(place, *key, found))
    if record is not None:
        yield dg.Output(
            None, metadata=metadata_of(place, record), data_version=dg.DataVersion(record.digest)
        )


@dg.graph_asset(
    partitions_def=tile_years,
    group_name="maps",
    owners=OWNERS,
    ins={
        "scene_catalog": dg.AssetIn(dagster_type=dg.Nothing),
        "model_bundle": dg.AssetIn(dagster_type=dg.Nothing),
    },
    kinds={"pytorch", "geotiff"},
)
def scene_predictions(scene_catalog: Any, model_bundle: Any) -> Any:
    """Class, probability and mask of every selected scene, and the manifest of the year."""
    batches = plan_scene_batches(scene_catalog=scene_catalog, model_bundle=model_bundle)
    return commit_scene_predictions(batches.map(predict_scene_batch).collect())
