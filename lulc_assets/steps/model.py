"""Steps of the model: chips → candidate, and, once it is judged, candidate → bundle.

What belongs here: ``lulc_model`` and ``model_bundle``. What does not: the judgement between
them (``model_evaluation.py``), what was before (``model_history.py``). Torch loads inside the
steps only, so that definitions load without it.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.chips.apart import keep_apart
from lulc_assets.core.chips.archive import read_chips
from lulc_assets.core.chips.balance import balance_together
from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import BundleError, NoTrainingChips
from lulc_assets.core.figures.calibration import reliability_figure
from lulc_assets.core.figures.training import loss_curve_figure
from lulc_assets.core.store.history import History
from lulc_assets.core.store.publish import stored_name
from lulc_assets.core.store.records import Record, digest_of
from lulc_assets.steps.making import Made, Place, write_png
from lulc_assets.steps.model_history import (
    BUNDLE,
    CANDIDATE,
    EVALUATION,
    evaluations_of,
    keep,
    model_history,
    note_decision,
    of_product,
    set_aside,
)

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.model.bundle import Bundle


def training_records(place: Place) -> list[Record]:
    """Committed chips of every partition that the project trains on, in the file's order."""
    return [place.record("training_chips", *key) for key in place.project.training_partitions()]


def read_chip_sets(place: Place, records: list[Record], room: Room) -> "list[Chips]":
    """The chips of some records, in their order."""
    return [
        read_chips(place.open(r, "chips.zarr.zip"), place.open(r, "index.parquet"), room)
        for r in records
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

    Files: ``weights.safetensors``, ``card.json``, ``card.md``, ``item.json`` (STAC), the loss
    curve and the reliability on validation chips before and after calibration.
    """
    from lulc_assets.core.training.card import describe_recipe  # loads torch
    from lulc_assets.core.training.fitting import device_for
    from lulc_assets.core.training.pretrained import digest_files, local_files

    chips = training_records(place)
    recipe, level = place.project.recipe, _level_of(chips)
    licence, devices = place.project.training.licence, place.project.training.on_devices
    identity = {
        "chips": {r.product: r.digest for r in chips},
        "recipe": describe_recipe(recipe, device_for(devices)),
        "pretrained": digest_files(local_files(recipe, place.project.folder)),
        "legend": place.legend.digest,
        "level": level,
        "licence": licence,
        **_balance_identity(place),
        # Several devices round sums in another order, as another machine does.
        **({"devices": devices.count} if devices.count > 1 else {}),
    }

    def build(scratch: Path) -> Made:
        from lulc_assets.core.training.train import train_model  # loads Lightning

        room = Room(scratch)
        sets = _balanced(place, keep_apart(read_chip_sets(place, chips, room), room), room)
        model = train_model(
            sets,
            recipe,
            place.legend,
            level=level,  # type: ignore[arg-type]
            gsd_m=float(chips[0].properties["gsd_m"]),
            inputs={r.product: r.digest for r in chips},
            out_dir=scratch / "model",
            checkpoints=place.project.training_folder(digest_of(identity)),
            folder=place.project.folder,
            devices=devices,
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
            "applicability.safetensors": model.card.with_name("applicability.safetensors"),
            "card.json": model.card,
            "loss.png": write_png(scratch, "loss.png", loss_curve_figure(model.history)),
            "reliability.png": write_png(scratch, "reliability.png", diagram),
            **_descriptions(scratch, card, sets, licence),
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

    return make_kept(place, CANDIDATE, identity, build)


def _balance_identity(place: Place) -> dict[str, Any]:
    training = place.project.training
    if training.balance == "none":
        return {}
    seed = place.project.chips.seed
    return {"balance": [training.balance, training.balance_ratio, seed]}


def _balanced(place: Place, sets: "list[Chips]", room: Room) -> "list[Chips]":
    training = place.project.training
    seed = place.project.chips.seed
    return balance_together(sets, training.balance, training.balance_ratio, seed, room)


def _descriptions(
    scratch: Path, card: Mapping[str, Any], sets: "list[Chips]", licence: str
) -> dict[str, Path]:
    """``item.json`` (STAC, MLM extension) and ``card.md``."""
    from lulc_assets.core.publishing.model_item import (  # loads torch
        Origin,
        card_as_markdown,
        write_model_item,
    )

    origin = Origin.of(sets)
    name = stored_name(scratch / "model" / "weights.safetensors")
    item = write_model_item(scratch / "item.json", card, origin, name, licence)
    (scratch / "card.md").write_text(card_as_markdown(card, origin, licence), encoding="utf-8")
    return {"item.json": item, "card.md": scratch / "card.md"}


def make_model_bundle(place: Place) -> Record | None:
    """Promote the candidate if its evaluation says so; else ``None`` and nothing changes.

    A candidate that somebody set aside by hand is not brought back.
    """
    candidate, evaluation = place.record(CANDIDATE), place.record(EVALUATION)
    if evaluation.properties["candidate"] != candidate.digest:
        raise BundleError(
            "the evaluation judges another candidate than the one in the store; "
            "materialize model_evaluation first"
        )
    history, current = model_history(place), place.find(BUNDLE)
    if not evaluation.properties["promote"] or candidate.digest in set_aside(history.decisions):
        return None
    if current is not None and current.properties["candidate"] == candidate.digest:
        # In use already, perhaps by hand or after another verdict: it stays the same bundle.
        judged = history.find(str(current.identity["evaluation"]))
        return _make_bundle(place, candidate, judged, str(current.identity.get("by_hand", "")))
    return _make_bundle(place, candidate, evaluation)


def promote_by_hand(place: Place, candidate: str, reason: str) -> Record:
    """Promote a candidate whatever its verdict. Maps change only when they are made again.

    Args:
        place: where the history is.
        candidate: how the digest of a kept candidate's record begins.
        reason: kept in the bundle and in the history.

    Raises:
        ProductNotFound: there is no such candidate.
        BundleError: it was never judged, is in use already, or there is no reason.
        CommitConflict: another bundle was committed meanwhile.
    """
    history, current = model_history(place), place.find(BUNDLE)
    candidates = History(tuple(of_product(history.records, CANDIDATE)), ())
    chosen = candidates.find(candidate)
    judged = evaluations_of(history, chosen.digest)
    if not judged:
        raise BundleError(
            f"candidate {chosen.digest[:12]} was never judged on gold windows; materialize "
            "model_evaluation first"
        )
    if current is not None and current.properties["candidate"] == chosen.digest:
        raise BundleError(f"candidate {chosen.digest[:12]} is in use already")
    note_decision(place, "promote", chosen.digest, current, reason)
    return _make_bundle(place, chosen, judged[-1], by_hand=reason)


def _make_bundle(place: Place, candidate: Record, evaluation: Record, by_hand: str = "") -> Record:
    """The bundle of a candidate, promoted by its evaluation or by hand."""
    from lulc_assets.core.judging.bundling import write_bundle
    from lulc_assets.core.judging.promotion import Verdict

    identity: dict[str, Any] = {"candidate": candidate.digest, "evaluation": evaluation.digest}
    reason = str(evaluation.properties["reason"])
    if by_hand:
        identity["by_hand"] = by_hand
        reason = f"promoted by hand: {by_hand} (the rule said: {reason})"
    chips = training_records(place) if place.project.inference.precision == "int8" else []
    if chips:
        identity["int8"] = {r.product: r.digest for r in chips}

    def build(scratch: Path) -> Made:
        folder = write_bundle(
            place.check_out(candidate, scratch / "candidate"),
            _read_evaluation(place, evaluation),
            Verdict(True, reason),
            scratch / "bundle",
        )
        added = {}
        if chips:
            from lulc_assets.core.inference.int8 import add_int8  # loads torch

            sets = read_chip_sets(place, chips, Room(scratch))
            price = add_int8(folder, place.legend, sets, place.progress)
            added["int8"] = str(price)
        files = {path.name: path for path in sorted(folder.iterdir())}
        properties = {
            "candidate": candidate.digest,
            "gold_agreement": evaluation.properties["gold_agreement"],
            "reason": reason,
            "level": candidate.properties["level"],
            **added,
        }
        return Made(files, properties)

    return make_kept(place, BUNDLE, identity, build)


def make_kept(
    place: Place, product: str, identity: Mapping[str, Any], build: Callable[[Path], Made]
) -> Record:
    """Make a product; what it replaces and what it becomes are both in the history."""
    keep(place, place.find(product))
    record = place.make((product,), identity, build)
    keep(place, record)
    return record


def _read_evaluation(place: Place, record: Record) -> "Evaluation":
    from lulc_assets.core.judging.evaluate import Evaluation  # loads torch

    return Evaluation.from_dict(json.loads(place.open(record, "evaluation.json").read_bytes()))


def open_bundle(place: Place, record: Record, folder: Path | None = None) -> "Bundle":
    """Load the promoted bundle of a commit record, verified."""
    from lulc_assets.core.model.bundle import Bundle

    if folder is not None:
        return Bundle.load(place.check_out(record, folder), place.legend)
    with tempfile.TemporaryDirectory(prefix="lulc-bundle-") as scratch:
        return Bundle.load(place.check_out(record, Path(scratch) / "bundle"), place.legend)
