"""Every product of the platform, declared once.

What belongs here: name, version, key, properties and inputs of each. Adding an asset begins
here; its step goes into this package, its asset function into ``defs``, its page into ``docs``.
What does not: how a product is made.
"""

from typing import Any

from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.store.keys import RegionYear, SceneOfYear, TileYear, Whole
from lulc_assets.steps import properties as of
from lulc_assets.steps.product import Input, Product, Reach, in_order

REFERENCE_LABELS = Product("reference_labels", 4, TileYear, DeliveredLabels)

SCENE_CATALOG = Product("scene_catalog", 4, TileYear, of.CatalogProperties)

SCENE_LOOK = Product("scene_look", 1, SceneOfYear, of.LookProperties, part_of=SCENE_CATALOG.asset)

SCENE_CLEARNESS = Product(
    "scene_clearness", 1, SceneOfYear, of.ClearnessProperties, part_of=SCENE_CATALOG.asset
)

SCENE_CHECK = Product(
    "scene_check", 1, SceneOfYear, of.CheckProperties, part_of=SCENE_CATALOG.asset
)

LABEL_QUALITY = Product(
    "label_quality",
    5,
    TileYear,
    of.LabelQualityProperties,
    inputs=(Input(REFERENCE_LABELS), Input(SCENE_CATALOG)),
)

TRAINING_CHIPS = Product(
    "training_chips",
    5,
    TileYear,
    of.ChipProperties,
    inputs=(Input(SCENE_CATALOG), Input(REFERENCE_LABELS)),
)

MODEL_HISTORY = Product("model_history", 2, Whole, of.HistoryProperties, part_of="lulc_model")

LULC_MODEL = Product(
    "lulc_model", 4, Whole, of.ModelProperties, inputs=(Input(TRAINING_CHIPS, Reach.EVERY),)
)

_BUNDLE = Product("model_bundle", 7, Whole, of.BundleProperties)
"""As the evaluation looks at it: without inputs, which come after."""

MODEL_EVALUATION = Product(
    "model_evaluation",
    5,
    Whole,
    of.EvaluationProperties,
    inputs=(Input(LULC_MODEL), Input(TRAINING_CHIPS, Reach.EVERY)),
    looks_at=(_BUNDLE, MODEL_HISTORY),
)

MODEL_BUNDLE = Product(
    "model_bundle",
    _BUNDLE.version,
    Whole,
    of.BundleProperties,
    inputs=(
        Input(LULC_MODEL),
        Input(MODEL_EVALUATION),
        Input(TRAINING_CHIPS, Reach.EVERY),  # to quantise with, where INT8 is wanted
    ),
    looks_at=(MODEL_HISTORY,),
)

PATCH_CLASSIFIER = Product("patch_classifier", 1, Whole, of.ModelProperties)
"""Made from the patch folder that the project file names."""

PATCH_HISTORY = Product(
    "patch_history", 1, Whole, of.HistoryProperties, part_of=PATCH_CLASSIFIER.asset
)

_PATCH_BUNDLE = Product("patch_bundle", 1, Whole, of.BundleProperties)
"""As the evaluation looks at it: without inputs, which come after."""

PATCH_EVALUATION = Product(
    "patch_evaluation",
    1,
    Whole,
    of.EvaluationProperties,
    inputs=(Input(PATCH_CLASSIFIER),),
    looks_at=(_PATCH_BUNDLE, PATCH_HISTORY),
)

PATCH_BUNDLE = Product(
    "patch_bundle",
    _PATCH_BUNDLE.version,
    Whole,
    of.BundleProperties,
    inputs=(Input(PATCH_CLASSIFIER), Input(PATCH_EVALUATION)),
    looks_at=(PATCH_HISTORY,),
)

PREDICTED_SCENE = Product(
    "predicted_scene",
    2,
    SceneOfYear,
    of.PredictedSceneProperties,
    inputs=(Input(MODEL_BUNDLE),),
    part_of="scene_predictions",
)

SCENE_PREDICTIONS = Product(
    "scene_predictions",
    6,
    TileYear,
    of.PredictionsProperties,
    inputs=(Input(SCENE_CATALOG), Input(MODEL_BUNDLE)),
)

_LEARNED_VOTE = Product("learned_vote", 1, Whole, of.LearnedVoteProperties)
"""As maps look at it: it is learnt from the sums of maps that stand already."""

ANNUAL_MAP = Product(
    "annual_map",
    4,
    TileYear,
    of.MapProperties,
    inputs=(Input(SCENE_PREDICTIONS),),
    looks_at=(_LEARNED_VOTE,),
)

