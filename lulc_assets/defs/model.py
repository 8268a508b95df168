"""Assets of the model: candidate, evaluation, and the bundle that predictions use."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.imagery import training_chips
from lulc_assets.defs.partitions import everything
from lulc_assets.defs.policies import GPU_POOL, GPU_TAGS, OWNERS, emit
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.model import make_lulc_model, make_model_bundle
from lulc_assets.steps.model_evaluation import make_model_evaluation

_every_chip = dg.AssetDep(training_chips, partition_mapping=everything)


@dg.asset(
    group_name="model",
    owners=OWNERS,
    output_required=False,
    deps=[_every_chip],
    op_tags=GPU_TAGS,
    pool=GPU_POOL,
    kinds={"pytorch"},
)
def lulc_model(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """A candidate: a U-Net trained on the chips of the project's training partitions."""
    place = project.place(context.log.info)
    yield from emit(context, place, lambda: make_lulc_model(place))


@dg.asset(
    group_name="model",
    owners=OWNERS,
    output_required=False,
    deps=[lulc_model, _every_chip],
    op_tags=GPU_TAGS,
    pool=GPU_POOL,
    kinds={"pytorch"},
)
def model_evaluation(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """The candidate against gold windows and against the promoted model, and the verdict."""
    place = project.place(context.log.info)
    yield from emit(context, place, lambda: make_model_evaluation(place))


@dg.asset(
    group_name="model",
    owners=OWNERS,
    output_required=False,
    deps=[lulc_model, model_evaluation],
    kinds={"pytorch"},
)
def model_bundle(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """The promoted model. A refused candidate leaves the bundle as it is, without an event."""
    place = project.place(context.log.info)
    yield from emit(context, place, lambda: make_model_bundle(place))
