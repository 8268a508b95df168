"""Steps of the model: chips → candidate → evaluation → bundle.

What belongs here: ``lulc_model``, ``model_evaluation`` and ``model_bundle``. Torch loads
inside the steps only, so that definitions load without it.
"""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.chips.archive import read_chips
from lulc_assets.core.errors import BundleError, NoTrainingChips
from lulc_assets.core.reporting.accuracy_figures import confusion_figure
from lulc_assets.core.reporting.calibration_figures import reliability_figure
from lulc_assets.core.reporting.training_figures import loss_curve_figure
from lulc_assets.core.store.records import Record, canonical_json
from lulc_assets.steps.making import Made, Place, write_png

if TYPE_CHECKING:
    from lulc_assets.core.chips.cut import Chips
    from lulc_assets.core.model.bundle import Bundle
    from lulc_assets.core.model.evaluate import Evaluation


def training_records(place: Place) -> list[Record]:
    """Committed chips of every partition that the project trains on, in the file's order."""
    return [place.record("training_chips", *key) for key in place.project.training_partitions()]


def _chip_sets(place: Place, records: list[Record]) -> "list[Chips]":
    return [
        read_chips(place.open(r, "chips.zarr.zip"), place.open(r, "index.parquet")) for r in records
    ]


def _level_of(records: list[Record]) -> str:
    levels = sorted({level for r in records for level in r.properties["levels"]})
    if len(levels) != 1:
        raise NoTrainingChips(
            f"training chips come from levels {levels}; a model learns from one level only: "
            "choose training partitions of one level"
        )
    return str(levels[0])


def make_lulc_model(place: Place) -> Record:
    """Train a candidate on the chips of the training partitions.

    Files: ``weights.safetensors``, ``card.json``, the loss curve and the reliability of the
    probabilities on validation chips before and after calibration.
    """
    from lulc_assets.core.model.card import describe_recipe  # noqa: PLC0415 - loads torch

    chips = training_records(place)
    recipe, level = place.project.recipe, _level_of(chips)
    identity = {
        "chips": {r.product: r.digest for r in chips},
        "recipe": describe_recipe(recipe),
        "legend": place.legend.digest,
        "level": level,
    }

    def build(scratch: Path) -> Made:
        from lulc_assets.core.model.train import train_model  # noqa: PLC0415 - loads Lightning

        model = train_model(
            _chip_sets(place, chips),
            recipe,
            place.legend,
            level=level,  # type: ignore[arg-type]
            gsd_m=float(chips[0].properties["gsd_m"]),
            inputs={r.product: r.digest for r in chips},
            out_dir=scratch / "model",
            progress=place.progress,
        )
        card = model.read_card()
        last = model.history[card["best_epoch"] - 1] if model.history else {}
        report = card["calibration_report"]
        diagram = reliability_figure(
            {"Before": report["before"], "After": report["after"]},
            "Probabilities on validation chips",
        )
        files = {
            "weights.safetensors": model.weights,
            "card.json": model.card,
            "loss.png": write_png(scratch, "loss.png", loss_curve_figure(model.history)),
            "reliability.png": write_png(scratch, "reliability.png", diagram),
        }
        properties = {
            "epochs": len(model.history),
            "best_epoch": card["best_epoch"],
            "validation_accuracy": last.get("val_accuracy"),
            "calibration_error_before": report["before"]["expected_calibration_error"],
            "calibration_error_after": report["after"]["expected_calibration_error"],
            "chips": card["chips"],
            "warnings": card["warnings"],
            "level": level,
        }
        return Made(files, properties)

    return place.make(("lulc_model",), identity, build)


