"""The page of the patch classifier, among the pages of the project.

What belongs here: its records, and what it is rendered from. What does not: its words
(``core/pages``) and figures, which were drawn with the judgement.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lulc_assets.core.pages.content import Link
from lulc_assets.core.pages.rendering import render_patch_page
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.products import PATCH_CLASSIFIER, PATCH_EVALUATION
from lulc_assets.steps.properties import EvaluationProperties, ModelProperties
from lulc_assets.steps.workbench import Step, Workbench

PATCHES_PAGE = "patches.html"


@dataclass(frozen=True)
class PatchRecords:
    """The candidate, and the judgement on it."""

    candidate: Record[ModelProperties]
    evaluation: Record[EvaluationProperties]

    @property
    def all(self) -> tuple[Record[Any], ...]:
        """Both."""
        return self.candidate, self.evaluation


def patches_of(step: Step[Any, Any]) -> PatchRecords | None:
    """The records behind the page; None where the project has no patches, or none judged."""
    if step.work.project.patches is None:
        return None
    candidate = step.find(PATCH_CLASSIFIER, Whole())
    evaluation = step.find(PATCH_EVALUATION, Whole())
    if candidate is None or evaluation is None:
        return None
    if evaluation.properties.candidate != candidate.digest:
        return None  # trained anew, and not judged yet
    return PatchRecords(candidate, evaluation)


def patch_page(work: Workbench, found: PatchRecords, links: Sequence[Link]) -> str:
    """The page's HTML."""
    from lulc_assets.core.judging.evaluate import Evaluation  # loads torch
    from lulc_assets.core.model.card import ModelCard
    from lulc_assets.core.pages.patch_report import judged_page
    from lulc_assets.core.patches.classifier import count_parameters
    from lulc_assets.core.training.recipe import TrainingRecipe

    card = ModelCard.read(work.open(found.candidate, "card.json"))
    stored = work.open(found.evaluation, "evaluation.json").read_bytes()
    figures = {
        name: work.open(found.evaluation, name).read_bytes()
        for name in found.evaluation.files
        if name.endswith(".png")
    }
    said = found.evaluation.properties
    trainable = TrainingRecipe.from_dict(dict(card.recipe)).trainable
    verdict = f" It is {'promoted' if said.promote else 'refused'}: {said.reason}."
    page = judged_page(
        Evaluation.from_dict(json.loads(stored)), card.legend, figures, card,
        count_parameters(card.network, trainable), verdict, links,
    )  # fmt: skip
    return render_patch_page(page)
