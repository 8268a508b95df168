"""The step between a candidate and its promotion: the candidate judged on gold windows.

What belongs here: ``model_evaluation``. What does not: training and promotion (``model.py``).
Torch loads inside the step only.
"""

from pathlib import Path
from typing import Any

from lulc_assets.core.chips.room import Room
from lulc_assets.core.figures.evaluation import evaluation_pictures
from lulc_assets.core.store.records import Record, canonical_json
from lulc_assets.steps.making import Made, Place, write_png
from lulc_assets.steps.model import make_kept, open_bundle, read_chip_sets, training_records
from lulc_assets.steps.model_history import (
    BUNDLE,
    CANDIDATE,
    EVALUATION,
    bundle_of,
    model_history,
)


def make_model_evaluation(place: Place) -> Record:
    """Compare the candidate with labels of the gold windows, and with the promoted model.

    The verdict stands for this candidate and the model that it was compared with: running
    again does not compare the candidate with itself once it is promoted. Files:
    ``evaluation.json`` and figures.
    """
    from lulc_assets.core.judging.evaluate import evaluate_model, predict_some
    from lulc_assets.core.judging.promotion import decide_promotion
    from lulc_assets.core.training.card import TrainedModel  # loads torch

    candidate, chips = place.record(CANDIDATE), training_records(place)
    settings, rival = place.project.promotion, _rival_of(place, candidate)
    against = "" if rival is None else str(rival.properties["candidate"])
    identity = {
        "candidate": candidate.digest,
        "against": against,
        "chips": {r.product: r.digest for r in chips},
        "promotion": settings.to_dict(),
    }

    def build(scratch: Path) -> Made:
        sets = read_chip_sets(place, chips, Room(scratch))
        model = TrainedModel.open(place.check_out(candidate, scratch / "candidate"))
        found = evaluate_model(model, sets, progress=place.progress)
        other = None
        if rival is not None:
            bundle = open_bundle(place, rival, scratch / "bundle")
            other = evaluate_model(bundle, sets, progress=place.progress)
        verdict = decide_promotion(found, other, settings)
        (scratch / "evaluation.json").write_bytes(canonical_json(found.to_dict()))
        files = {"evaluation.json": scratch / "evaluation.json"}
        pictures = evaluation_pictures(found.to_dict(), predict_some(model, sets), place.legend)
        files |= {name: write_png(scratch, name, png) for name, png in pictures.items()}
        properties: dict[str, Any] = {
            "candidate": candidate.digest,
            "against": against,
            "promote": verdict.promote,
            "reason": verdict.reason,
            "difference": verdict.to_dict()["difference"],
            "gold_agreement": found.overall,
            "gold_pixels": found.n_pixels,
            "gold_windows": len(found.window_pixels),
            "gold_calibration_error": found.calibrated.expected_calibration_error,
            "f1": found.f1,
        }
        return Made(files, properties)

    return make_kept(place, EVALUATION, identity, build)


def _rival_of(place: Place, candidate: Record) -> Record | None:
    """The bundle to compare with: the one in use, or the one that the candidate replaced."""
    promoted = place.find(BUNDLE)
    if promoted is None or promoted.properties["candidate"] != candidate.digest:
        return promoted
    judged = place.find(EVALUATION)
    if judged is None or judged.properties["candidate"] != candidate.digest:
        return None
    return bundle_of(model_history(place), judged.properties["against"])
