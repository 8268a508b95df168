"""Checks of every asset, from what its record says: one factory over typed properties.

What belongs here: what people should look at before they trust a product, a rule per asset. What
does not: checks that ask more than the record (``checks``), freshness (``freshness``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

import dagster as dg

from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.defs.partitions import key_of, partitions_of
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps import products as of
from lulc_assets.steps import properties as said
from lulc_assets.steps.product import P, Product

_MAX_NO_DATA_PCT = 5.0
"""More than this without any clear view in a year deserves a look."""

_MIN_OBSERVATIONS = 3
"""Fewer votes at the median pixel let a single wrong date decide."""

_MIN_GRADED_SHARE = 0.5
"""Of the pixels whose maps differ: where more lack clear dates, change says little."""

_MAX_OUTLIER_SHARE = 0.1
"""Of the labels with a spectrum: more that lie far from their class are a wrong crosswalk."""

_MAX_CALIBRATION_ERROR = 0.1
"""Probabilities that are off by more mislead the vote, which adds them."""

Answer = tuple[bool, Mapping[str, Any]]
"""Whether it passed, and what people see of it."""


@dataclass(frozen=True)
class Rule(Generic[P]):
    """What a record must say for its product to be trusted without a look.

    Attributes:
        product: declaration.
        name: of the check.
        says: what it means that it passed, for people.
        judge: of the properties.
    """

    product: Product[Any, P]
    name: str
    says: str
    judge: Callable[[P], Answer]

    def check(self) -> dg.AssetChecksDefinition:
        """As Dagster runs it: a warning, never a gate."""

        @dg.asset_check(
            asset=self.product.asset,
            name=self.name,
            description=self.says,
            partitions_def=partitions_of(self.product),
            retry_policy=STEP_RETRIES,
        )
        def judged(
            context: dg.AssetCheckExecutionContext, project: ProjectResource
        ) -> dg.AssetCheckResult:
            work = project.workbench(context)
            found = work.find(self.product, key_of(self.product, context))
            if found is None:
                return result_of(False, reason="nothing was committed")
            passed, shown = self.judge(found.properties)
            return result_of(passed, **shown)

        return judged


def result_of(passed: bool, **metadata: Any) -> dg.AssetCheckResult:
    """A result that warns where it did not pass; None is left out."""
    shown = {name: value for name, value in metadata.items() if value is not None}
    return dg.AssetCheckResult(
        passed=bool(passed), severity=dg.AssetCheckSeverity.WARN, metadata=shown
    )


def _labels(p: DeliveredLabels) -> Answer:
    dropped = p.reading.dropped
    return not dropped, {"dropped": dg.MetadataValue.json(dict(dropped))}


def _scenes(p: said.CatalogProperties) -> Answer:
    return p.selected > 0, {"candidates": p.candidates, "selected": p.selected}


def _quality(p: said.LabelQualityProperties) -> Answer:
    share = len(p.outliers) / p.polygons_with_spectrum if p.polygons_with_spectrum else 0.0
    return share <= _MAX_OUTLIER_SHARE, {"outlier_share": share, "outliers": len(p.outliers)}


def _chips(p: said.ChipProperties) -> Answer:
    counts = {"train": p.train_chips, "val": p.val_chips, "gold": p.gold_chips}
    return p.train_chips > 0 and p.val_chips > 0, counts


def _model(p: said.ModelProperties) -> Answer:
    return not p.warnings, {"warnings": dg.MetadataValue.json(list(p.warnings))}


def _evaluation(p: said.EvaluationProperties) -> Answer:
    return p.promote, {"reason": p.reason, "gold_agreement": p.gold_agreement}


def _calibration(p: said.EvaluationProperties) -> Answer:
    error = p.gold_calibration_error
    return error <= _MAX_CALIBRATION_ERROR, {"gold_calibration_error": error}


def _bundle(p: said.BundleProperties) -> Answer:
    return not p.by_hand, {"reason": p.reason, "gold_agreement": p.gold_agreement}


def _predictions(p: said.PredictionsProperties) -> Answer:
    return not p.failed, {"failed": dg.MetadataValue.json(dict(p.failed)), "scenes": len(p.scenes)}


def _observed(p: said.MapProperties) -> Answer:
    enough = p.observations_median >= _MIN_OBSERVATIONS
    shown = {"no_data_pct": p.no_data_pct, "observations_median": p.observations_median}
    return enough and p.no_data_pct <= _MAX_NO_DATA_PCT, shown


def _every_scene(p: said.MapProperties) -> Answer:
    return not p.failed_scenes, {"failed": dg.MetadataValue.json(dict(p.failed_scenes))}


def _vote(p: said.LearnedVoteProperties) -> Answer:
    verdict = p.verdict
    shown = {"reason": verdict.reason, "plain": verdict.plain, "learned": verdict.learned}
    return verdict.promote, shown


def _seasons(p: said.SeasonProperties) -> Answer:
    return not p.incomplete, {"incomplete": dg.MetadataValue.json(list(p.incomplete))}


def _evidence(p: said.EvidenceProperties) -> Answer:
    return not p.reason, {"reason": p.reason, "sources": len(p.sources)}


def _change(p: said.ChangeProperties) -> Answer:
    grades = {name: n for name, n in p.grades.items() if name != "none"}
    differing = sum(grades.values())
    graded = differing - grades.get("insufficient", 0)
    shown = {"reason": p.reason, "differing_pixels": p.differing_pixels,
             "grades": dg.MetadataValue.json(grades)}  # fmt: skip
    return not p.reason and graded >= _MIN_GRADED_SHARE * differing, shown


def _sample(p: said.SampleProperties) -> Answer:
    return p.is_probability_sample, {"design": p.design, "units": p.units}


def _report(p: said.ReportProperties) -> Answer:
    shown = {"verdict": p.verdict, "reason": p.reason, "sample_units": p.sample_units}
    return p.verdict == "estimated", shown


def _tables(p: said.TablesProperties) -> Answer:
    return p.rows > 0, {"rows": p.rows, "reports": len(p.reports)}


def _pages(p: said.PagesProperties) -> Answer:
    return len(p.pages) > 0, {"pages": len(p.pages)}


RULES: tuple[Rule[Any], ...] = (
    Rule(of.REFERENCE_LABELS, "lead_to_the_legend",
         "No label is dropped for want of a class; else its ground is mapped as something else.",
         _labels),
    Rule(of.LABEL_QUALITY, "labels_look_like_their_class",
         "Few labels have a spectrum far from that of their class.", _quality),
    Rule(of.SCENE_CATALOG, "has_scenes",
         "At least one scene is selected; else the map is a map of no data.", _scenes),
    Rule(of.TRAINING_CHIPS, "can_be_learnt_from",
         "There are chips to learn from and chips that choose the epoch.", _chips),
    Rule(of.LULC_MODEL, "trained_without_warnings",
         "The training had nothing to warn of, such as classes without labels.", _model),
    Rule(of.MODEL_EVALUATION, "earns_promotion",
         "The candidate is good enough to replace the model in use.", _evaluation),
    Rule(of.MODEL_EVALUATION, "means_its_probabilities",
         "On gold labels the probabilities are as often right as they say.", _calibration),
    Rule(of.MODEL_BUNDLE, "promoted_by_its_evaluation",
         "The rule promoted the model, not somebody by hand.", _bundle),
    Rule(of.PATCH_CLASSIFIER, "patches_trained_without_warnings",
         "The training on patches had nothing to warn of.", _model),
    Rule(of.PATCH_EVALUATION, "patches_earn_promotion",
         "The patch classifier is good enough to replace the one in use.", _evaluation),
    Rule(of.PATCH_BUNDLE, "patches_promoted_by_evaluation",
         "The rule promoted the patch classifier, not somebody by hand.", _bundle),
    Rule(of.SCENE_PREDICTIONS, "predicted_every_scene",
         "Every selected scene was read and predicted.", _predictions),
    Rule(of.ANNUAL_MAP, "is_well_observed",
         "Little is without data, and the median pixel has enough votes.", _observed),
    Rule(of.ANNUAL_MAP, "uses_every_selected_scene",
         "No selected scene failed to be read or predicted.", _every_scene),
    Rule(of.LEARNED_VOTE, "beats_the_plain_vote",
         "On gold windows the learned vote is better than the plain one; else no map uses it.",
         _vote),
    Rule(of.SEASONAL_MAPS, "seasons_are_whole",
         "No season lacks a part that lies in the year before.", _seasons),
    Rule(of.CHANGE_EVIDENCE, "can_judge_change",
         "There are labels of mapped years from which stable ground was learnt.", _evidence),
    Rule(of.CHANGE_MAP, "change_is_well_shown",
         "There is a year to compare with, and most pixels that differ have dates that judge them.",
         _change),
    Rule(of.REFERENCE_SAMPLE, "is_a_probability_sample",
         "Every place had a known chance; else no interval can be stated.", _sample),
    Rule(of.ACCURACY_AREA_REPORT, "can_state_accuracy",
         "The reference sample allows estimates with intervals on this tile.", _report),
    Rule(of.REGION_REPORT, "region_can_state_accuracy",
         "The reference sample allows estimates with intervals on this region.", _report),
    Rule(of.METRIC_TABLES, "has_metrics", "Some report was collected.", _tables),
    Rule(of.REPORT_PAGES, "has_pages", "Some page was written.", _pages),
)  # fmt: skip
"""One or more for each product; ``change_alerts`` has its own (``checks``)."""


@dg.definitions
def property_checks() -> dg.Definitions:
    """All of them."""
    return dg.Definitions(asset_checks=[rule.check() for rule in RULES])
