"""Assets of the model: candidate, evaluation, and the bundle that predictions use."""

from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.defs.policies import GPU_POOL, GPU_TAGS
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.products import LULC_MODEL, MODEL_BUNDLE, MODEL_EVALUATION
from lulc_assets.steps.properties import BundleProperties, EvaluationProperties, ModelProperties
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench


@product_asset(LULC_MODEL, group="model", kinds={"pytorch"}, pool=GPU_POOL, op_tags=GPU_TAGS)
def lulc_model(work: Workbench, _: Whole) -> Record[ModelProperties]:
    """A candidate: a U-Net trained on the chips of the project's training partitions."""
    return make_lulc_model(work)


@product_asset(MODEL_EVALUATION, group="model", kinds={"pytorch"}, pool=GPU_POOL, op_tags=GPU_TAGS)
def model_evaluation(work: Workbench, _: Whole) -> Record[EvaluationProperties]:
    """The candidate against gold windows and against the promoted model, and the verdict."""
    return make_model_evaluation(work)


@product_asset(MODEL_BUNDLE, group="model", kinds={"pytorch"})
def model_bundle(work: Workbench, _: Whole) -> Record[BundleProperties] | None:
    """The promoted model. A refused candidate leaves the bundle as it is, without an event."""
    return make_model_bundle(work)
