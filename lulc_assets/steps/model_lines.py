"""The lines of models: one draws maps, one classifies patches.

What belongs here: which products a line has, and how people name it. What does not: history,
promotion and bundles, which are the same for all lines (``model_history``, ``bundling``).
"""

from dataclasses import dataclass

from lulc_assets.core.judging.promotion_rule import GOLD_PIXELS, TEST_PATCHES, Evidence
from lulc_assets.core.store.keys import Whole
from lulc_assets.steps.product import Product
from lulc_assets.steps.products import (
    LULC_MODEL,
    MODEL_BUNDLE,
    MODEL_EVALUATION,
    MODEL_HISTORY,
    PATCH_BUNDLE,
    PATCH_CLASSIFIER,
    PATCH_EVALUATION,
    PATCH_HISTORY,
)
from lulc_assets.steps.properties import (
    BundleProperties,
    EvaluationProperties,
    HistoryProperties,
    ModelProperties,
)


@dataclass(frozen=True)
class ModelLine:
    """From a candidate to the model in use.

    Attributes:
        candidate: what a training makes.
        evaluation: the verdict on it.
        bundle: what is in use.
        history: what happened, and what people decided.
        task: of its bundles, see ``Bundle.load``.
        evidence: that candidates are judged by.
        option: of ``lulc model``, with a blank before it.
        stays: what a refusal leaves as it is.
    """

    candidate: Product[Whole, ModelProperties]
    evaluation: Product[Whole, EvaluationProperties]
    bundle: Product[Whole, BundleProperties]
    history: Product[Whole, HistoryProperties]
    task: str
    evidence: Evidence
    option: str
    stays: str


MAPS = ModelLine(
    LULC_MODEL, MODEL_EVALUATION, MODEL_BUNDLE, MODEL_HISTORY,
    "segmentation", GOLD_PIXELS, "", "Maps stay with the model in use, if there is one",
)  # fmt: skip

PATCHES = ModelLine(
    PATCH_CLASSIFIER, PATCH_EVALUATION, PATCH_BUNDLE, PATCH_HISTORY,
    "patches", TEST_PATCHES, " --patches", "The classifier in use stays, if there is one",
)  # fmt: skip


def line_of(product: str) -> ModelLine:
    """The line that a product (its name in a record) belongs to.

    Raises:
        LookupError: none, a mistake in the code.
    """
    asset = product.partition("/")[0]
    for line in (MAPS, PATCHES):
        if asset in {p.asset for p in (line.candidate, line.evaluation, line.bundle)}:
            return line
    raise LookupError(f"{product} belongs to no line of models")
