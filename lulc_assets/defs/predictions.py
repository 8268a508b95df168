"""Asset of the predictions: a graph, so that batches of scenes run side by side.

What belongs here: the graph and its ops. What does not: predicting (``steps``).

A ``@graph_asset`` takes no ``pool`` or ``op_tags``: they are on the op that predicts. A bad
scene comes back as data: one failed mapped op would fail the whole asset.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg
from pydantic import TypeAdapter

from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.automation import condition_for
from lulc_assets.defs.failures import named_failures
from lulc_assets.defs.from_products import Stopwatch
from lulc_assets.defs.of_project import owners
from lulc_assets.defs.partitions import key_of, partitions_of
from lulc_assets.defs.policies import GPU_POOL, GPU_TAGS, PREDICT_RETRIES, STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.predicted_scenes import Batch, BatchResult, plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.products import SCENE_PREDICTIONS

_BATCH, _RESULT = TypeAdapter(Batch), TypeAdapter(BatchResult)
"""Between ops go ids and digests, as plain JSON."""

_INPUTS = tuple(given.product.asset for given in SCENE_PREDICTIONS.inputs)


@dg.op(
    ins={name: dg.In(dg.Nothing) for name in _INPUTS},
    out=dg.DynamicOut(dict[str, Any]),
    retry_policy=STEP_RETRIES,
)
def plan_scene_batches(
    context: dg.OpExecutionContext, project: ProjectResource
) -> Iterator[dg.DynamicOutput[dict[str, Any]]]:
    """Split the selected scenes into batches, bound to the catalogue and the promoted bundle."""
    with named_failures():
        batches = plan_batches(project.workbench(context), _key(context))
    for number, batch in enumerate(batches):
        plain = _BATCH.dump_python(batch, mode="json")
        yield dg.DynamicOutput(plain, mapping_key=f"batch_{number:03d}")


@dg.op(tags=GPU_TAGS, pool=GPU_POOL, retry_policy=PREDICT_RETRIES)
def predict_scene_batch(
    context: dg.OpExecutionContext, project: ProjectResource, batch: dict[str, Any]
) -> dict[str, Any]:
    """Predict each scene of a batch that has no prediction of this identity yet."""
    with named_failures():
        result = predict_batch(project.workbench(context), _BATCH.validate_python(batch))
    for outcome in result.outcomes:
        if outcome.error:
            context.log.warning(f"scene {outcome.scene_id} is left out: {outcome.error}")
    plain: dict[str, Any] = _RESULT.dump_python(result, mode="json")
    return plain


@dg.op(out=dg.Out(dg.Nothing), retry_policy=STEP_RETRIES)
def commit_scene_predictions(
    context: dg.OpExecutionContext, project: ProjectResource, results: list[dict[str, Any]]
) -> dg.Output[None]:
    """Commit which predictions make the year's map."""
    work = project.workbench(context)
    with named_failures():
        key = _key(context)
        found = [_RESULT.validate_python(result) for result in results]
        watch = Stopwatch.start(work, SCENE_PREDICTIONS, key)
        watch = replace(watch, since=watch.since - _seconds_of_batches(context))
        record = commit_predictions(work, key, found)
    return dg.Output(
        None,
        metadata=watch.metadata(context, record),
        data_version=dg.DataVersion(record.digest),
    )


def _seconds_of_batches(context: dg.OpExecutionContext) -> float:
    """Wall time of all batches of the run, one after the other."""
    steps = context.instance.get_run_step_stats(context.run_id)
    batches = [s for s in steps if predict_scene_batch.name in s.step_key]
    return sum((s.end_time or 0.0) - (s.start_time or 0.0) for s in batches if s.end_time)


def _key(context: dg.OpExecutionContext) -> TileYear:
    key = key_of(SCENE_PREDICTIONS, context)
    assert isinstance(key, TileYear)
    return key


@dg.definitions
def predictions() -> dg.Definitions:
    """The asset, with the years and owners of the project."""

    @dg.graph_asset(
        name=SCENE_PREDICTIONS.asset,
        partitions_def=partitions_of(SCENE_PREDICTIONS),
        code_version=str(SCENE_PREDICTIONS.version),
        group_name="maps",
        owners=owners(),
        automation_condition=condition_for(SCENE_PREDICTIONS),
        ins={name: dg.AssetIn(dagster_type=dg.Nothing) for name in _INPUTS},
        kinds={"pytorch", "geotiff"},
    )
    def scene_predictions(scene_catalog: Any, model_bundle: Any) -> Any:
        """Class, probability and mask of every selected scene, and the manifest of the year."""
        batches = plan_scene_batches(scene_catalog=scene_catalog, model_bundle=model_bundle)
        return commit_scene_predictions(batches.map(predict_scene_batch).collect())

    return dg.Definitions(assets=[scene_predictions])
