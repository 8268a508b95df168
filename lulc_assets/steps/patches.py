"""Steps of the patch classifier: a folder of patches → candidate → verdict.

What belongs here: ``patch_classifier`` and ``patch_evaluation``. What does not: the training and
the judgement themselves, which are those of maps; promotion (``bundling``).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.judging.promotion import Verdict, decide_promotion
from lulc_assets.core.judging.promotion_rule import TEST_PATCHES
from lulc_assets.core.patches.folder import Patches, PatchFile, list_patches, read_patches
from lulc_assets.core.patches.listing import (
    LISTING_FILE,
    ListedPatch,
    digest_of_patches,
    hash_patches,
    list_parts,
    read_listing,
    require_listed,
    unseen_parts,
    write_listing,
)
from lulc_assets.core.patches.split import split_patches
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.project.patch_section import PatchesSection
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.judging import judged_properties, rival_of
from lulc_assets.steps.model_history import keep
from lulc_assets.steps.model_lines import PATCHES
from lulc_assets.steps.products import PATCH_CLASSIFIER, PATCH_EVALUATION
from lulc_assets.steps.properties import BundleProperties, EvaluationProperties, ModelProperties
from lulc_assets.steps.training import checkpoints_kept, model_properties
from lulc_assets.steps.workbench import Made, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.training.candidate import TrainedModel


WEIGHTS, ENCODER = "weights.safetensors", "encoder.safetensors"


def make_patch_classifier(work: Workbench) -> Record[ModelProperties]:
    """Train a candidate on the patches of the project's folder.

    Files: ``weights.safetensors``, ``encoder.safetensors`` (other trainings may start from it),
    ``card.json``, ``patches.csv`` with the part of each patch, the loss curve and the reliability
    on validation patches before and after calibration.
    """
    section = require_section(work)
    step = work.step(PATCH_CLASSIFIER, Whole())
    files = list_patches(_folder(work, section))
    sums = hash_patches(files)
    settings = _settings(work, section, digest_of_patches(files, sums))
    checkpoints = work.project.training_folder(step.basis(settings).digest)

    def build(scratch: Path) -> Made[ModelProperties]:
        with checkpoints_kept(work, checkpoints) as progress:
            heard = replace(work, progress=progress)
            model = _train(heard, section, scratch / "model", checkpoints)
        rows = list_parts(files, sums, split_patches(files, section.split))
        named = [model.folder / name for name in (WEIGHTS, ENCODER, "card.json")]
        made = {path.name: path for path in [*named, write_listing(scratch / LISTING_FILE, rows)]}
        made |= _pictures(scratch, model)
        return Made(made, model_properties(model.card, section.level))

    keep(work, step.former)
    record = step.make(settings, build)
    keep(work, record)
    return record


def make_patch_evaluation(work: Workbench) -> Record[EvaluationProperties]:
    """Judge the candidate on its test patches, and beside the classifier in use.

    Both are compared on those test patches that neither of them saw. Files: ``evaluation.json``
    and figures.
    """
    from lulc_assets.core.pages.patch_report import judged_figures
    from lulc_assets.core.patches.answers import judge_parts  # loads torch
    from lulc_assets.core.training.candidate import TrainedModel

    section = require_section(work)
    step = work.step(PATCH_EVALUATION, Whole())
    candidate = step.read(PATCH_CLASSIFIER)
    rival = rival_of(step, candidate, PATCHES)
    against = "" if rival is None else rival.properties.candidate

    def build(scratch: Path) -> Made[EvaluationProperties]:
        model = TrainedModel.open(work.check_out(candidate, scratch / "candidate"))
        patches, rows = _as_trained(work, candidate, model)
        judged = judge_parts(model, patches, [row.part for row in rows])
        found = judged.evaluation
        verdict = _decide(work, model, patches, rows, found, rival)
        (scratch / "evaluation.json").write_bytes(canonical_json(found.to_dict()))
        pictures = judged_figures(
            found, model.history, model.legend, judged.images, judged.codes,
            judged.probabilities, patches.bands,
        )  # fmt: skip
        files = {name: write_png(scratch, name, png) for name, png in pictures.items()}
        files["evaluation.json"] = scratch / "evaluation.json"
        return Made(files, judged_properties(candidate.digest, against, found, verdict))

    keep(work, step.former)
    record = step.make({"against": against, "promotion": section.promotion}, build)
    keep(work, record)
    return record


def require_section(work: Workbench) -> PatchesSection:
    """``[patches]`` of the project.

    Raises:
        InvalidProject: it has none.
    """
    if work.project.patches is None:
        raise InvalidProject(
            f"project {work.project.name} has no [patches] section: name the folder of the patches "
            "there (docs/patches.md)"
        )
    return work.project.patches


def _folder(work: Workbench, section: PatchesSection) -> Path:
    return Path(work.project.path_of(section.folder))


def _settings(work: Workbench, section: PatchesSection, patches: str) -> dict[str, object]:
    from lulc_assets.core.training.candidate import setup_of  # loads torch
    from lulc_assets.core.training.fitting import device_for
    from lulc_assets.core.training.pretrained import digest_files, local_files

    devices = work.project.training.on_devices
    return {
        "patches": patches,
        "bands": section.bands,
        "order": section.order,
        "level": section.level,
        "split": section.split,
        "recipe": setup_of(section.recipe, device_for(devices)),
        "pretrained": digest_files(local_files(section.recipe, work.project.folder)),
        "devices": work.project.training.devices,
    }


def _train(
    work: Workbench, section: PatchesSection, out_dir: Path, checkpoints: Path
) -> "TrainedModel":
    from lulc_assets.core.patches.classifier import train_patches

    return train_patches(
        _read(work, section, section.bands),
        section.recipe,
        out_dir,
        split=section.split,
        level=section.level,
        folder=work.project.folder,
        checkpoints=checkpoints,
        devices=work.project.training.on_devices,
        progress=work.progress,
    )


def _read(work: Workbench, section: PatchesSection, bands: Sequence[str]) -> Patches:
    return read_patches(_folder(work, section), bands or None, section.order or None)


def _pictures(scratch: Path, model: "TrainedModel") -> dict[str, Path]:
    from lulc_assets.core.figures.calibration import reliability_figure
    from lulc_assets.core.figures.training import loss_curve_figure

    report = model.card.calibration_report
    diagram = reliability_figure(
        {"Before": report.before, "After": report.after},
        "Probabilities on validation patches",
        "patches",
    )
    return {
        "loss.png": write_png(scratch, "loss.png", loss_curve_figure(model.history, "patches")),
        "reliability.png": write_png(scratch, "reliability.png", diagram),
    }


def _as_trained(
    work: Workbench, candidate: Record[ModelProperties], model: "TrainedModel"
) -> tuple[Patches, tuple[ListedPatch, ...]]:
    """The patches of the training, and the part of each.

    Raises:
        BundleError: the folder is another one now.
    """
    section = require_section(work)
    rows = read_listing(work.open(candidate, LISTING_FILE))
    files: tuple[PatchFile, ...] = list_patches(_folder(work, section))
    require_listed(rows, files, hash_patches(files))
    return _read(work, section, model.card.bands), rows


def _decide(
    work: Workbench,
    model: "TrainedModel",
    patches: Patches,
    rows: tuple[ListedPatch, ...],
    found: "Evaluation",
    rival: Record[BundleProperties] | None,
) -> Verdict:
    """The verdict of the rule, on patches that neither classifier saw."""
    from lulc_assets.core.patches.answers import judge_parts

    section = require_section(work)
    if rival is None:
        return decide_promotion(found, None, section.promotion, TEST_PATCHES)
    former = work.kept(PATCH_CLASSIFIER, rival.properties.candidate)
    parts = unseen_parts(rows, read_listing(work.open(former, LISTING_FILE)))
    bundle = open_bundle(work, rival)
    if bundle.legend.digest != model.legend.digest:
        return Verdict(False, _asks("the classifier in use has other classes"))
    if "gold" not in parts:
        return Verdict(False, _asks("the classifier in use was trained on all of its test patches"))
    mine = judge_parts(model, patches, parts).evaluation
    theirs = judge_parts(bundle, _read(work, section, bundle.bands), parts).evaluation
    return decide_promotion(mine, theirs, section.promotion, TEST_PATCHES)


def _asks(why: str) -> str:
    return f"{why}, so that the two cannot be compared; promote it by hand if you know it is better"
