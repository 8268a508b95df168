"""Assets of the patch classifier: candidate, evaluation, bundle. For projects with patches."""

from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.defs.policies import GPU_POOL, GPU_TAGS
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.model_lines import PATCHES
from lulc_assets.steps.patches import make_patch_classifier, make_patch_evaluation
from lulc_assets.steps.products import PATCH_BUNDLE, PATCH_CLASSIFIER, PATCH_EVALUATION
from lulc_assets.steps.properties import BundleProperties, EvaluationProperties, ModelProperties
from lulc_assets.steps.workbench import Workbench


@product_asset(
    PATCH_CLASSIFIER, group="patches", kinds={"pytorch"}, pool=GPU_POOL, op_tags=GPU_TAGS
)
def patch_classifier(work: Workbench, _: Whole) -> Record[ModelProperties]:
    """A candidate that gives whole patches one class each, from the project's patch folder."""
    return make_patch_classifier(work)


@product_asset(
    PATCH_EVALUATION, group="patches", kinds={"pytorch"}, pool=GPU_POOL, op_tags=GPU_TAGS
)
def patch_evaluation(work: Workbench, _: Whole) -> Record[EvaluationProperties]:
    """The candidate on its test patches and beside the classifier in use, and the verdict."""
    return make_patch_evaluation(work)


@product_asset(PATCH_BUNDLE, group="patches", kinds={"pytorch"})
def patch_bundle(work: Workbench, _: Whole) -> Record[BundleProperties] | None:
    """The promoted patch classifier. A refused candidate leaves it as it is, without an event."""
    return make_model_bundle(work, PATCHES)