def make_model_evaluation(place: Place) -> Record:
    """Compare the candidate with labels of the gold windows, and with the promoted model.

    The verdict stands for this candidate: running again does not compare the candidate
    with itself once it is promoted. Files: ``evaluation.json`` and the confusion matrix.
    """
    from lulc_assets.core.model.card import TrainedModel  # noqa: PLC0415 - loads torch
    from lulc_assets.core.model.evaluate import evaluate_model  # noqa: PLC0415
    from lulc_assets.core.model.promotion import decide_promotion  # noqa: PLC0415

    candidate, chips = place.record("lulc_model"), training_records(place)
    settings = place.project.promotion
    identity = {
        "candidate": candidate.digest,
        "chips": {r.product: r.digest for r in chips},
        "promotion": settings.to_dict(),
    }

    def build(scratch: Path) -> Made:
        sets = _chip_sets(place, chips)
        model = TrainedModel.open(place.check_out(candidate, scratch / "candidate"))
        found = evaluate_model(model, sets, progress=place.progress)
        promoted = place.find("model_bundle")
        rival = None
        if promoted is not None and promoted.properties["candidate"] != candidate.digest:
            bundle = open_bundle(place, promoted, scratch / "bundle")
            rival = evaluate_model(bundle, sets, progress=place.progress)
        verdict = decide_promotion(found, rival, settings)
        (scratch / "evaluation.json").write_bytes(canonical_json(found.to_dict()))
        figure = confusion_figure(found.matrix, place.legend, title="Agreement on gold windows")
        files = {
            "evaluation.json": scratch / "evaluation.json",
            "confusion.png": write_png(scratch, "confusion.png", figure),
        }
        properties: dict[str, Any] = {
            "candidate": candidate.digest,
            "promote": verdict.promote,
            "reason": verdict.reason,
            "gold_agreement": found.overall,
            "gold_pixels": found.n_pixels,
            "f1": found.f1,
        }
        return Made(files, properties)

    return place.make(("model_evaluation",), identity, build)


def make_model_bundle(place: Place) -> Record | None:
    """Promote the candidate if its evaluation says so; else ``None`` and nothing changes."""
    from lulc_assets.core.model.bundle import write_bundle  # noqa: PLC0415 - loads torch
    from lulc_assets.core.model.promotion import Verdict  # noqa: PLC0415

    candidate, evaluation = place.record("lulc_model"), place.record("model_evaluation")
    if evaluation.properties["candidate"] != candidate.digest:
        raise BundleError(
            "the evaluation judges another candidate than the one in the store; "
            "materialize model_evaluation first"
        )
    if not evaluation.properties["promote"]:
        return None
    identity = {"candidate": candidate.digest, "evaluation": evaluation.digest}

    def build(scratch: Path) -> Made:
        verdict = Verdict(True, str(evaluation.properties["reason"]))
        folder = write_bundle(
            place.check_out(candidate, scratch / "candidate"),
            _read_evaluation(place, evaluation),
            verdict,
            scratch / "bundle",
        )
        files = {path.name: path for path in sorted(folder.iterdir())}
        properties = {
            "candidate": candidate.digest,
            "gold_agreement": evaluation.properties["gold_agreement"],
            "reason": verdict.reason,
            "level": candidate.properties["level"],
        }
        return Made(files, properties)

    return place.make(("model_bundle",), identity, build)


def _read_evaluation(place: Place, record: Record) -> "Evaluation":
    from lulc_assets.core.model.evaluate import Evaluation  # noqa: PLC0415 - loads torch

    return Evaluation.from_dict(json.loads(place.open(record, "evaluation.json").read_bytes()))


def open_bundle(place: Place, record: Record, folder: Path | None = None) -> "Bundle":
    """Load the promoted bundle of a commit record, verified."""
    from lulc_assets.core.model.bundle import Bundle  # noqa: PLC0415 - loads torch

    if folder is not None:
        return Bundle.load(place.check_out(record, folder), place.legend)
    with tempfile.TemporaryDirectory(prefix="lulc-bundle-") as scratch:
        return Bundle.load(place.check_out(record, Path(scratch) / "bundle"), place.legend)