LEARNED_VOTE = Product(
    "learned_vote",
    _LEARNED_VOTE.version,
    Whole,
    of.LearnedVoteProperties,
    inputs=(Input(ANNUAL_MAP, Reach.EVERY), Input(REFERENCE_LABELS, Reach.EVERY)),
)

SEASONAL_MAPS = Product(
    "seasonal_maps",
    2,
    TileYear,
    of.SeasonProperties,
    inputs=(Input(ANNUAL_MAP, Reach.WITH_FORMER_YEAR),),
)

CHANGE_EVIDENCE = Product(
    "change_evidence",
    1,
    Whole,
    of.EvidenceProperties,
    inputs=(
        Input(MODEL_BUNDLE),
        Input(ANNUAL_MAP, Reach.EVERY),
        Input(REFERENCE_LABELS, Reach.EVERY),
    ),
)

CHANGE_MAP = Product(
    "change_map",
    2,
    TileYear,
    of.ChangeProperties,
    inputs=(Input(ANNUAL_MAP, Reach.WITH_FORMER_YEAR), Input(CHANGE_EVIDENCE)),
)

CHANGE_ALERTS = Product(
    "change_alerts",
    3,
    TileYear,
    of.AlertProperties,
    inputs=(
        Input(SCENE_PREDICTIONS),
        Input(ANNUAL_MAP, Reach.FORMER_YEAR),
        Input(CHANGE_EVIDENCE),
    ),
)

REFERENCE_SAMPLE = Product(
    "reference_sample",
    4,
    RegionYear,
    of.SampleProperties,
    inputs=(Input(REFERENCE_LABELS, Reach.SAME_YEAR),),
)

ACCURACY_AREA_REPORT = Product(
    "accuracy_area_report",
    4,
    TileYear,
    of.ReportProperties,
    inputs=(Input(ANNUAL_MAP), Input(REFERENCE_SAMPLE, Reach.SAME_YEAR)),
)

REGION_REPORT = Product(
    "region_report",
    4,
    RegionYear,
    of.ReportProperties,
    inputs=(Input(ANNUAL_MAP, Reach.SAME_YEAR), Input(REFERENCE_SAMPLE)),
)

METRIC_TABLES = Product(
    "metric_tables",
    5,
    Whole,
    of.TablesProperties,
    inputs=tuple(
        Input(product, Reach.EVERY)
        for product in (
            ACCURACY_AREA_REPORT,
            REGION_REPORT,
            ANNUAL_MAP,
            SCENE_CATALOG,
            CHANGE_MAP,
            CHANGE_ALERTS,
            LULC_MODEL,
            MODEL_EVALUATION,
            MODEL_BUNDLE,
        )
    ),
    looks_at=(MODEL_HISTORY,),
)

REPORT_PAGES = Product(
    "report_pages",
    3,
    Whole,
    of.PagesProperties,
    inputs=tuple(
        Input(product, Reach.EVERY)
        for product in (
            ACCURACY_AREA_REPORT,
            REGION_REPORT,
            ANNUAL_MAP,
            SEASONAL_MAPS,
            SCENE_CATALOG,
            REFERENCE_SAMPLE,
            REFERENCE_LABELS,
            LABEL_QUALITY,
            TRAINING_CHIPS,
            CHANGE_MAP,
            CHANGE_ALERTS,
            PATCH_CLASSIFIER,
            PATCH_EVALUATION,
        )
    ),
)

PRODUCTS: tuple[Product[Any, Any], ...] = in_order(
    (
        REFERENCE_LABELS,
        SCENE_CATALOG,
        LABEL_QUALITY,
        TRAINING_CHIPS,
        LULC_MODEL,
        MODEL_EVALUATION,
        MODEL_BUNDLE,
        PATCH_CLASSIFIER,
        PATCH_EVALUATION,
        PATCH_BUNDLE,
        SCENE_PREDICTIONS,
        ANNUAL_MAP,
        LEARNED_VOTE,
        SEASONAL_MAPS,
        CHANGE_EVIDENCE,
        CHANGE_MAP,
        CHANGE_ALERTS,
        REFERENCE_SAMPLE,
        ACCURACY_AREA_REPORT,
        REGION_REPORT,
        METRIC_TABLES,
        REPORT_PAGES,
    )
)
"""Each has an asset of its name in Dagster."""

PARTS: tuple[Product[Any, Any], ...] = (
    SCENE_LOOK,
    SCENE_CLEARNESS,
    SCENE_CHECK,
    PREDICTED_SCENE,
    MODEL_HISTORY,
    PATCH_HISTORY,
)
"""Made by another asset on the way to its own product."""
