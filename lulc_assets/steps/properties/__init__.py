"""What a record says of its product: the figures and notes that readers need without a file."""

from lulc_assets.steps.properties.change import (
    AlertProperties,
    ChangeProperties,
    EvidenceProperties,
    EvidenceSource,
    Transition,
)
from lulc_assets.steps.properties.imagery import (
    CandidateScene,
    CatalogProperties,
    ChipProperties,
    LabelQualityProperties,
    LookProperties,
)
from lulc_assets.steps.properties.maps import (
    Applicability,
    LearnedUse,
    LearnedVoteProperties,
    MapProperties,
    PredictedRow,
    PredictedSceneProperties,
    PredictionsProperties,
    SeasonFigures,
    SeasonProperties,
)
from lulc_assets.steps.properties.models import (
    BundleProperties,
    EvaluationProperties,
    HistoryProperties,
    ModelEvent,
    ModelProperties,
    PairedDifference,
)
from lulc_assets.steps.properties.reports import (
    OverallAccuracy,
    PageRow,
    PagesProperties,
    ReportProperties,
    SampleProperties,
    TablesProperties,
)

__all__ = [
    "AlertProperties",
    "Applicability",
    "BundleProperties",
    "CandidateScene",
    "CatalogProperties",
    "ChangeProperties",
    "ChipProperties",
    "EvaluationProperties",
    "EvidenceProperties",
    "EvidenceSource",
    "HistoryProperties",
    "LabelQualityProperties",
    "LearnedUse",
    "LearnedVoteProperties",
    "LookProperties",
    "MapProperties",
    "ModelEvent",
    "ModelProperties",
    "OverallAccuracy",
    "PageRow",
    "PagesProperties",
    "PairedDifference",
    "PredictedRow",
    "PredictedSceneProperties",
    "PredictionsProperties",
    "ReportProperties",
    "SampleProperties",
    "SeasonFigures",
    "SeasonProperties",
    "TablesProperties",
    "Transition",
]
