"""Steps of the training: chips → candidate.

What belongs here: ``lulc_model``, and reading chips back. What does not: judging a candidate
(``judging``), promoting it (``bundling``). Torch loads inside the steps only, so that
definitions load without it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.chips.apart import keep_apart
from lulc_assets.core.chips.archive import read_chips
from lulc_assets.core.chips.balance import balance_together
from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.figures.calibration import reliability_figure
from lulc_assets.core.figures.training import loss_curve_figure
from lulc_assets.core.progress import Progress
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.publish import stored_name
from lulc_assets.core.store.records import Record
from lulc_assets.steps.model_history import keep
from lulc_assets.steps.products import LULC_MODEL, TRAINING_CHIPS
from lulc_assets.steps.properties import ChipProperties, ModelProperties
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips
    from lulc_assets.core.model.card import ModelCard
    from lulc_assets.core.training.candidate import TrainedModel

ChipRecords = Sequence[Record[ChipProperties]]


def read_training_chips(step: Step[Any, Any]) -> list[Record[ChipProperties]]:
    """Committed chips of every partition that the project trains on, in the file's order."""
    keys = [TileYear(*key) for key in step.work.project.training_partitions()]
    return list(step.read_all(TRAINING_CHIPS, keys).values())


def open_chips(work: Workbench, records: ChipRecords, room: Room) -> "list[Chips]":
    """The chips of some records, in their order."""
    return [
        read_chips(work.open(r, "chips.zarr.zip"), work.open(r, "index.parquet"), room)
        for r in records
    ]


def make_lulc_model(work: Workbench) -> Record[ModelProperties]:
    """Train a candidate on the chips of the training partitions.

    Files: ``weights.safetensors``, ``card.json``, ``card.md``, ``item.json`` (STAC), the loss
    curve and the reliability on validation chips before and after calibration.
    """
    step = work.step(LULC_MODEL, Whole())
    chips = read_training_chips(step)
    level = _level_of(chips)
    settings = {**_settings(work), "level": level}
    checkpoints = work.project.training_folder(step.basis(settings).digest)

    def build(scratch: Path) -> Made[ModelProperties]:
        room = Room(scratch)
        sets = _balanced(work, keep_apart(open_chips(work, chips, room), room), room)
        with checkpoints_kept(work, checkpoints) as progress:
            heard = replace(work, progress=progress)
            model = _train(heard, sets, chips, scratch / "model", checkpoints)
        card = model.card
        files = {
            "weights.safetensors": model.weights,
            "applicability.safetensors": model.folder / "applicability.safetensors",
            "card.json": model.folder / "card.json",
            **_pictures(scratch, card),
            **_descriptions(scratch, card, sets, work.project.training.licence),
        }
        return Made(files, model_properties(card, level))

    keep(work, step.former)
    record = step.make(settings, build)
    keep(work, record)
    return record


def _settings(work: Workbench) -> dict[str, object]:
    from lulc_assets.core.training.candidate import setup_of  # loads torch
    from lulc_assets.core.training.fitting import device_for
    from lulc_assets.core.training.pretrained import digest_files, local_files

    recipe, training = work.project.recipe, work.project.training
    balance = [training.balance, training.balance_ratio, work.project.chips.seed]
    return {
        "recipe": setup_of(recipe, device_for(training.on_devices)),
        "pretrained": digest_files(local_files(recipe, work.project.folder)),
        "legend": work.legend.digest,
        "licence": training.licence,
        "balance": None if training.balance == "none" else balance,
        # Several devices round sums in another order, as another machine does.
        "devices": training.devices,
    }


def _train(
    work: Workbench, sets: "list[Chips]", chips: ChipRecords, out_dir: Path, checkpoints: Path
) -> "TrainedModel":
    from lulc_assets.core.training.train import train_model  # loads Lightning

    return train_model(
        sets,
        work.project.recipe,
        work.legend,
        level=_level_of(chips),  # type: ignore[arg-type]
        gsd_m=chips[0].properties.gsd_m,
        inputs={r.product: r.digest for r in chips},
        out_dir=out_dir,
        checkpoints=checkpoints,
        folder=work.project.folder,
        devices=work.project.training.on_devices,
        progress=work.progress,
    )


@contextmanager
def checkpoints_kept(work: Workbench, folder: Path) -> Iterator[Progress]:
    """Progress that also sends each new checkpoint to the bucket, if products are in one.

    The machine that goes on with a training need not be the one that began it.
    """
    from lulc_assets.core.training.checkpoint import POINTER  # loads torch

    copies = work.project.copies("work")
    copies = replace(copies, below=f"{copies.below}/training/{folder.name}")
    copies.bring(folder)
    pointer = folder / POINTER
    sent = pointer.read_bytes() if pointer.is_file() else b""

    def report(done: int, total: int, what: str) -> None:
        nonlocal sent
        found = pointer.read_bytes() if copies.store and pointer.is_file() else b""
        if found and found != sent:
            state = str(json.loads(found)["file"])
            copies.send(folder, [state, POINTER])
            copies.keep([state, POINTER])
            sent = found
        work.progress(done, total, what)

    yield report
    copies.keep()


def _level_of(records: ChipRecords) -> str:
    levels = sorted({level for r in records for level in r.properties.levels})
    if len(levels) != 1:
        raise NoTrainingChips(
            f"training chips come from levels {levels}; a model learns from one level only: "
            "choose training partitions of one level"
        )
    return levels[0]


def _balanced(work: Workbench, sets: "list[Chips]", room: Room) -> "list[Chips]":
    training, seed = work.project.training, work.project.chips.seed
    return balance_together(sets, training.balance, training.balance_ratio, seed, room)


def _pictures(scratch: Path, card: "ModelCard") -> dict[str, Path]:
    report = card.calibration_report
    diagram = reliability_figure(
        {"Before": report.before, "After": report.after}, "Probabilities on validation chips"
    )
    return {
        "loss.png": write_png(scratch, "loss.png", loss_curve_figure(card.history)),
        "reliability.png": write_png(scratch, "reliability.png", diagram),
    }


def _descriptions(
    scratch: Path, card: "ModelCard", sets: "list[Chips]", licence: str
) -> dict[str, Path]:
    """``item.json`` (STAC, MLM extension) and ``card.md``."""
    from lulc_assets.core.publishing.model_item import Origin, card_as_markdown, write_model_item

    origin = Origin.of(sets)
    name = stored_name(scratch / "model" / "weights.safetensors")
    item = write_model_item(scratch / "item.json", card, origin, name, licence)
    (scratch / "card.md").write_text(card_as_markdown(card, origin, licence), encoding="utf-8")
    return {"item.json": item, "card.md": scratch / "card.md"}


def model_properties(card: "ModelCard", level: str) -> ModelProperties:
    """What the record says of a trained candidate."""
    report = card.calibration_report
    return ModelProperties(
        epochs=len(card.history),
        best_epoch=card.best_epoch,
        validation_accuracy=card.best.val_accuracy,
        calibration_error_before=report.before.expected_calibration_error,
        calibration_error_after=report.after.expected_calibration_error,
        chips=dict(card.chips),
        warnings=card.warnings,
        level=level,
        taught=tuple(sorted(card.taught)),
    )
