"""Steps of the judgement on a candidate: gold windows, the promoted model beside it, a verdict.

What belongs here: ``model_evaluation``. What does not: training and bundles.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.chips.room import Room
from lulc_assets.core.figures.evaluation import evaluation_pictures
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.model_history import bundle_of, keep
from lulc_assets.steps.model_lines import MAPS, ModelLine
from lulc_assets.steps.products import LULC_MODEL, MODEL_EVALUATION
from lulc_assets.steps.properties import (
    BundleProperties,
    EvaluationProperties,
    ModelProperties,
    PairedDifference,
)
from lulc_assets.steps.training import open_chips, read_training_chips
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.judging.promotion import Verdict

EvaluationStep = Step[Whole, EvaluationProperties]


def make_model_evaluation(work: Workbench) -> Record[EvaluationProperties]:
    """Compare the candidate with labels of the gold windows, and with the promoted model.

    The verdict stands for this candidate and the model that it was compared with: running
    again does not compare the candidate with itself once it is promoted. Files:
    ``evaluation.json`` and figures.
    """
    from lulc_assets.core.judging.evaluate import evaluate_model, predict_some  # loads torch
    from lulc_assets.core.judging.promotion import decide_promotion
    from lulc_assets.core.training.candidate import TrainedModel

    step = work.step(MODEL_EVALUATION, Whole())
    candidate, chips = step.read(LULC_MODEL), read_training_chips(step)
    rival = rival_of(step, candidate)
    against = "" if rival is None else rival.properties.candidate

    def build(scratch: Path) -> Made[EvaluationProperties]:
        sets = open_chips(work, chips, Room(scratch))
        model = TrainedModel.open(work.check_out(candidate, scratch / "candidate"))
        found = evaluate_model(model, sets, progress=work.progress)
        other = None
        if rival is not None:
            bundle = open_bundle(work, rival, scratch / "bundle")
            other = evaluate_model(bundle, sets, progress=work.progress)
        verdict = decide_promotion(found, other, work.project.promotion)
        (scratch / "evaluation.json").write_bytes(canonical_json(found.to_dict()))
        files = {"evaluation.json": scratch / "evaluation.json"}
        pictures = evaluation_pictures(found, predict_some(model, sets), work.legend)
        files |= {name: write_png(scratch, name, png) for name, png in pictures.items()}
        return Made(files, judged_properties(candidate.digest, against, found, verdict))

    keep(work, step.former)
    record = step.make({"against": against, "promotion": work.project.promotion}, build)
    keep(work, record)
    return record


def judged_properties(
    candidate: str, against: str, found: "Evaluation", verdict: "Verdict"
) -> EvaluationProperties:
    """What the record says of a judgement; of patches, pixels and windows are patches."""
    difference = verdict.difference
    return EvaluationProperties(
        candidate=candidate,
        against=against,
        promote=verdict.promote,
        reason=verdict.reason,
        difference=None if difference is None else PairedDifference(**vars(difference)),
        gold_agreement=float(found.overall),
        gold_pixels=int(found.n_pixels),
        gold_windows=len(found.window_pixels),
        gold_calibration_error=float(found.calibrated.expected_calibration_error),
        f1={name: None if f1 is None else float(f1) for name, f1 in found.f1.items()},
        unmapped=verdict.unmapped,
    )


def rival_of(
    step: EvaluationStep, candidate: Record[ModelProperties], line: ModelLine = MAPS
) -> Record[BundleProperties] | None:
    """The bundle to compare with: the one in use, or the one that the candidate replaced."""
    promoted = step.look_at(line.bundle, Whole())
    if promoted is None or promoted.properties.candidate != candidate.digest:
        return promoted
    judged = step.former
    if judged is None or judged.properties.candidate != candidate.digest:
        return None
    return bundle_of(step.work, judged.properties.against, line)
