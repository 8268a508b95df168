"""Training: chips and a recipe in, weights and a card out.

What belongs here: the order of the work, and what a card says. What does not: the loss,
the step, the numbers.

Equal chips, recipe, machine and versions train equal weights, bit for bit (on a CPU), whether
the training was killed in between or not.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from pydantic import JsonValue

from lulc_assets.core.chips.account import join_accounts
from lulc_assets.core.errors import NoTrainingChips, TrainingFailed
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.artifacts import WEIGHTS_FILE, sha256_of, write_weights
from lulc_assets.core.model.card import CARD_FILE, ModelCard, TrainingPlan
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import Level
from lulc_assets.core.training.applicability_fit import fit_applicability, write_applicability
from lulc_assets.core.training.batch_need import least_batch
from lulc_assets.core.training.calibrate import fit_calibration, sample_logits
from lulc_assets.core.training.candidate import TrainedModel, setup_of, warn_of_absent
from lulc_assets.core.training.dataset import (
    ChipSelection,
    count_class_pixels,
    measure_normalisation,
    select_chips,
)
from lulc_assets.core.training.devices import TrainingDevices
from lulc_assets.core.training.fitting import (
    Fitting,
    Kept,
    device_for,
    fit,
    new_module,
    require_full_batches,
)
from lulc_assets.core.training.loss import LossWeights
from lulc_assets.core.training.pretrained import (
    digest_files,
    load_pretrained,
    local_files,
)
from lulc_assets.core.training.readiness import LabelPixels, require_ready
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.tasks import task_of

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

_log = logging.getLogger(__name__)


def train_model(
    chip_sets: Sequence["Chips"],
    recipe: TrainingRecipe,
    legend: Legend,
    *,
    level: Level,
    gsd_m: float,
    inputs: Mapping[str, JsonValue],
    out_dir: Path,
    checkpoints: Path | None = None,
    folder: Path = Path(),
    devices: TrainingDevices | None = None,
    progress: Progress = silent,
) -> TrainedModel:
    """Train a network for the task of the recipe's architecture (``tasks``).

    Writes its weights, ``card.json`` and, where its answer has places, its applicability.

    Args:
        chip_sets: chips of one or more tiles and years; their index says which are
            ``train``, ``val`` and ``gold``. Gold chips are only counted.
        recipe: the numbers; ``auto`` is settled by the labelled pixels that train.
        legend: as many logits as it has classes.
        level: processing level of the chips' scenes.
        gsd_m: ground sampling of the chips, metres.
        inputs: digests of the chips or whatever else identifies them, for the card.
        out_dir: created if need be; the three files are replaced.
        checkpoints: folder of this training alone, for a checkpoint per epoch; a training that
            was killed goes on from there. Removed when the training is over. A checkpoint
            that cannot be trusted is refused with a warning in the log, and training starts
            again. ``inputs`` must then identify the chips.
        folder: that files in the recipe are relative to.
        devices: on how many to train, by default on one. Other numbers of devices train
            other last bits.
        progress: told after every batch.

    Returns:
        The candidate, with the weights of the epoch with the smallest validation loss.

    Raises:
        NoTrainingChips: no labelled chip to train or to validate on, or no class that both have;
            a labelled class reaches no chip, or there is no gold to judge by (``readiness``).
        TrainingFailed: the loss became NaN or infinite (a checkpoint of the last good epoch
            stays), or chips do not fit the network.
        PretrainedUnavailable: weights to start from cannot be had.
        UnknownArchitecture: the recipe names a network that does not exist.
        UnknownClass: a mask holds a code that the legend does not have.
        InvalidProject: there are not so many GPUs.
    """
    devices = devices or TrainingDevices()
    device = device_for(devices)
    training, validation = _require_chips(chip_sets)
    _require_classes(chip_sets)
    recipe = recipe.for_labels(_training_ground(chip_sets))
    pixels = count_class_pixels(training, legend)
    weights = LossWeights.of(pixels, recipe.class_weights)
    _require_shared_class(pixels, count_class_pixels(validation, legend))
    bands = _common_bands(chip_sets)
    task = task_of(recipe.architecture)
    spec = task.network(recipe, legend, len(bands))
    with _reproducible(recipe):
        normalisation = measure_normalisation(training, task.seen)
        epochs = recipe.epochs_for(len(training))
        module = new_module(spec, normalisation, weights, recipe, epochs)
        network = module.network
        load_pretrained(network, spec, recipe, folder)
        size = _require_fitting_size(training, validation, network.stride)
        least = least_batch(network, spec.architecture, len(bands), size)
        require_full_batches(len(training), recipe, least, devices)
        plan = TrainingPlan(
            **vars(setup_of(recipe, device)),
            legend=legend,
            bands=bands,
            level=level,
            gsd_m=float(gsd_m),
            network=spec,
            normalisation=normalisation,
            class_pixels=dict(zip(legend.names, pixels.tolist(), strict=True)),
            class_weights=dict(zip(legend.names, weights.training, strict=True)),
            warnings=warn_of_absent(legend, pixels),
            chips=_count_chips(chip_sets),
            inputs=dict(inputs),
            pretrained=digest_files(local_files(recipe, folder)),
            devices=devices.count,
        )
        kept = Kept(checkpoints, sha256_of(plan.to_bytes()))
        fitting = Fitting(module, training, validation, device, devices.distributed, least)
        best = fit(fitting, spec, kept, devices, progress)
        network.load_state_dict(best.state)
        sample = sample_logits(
            network.eval(), validation, recipe.calibration_pixels, seed=recipe.seed
        )
        bias = (-np.log(weights.training)).tolist()
        calibrated = fit_calibration(sample, bias, recipe.calibration)
        calibration = calibrated.calibration.silencing((pixels == 0).tolist())
        far = fit_applicability(network, training, validation) if task.draws_cells else None
    out_dir.mkdir(parents=True, exist_ok=True)
    card = ModelCard.of(
        plan,
        history=tuple(module.history),
        best_epoch=best.epoch,
        calibration=calibration,
        calibration_report=calibrated.report,
        weights=write_weights(network, out_dir / WEIGHTS_FILE),
        applicability=None if far is None else write_applicability(far, out_dir),
    )
    (out_dir / CARD_FILE).write_bytes(card.to_bytes())
    kept.remove()
    return TrainedModel(out_dir, card)


def _count_chips(chip_sets: Sequence["Chips"]) -> dict[str, int]:
    return {split: len(select_chips(chip_sets, split)) for split in ("train", "val", "gold")}


def _require_chips(chip_sets: Sequence["Chips"]) -> tuple[ChipSelection, ChipSelection]:
    training, validation = select_chips(chip_sets, "train"), select_chips(chip_sets, "val")
    for selection, split in ((training, "train"), (validation, "val")):
        if not len(selection):
            raise NoTrainingChips(
                f"none of {sum(len(c.index) for c in chip_sets)} chips in {len(chip_sets)} set(s) "
                f"is labelled and of split {split!r}; loosen the chip filters or add labels"
            )
    return training, validation


def _training_ground(chip_sets: Sequence["Chips"]) -> int | None:
    """Labelled pixels of ground that train; None where nobody counted."""
    accounts = [chips.account for chips in chip_sets if chips.account is not None]
    if len(accounts) < len(chip_sets):
        return None
    account = join_accounts(accounts)
    return sum(account.count("train")[name] for name in account.labelled_classes)


def _require_classes(chip_sets: Sequence["Chips"]) -> None:
    """Refuse classes that labels show and no chip; chips without an account say nothing."""
    accounts = [chips.account for chips in chip_sets if chips.account is not None]
    if len(accounts) == len(chip_sets):
        for finding in require_ready(LabelPixels.of_account(join_accounts(accounts))):
            _log.warning("%s", finding.text)


def _require_shared_class(
    training: npt.NDArray[np.int64], validation: npt.NDArray[np.int64]
) -> None:
    if not ((training > 0) & (validation > 0)).any():
        raise NoTrainingChips(
            "no class has labelled pixels in chips for training and in chips for validation, "
            "so that no epoch could be judged; add labels, or split by another seed"
        )


def _require_fitting_size(training: ChipSelection, validation: ChipSelection, stride: int) -> int:
    """The one size of all chips, a multiple of the stride and at least twice as large."""
    chosen = {int(which) for s in (training, validation) for which in s.places[:, 0]}
    sizes = {training.sets[which].images.shape[2:] for which in chosen}
    if len(sizes) > 1 or any(side % stride or side < 2 * stride for side in min(sizes)):
        raise TrainingFailed(
            f"chips have sizes {sorted(sizes)}; this network needs one size for all, a multiple "
            f"of {stride} px and at least {2 * stride} px: cut the chips again"
        )
    return int(min(sizes)[0])


def _common_bands(chip_sets: Sequence["Chips"]) -> tuple[str, ...]:
    found = {chips.bands for chips in chip_sets}
    if len(found) > 1:
        raise TrainingFailed(
            f"chips have different bands: {'; '.join(map(', '.join, sorted(found)))}; "
            "cut them again"
        )
    return found.pop()


@contextmanager
def _reproducible(recipe: TrainingRecipe) -> Iterator[None]:
    """Seed, threads and deterministic kernels for the time of a training only.

    Everything random comes from torch's generator or from the one of ``ChipBatches``.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    logger = logging.getLogger("lightning.pytorch")
    log_level = logger.level
    with torch.random.fork_rng():
        try:
            logger.setLevel(logging.WARNING)
            torch.set_num_threads(recipe.threads)
            torch.manual_seed(recipe.seed)
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)
            logger.setLevel(log_level)
